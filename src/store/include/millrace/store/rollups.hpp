// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/store/feed.hpp"

namespace millrace::store {

/// How often values of each size occurred. Up to 32 they are kept as they are; above, 16 cells for
/// each power of two tell any of them with an error of at most 1/32. Sum, least and greatest are
/// exact. Merging is exact too: it does not matter what was added where.
class Histogram {
public:
    /// Of the values that `quantile` gives.
    static constexpr double relative_error_max = 1.0 / 32.0;

    void add(std::uint64_t value);
    void merge(const Histogram& other);

    std::uint64_t count() const { return count_; }
    std::uint64_t sum() const { return sum_; }
    std::uint64_t min() const { return min_; }
    std::uint64_t max() const { return max_; }
    /// The smallest value that at least this share of all (0 to 1) does not exceed; 0 of none.
    std::uint64_t quantile(double share) const;

    friend bool operator==(const Histogram&, const Histogram&) = default;

private:
    friend struct RollupCodec;
    using Cell = std::pair<std::uint16_t, std::uint64_t>;  // its number, and how many are in it

    std::vector<Cell> cells_;  // in order, none of them empty
    std::uint64_t count_ = 0;
    std::uint64_t sum_ = 0;
    std::uint64_t min_ = 0;
    std::uint64_t max_ = 0;
};

/// Amounts of something that was used: how often it was measured, how much in all and at most.
struct Usage {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    std::uint64_t max = 0;

    void add(std::uint64_t amount);
    void merge(const Usage& other);
    friend bool operator==(const Usage&, const Usage&) = default;
};

/// What has happened in a span of time to the executions of a workflow, or to the runs of a node.
struct Rollup {
    /// Of the codes that are counted one by one; the rarest beyond them are counted together.
    static constexpr std::size_t errors_max = 32;
    static constexpr std::string_view other_errors = "other";

    std::uint64_t started = 0;
    std::uint64_t completed = 0;
    std::uint64_t failed = 0;
    std::uint64_t canceled = 0;
    std::uint64_t skipped = 0;   ///< runs of nodes only
    std::uint64_t attempts = 0;  ///< runs of nodes only
    std::uint64_t retries = 0;   ///< attempts beside the first; of executions: as a whole
    Histogram duration_ms;       ///< of what completed, failed or was canceled after a start
    std::map<std::string, std::uint64_t, std::less<>> errors;  ///< by code
    Usage cpu_us;
    Usage memory_bytes;
    Usage sent_bytes;
    Usage received_bytes;

    void count_error(std::string_view code, std::uint64_t count = 1);
    void merge(const Rollup& other);
    /// All that ended: completed, failed and canceled.
    std::uint64_t ended() const { return completed + failed + canceled; }
    friend bool operator==(const Rollup&, const Rollup&) = default;
};

/// The form in which rollups are stored.
std::string pack_rollup(const Rollup& rollup);
std::optional<Rollup> unpack_rollup(std::string_view bytes);

/// How long the span of a rollup is. The numbers are stored.
enum class RollupSpan : std::uint8_t { minute = 0, hour = 1, day = 2 };
core::Duration length_of(RollupSpan span);
/// Where the span that holds `time` begins, in UTC.
core::Time start_of(RollupSpan span, core::Time time);

/// What is counted: the runs of a node; without a node the executions of a workflow; without both
/// those of all workflows.
struct RollupSubject {
    std::string workflow_id;
    std::string node_id;

    auto operator<=>(const RollupSubject&) const = default;
};

/// What is to be added to one row.
struct RollupAdd {
    RollupSubject subject;
    RollupSpan span = RollupSpan::hour;
    core::Time start;  ///< as `start_of` gives it
    Rollup rollup;
};

struct RollupRow {
    core::Time start;
    Rollup rollup;
};

/// Rows of one span that begin at `from` or later and before `before`.
struct RollupPart {
    RollupSpan span = RollupSpan::hour;
    core::Time from;
    core::Time before;
};

/// How far the feed was counted, and the time of what came last.
struct RollupProgress {
    FeedPosition position;
    core::Time at;

    friend bool operator==(const RollupProgress&, const RollupProgress&) = default;
};

/// What happened in between was not counted, because the feed had forgotten it.
struct RollupGap {
    std::optional<core::Time> from;  ///< none: all that was before
    core::Time to;

    friend bool operator==(const RollupGap&, const RollupGap&) = default;
};

/// Counts of what has happened, by spans of time, that answer in milliseconds however many
/// executions there were and outlive them. A row of a minute, of an hour and of a day are added to
/// by whoever counts, so that the same may be in all three. Part of a Store and used like it.
class Rollups {
public:
    virtual ~Rollups() = default;

    /// None: nothing was ever counted.
    virtual core::Result<std::optional<RollupProgress>> progress() = 0;
    /// Adds all of `adds` and notes how far that was and what was left out, in one transaction that
    /// does not wait for the disk: after a loss of power progress and rows are both as they were
    /// before it.
    virtual core::Result<> add(std::span<const RollupAdd> adds, const RollupProgress& progress,
                               const std::optional<RollupGap>& gap) = 0;

    /// In order of time; spans in which nothing happened have no row.
    virtual core::Result<std::vector<RollupRow>> rows(const RollupSubject& subject,
                                                      const RollupPart& part) = 0;
    /// The rows of all `parts` merged.
    virtual core::Result<Rollup> total(const RollupSubject& subject,
                                       std::span<const RollupPart> parts) = 0;
    /// The same of each node of a workflow, or of each workflow when `workflow_id` is empty; those
    /// without rows are left out. In order of their ids.
    virtual core::Result<std::vector<std::pair<RollupSubject, Rollup>>> totals(
        const std::string& workflow_id, std::span<const RollupPart> parts) = 0;
    /// Those that overlap the time from `from` to `before`, oldest first.
    virtual core::Result<std::vector<RollupGap>> gaps(core::Time from, core::Time before) = 0;

    /// Forgets at most `limit` rows of one span that begin before `before`; how many.
    virtual core::Result<std::uint64_t> forget(RollupSpan span, core::Time before,
                                               std::size_t limit) = 0;
};

}  // namespace millrace::store
