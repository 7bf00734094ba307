// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/problem.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/expr/host.hpp"

namespace millrace::nodes {

/// What becomes of due times that pass while nothing can be started.
enum class MissedPolicy : std::uint8_t {
    skip,      ///< nothing
    run_once,  ///< the last of them is made up for
    run_all,   ///< each of them
};
/// What a schedule does when its last execution has not ended yet.
enum class OverlapPolicy : std::uint8_t {
    allow,  ///< starts the next one beside it
    skip,   ///< leaves the due time out
    queue,  ///< starts the next one when it has ended
};
std::string_view to_text(MissedPolicy policy);
std::string_view to_text(OverlapPolicy policy);

/// When a `trigger.schedule` is due, and what holds for it. Immutable; copies share.
class Schedule {
public:
    /// Where due times come from.
    class Rule {
    public:
        virtual ~Rule() = default;
        virtual std::optional<core::Time> next_after(core::Time after) const = 0;
    };

    /// Of the node's data. What is wrong with it goes to `problems`, by its place below `pointer`;
    /// nothing when there is anything. The host outlives the schedule.
    static std::optional<Schedule> read(const core::Value& data, const expr::Host& host,
                                        const std::string& pointer, core::Problems& problems);

    /// The first due time after `after`, within `start` and `end`; none: it is over.
    std::optional<core::Time> next_after(core::Time after) const;
    /// The last due time after `after` that is not after `until`.
    std::optional<core::Time> last_within(core::Time after, core::Time until) const;
    /// How many due times there are after `after` until `until`; counts no further than `max`.
    std::uint64_t count_within(core::Time after, core::Time until, std::uint64_t max) const;
    /// Those, oldest first; when there are more than `max`, the newest.
    std::vector<core::Time> within(core::Time after, core::Time until, std::size_t max) const;

    /// Tells apart what is due at other times, whatever the policies: `cron 0 9 * * * in
    /// Europe/Berlin`.
    const std::string& text() const { return text_; }
    const std::string& timezone() const { return timezone_; }  ///< `UTC` unless it is a cron
    MissedPolicy missed() const { return missed_; }
    OverlapPolicy overlap() const { return overlap_; }
    core::Duration jitter() const { return jitter_; }
    const core::Value& input() const { return input_; }

private:
    friend class ScheduleReader;

    std::shared_ptr<const Rule> rule_;
    std::optional<core::Time> start_;
    std::optional<core::Time> end_;
    std::string text_;
    std::string timezone_ = "UTC";
    MissedPolicy missed_ = MissedPolicy::run_once;
    OverlapPolicy overlap_ = OverlapPolicy::allow;
    core::Duration jitter_;
    core::Value input_;
};

}  // namespace millrace::nodes
