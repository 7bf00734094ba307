// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::store {

/// How far the schedule of one trigger node has come. (workflow, node) names it.
struct ScheduleState {
    std::string workflow_id;
    std::string node_id;
    std::string spec;  ///< what the rest belongs to: another one begins anew
    std::optional<core::Time> last_due;
    std::optional<core::Time> next_due;
    std::optional<core::ExecutionId> last_execution;
    std::uint64_t started = 0;
    std::uint64_t skipped = 0;
    std::uint64_t missed = 0;
    core::Time updated_at;              ///< what was due until then is settled
    bool is_paused = false;             ///< somebody has stopped it
    std::vector<core::Time> waiting{};  ///< due times whose turn has not come yet, oldest first

    friend bool operator==(const ScheduleState&, const ScheduleState&) = default;
};

/// The states of schedules. Part of a Store and used like it; written is durable on return.
class Schedules {
public:
    virtual ~Schedules() = default;

    /// All, in order of workflow and node.
    virtual core::Result<std::vector<ScheduleState>> list() = 0;
    virtual core::Result<ScheduleState> find(const std::string& workflow_id,
                                             const std::string& node_id) = 0;
    /// Adds or replaces; all or none.
    virtual core::Result<> put(std::span<const ScheduleState> states) = 0;
    /// Of one node, or of all nodes of a workflow when `node_id` is empty; fine when there is none.
    virtual core::Result<> remove(const std::string& workflow_id, const std::string& node_id) = 0;
};

}  // namespace millrace::store
