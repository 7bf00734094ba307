// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::store {

// The numbers are stored; never renumber.
enum class WaitWhat : std::uint8_t {
    signal = 0,
    webhook = 1,
    approval = 2,
    event = 3,
    child = 4,  ///< the end of a sub-workflow
};
enum class WaitState : std::uint8_t {
    open = 0,
    answered = 1,
    expired = 2,  ///< its time was over first
    ended = 3,    ///< nobody waits any more: canceled, failed or done otherwise
};
std::string_view to_text(WaitWhat what);
std::optional<WaitWhat> parse_wait_what(std::string_view text);
std::string_view to_text(WaitState state);

/// A run that waits, or has waited, for something outside of its execution. (id, run) names it;
/// when the run waits once more, the newer wait takes the older one's place.
struct Wait {
    std::uint64_t number = 0;  ///< rises with each one
    core::ExecutionId id;
    engine::RunKey run;
    std::string path;
    std::string node_id;
    std::string workflow_id;
    std::uint32_t workflow_version = 1;
    WaitWhat what = WaitWhat::signal;
    std::string name;     ///< the signal's; of an event its pattern's text; of a child its id
    core::Value details;  ///< what those who answer need to know
    core::Time opened_at;
    std::optional<core::Time> until;
    WaitState state = WaitState::open;
    std::optional<core::Time> closed_at;
    core::Value answer;      ///< of one that was answered
    std::string token_hash;  ///< of webhooks and approvals: what a link's token hashes to
};

struct WaitFilter {
    std::optional<std::string> workflow_id;
    std::optional<core::ExecutionId> id;
    std::optional<WaitWhat> what;
    bool open_only = false;
};
struct WaitPage {
    std::vector<Wait> items;                 ///< newest first
    std::optional<std::string> next_cursor;  ///< opaque, stable under inserts
};

/// What executions wait for. Frames write it; a closed wait is kept as long as its execution, so
/// that a late answer can be told what became of the first. Part of a Store; all calls read.
class Waits {
public:
    virtual ~Waits() = default;

    /// `not_found` when no wait has such a token, open or closed.
    virtual core::Result<Wait> find(std::string_view token_hash) = 0;
    virtual core::Result<Wait> find(core::ExecutionId id, const engine::RunKey& run) = 0;
    /// At most `limit` (1 to 1,000) that follow `cursor`; empty: from the newest.
    virtual core::Result<WaitPage> list(const WaitFilter& filter, std::size_t limit,
                                        const std::string& cursor) = 0;

    // In order of their numbers, after the number `after` (0: from the first).

    /// At most `limit` open waits for events.
    virtual core::Result<std::vector<Wait>> open_events(std::size_t limit, std::uint64_t after) = 0;
    /// At most `limit` open waits for children that have ended, or of which there is no row: what a
    /// new owner has to tell the parents.
    virtual core::Result<std::vector<Wait>> finished_children(std::size_t limit,
                                                              std::uint64_t after) = 0;
    /// At most `limit` waits that were given up, with children that have not ended.
    virtual core::Result<std::vector<Wait>> abandoned_children(std::size_t limit,
                                                               std::uint64_t after) = 0;
};

}  // namespace millrace::store
