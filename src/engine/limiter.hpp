// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"

namespace millrace::engine {

/// Who may run of the workflows that allow only so many executions at once. Made from the states
/// of the executions, so that it needs no record of its own. All verbs are O(log executions).
class Limiter {
public:
    /// An execution's place in the queue of its workflow: lower priority numbers first, then the
    /// older.
    struct Place {
        std::int32_t priority = 0;
        core::Time created_at;
        core::ExecutionId id;

        auto operator<=>(const Place&) const = default;
    };

    /// As many run or wait as may run.
    bool is_taken(const std::string& workflow, std::uint32_t limit) const;
    /// An execution waits; `limit` is its workflow's, and the newest told counts.
    void enqueue(const std::string& workflow, std::uint32_t limit, const Place& place);
    /// An execution runs, whatever the limit.
    void hold(const std::string& workflow, std::uint32_t limit, core::ExecutionId id);
    /// It has ended, or waits no longer.
    void release(const std::string& workflow, const Place& place);

    /// It can neither run nor wait: nobody can bring it back. O(workflows · executions).
    void forget(core::ExecutionId id);
    bool is_running(const std::string& workflow, core::ExecutionId id) const;
    /// How many of a workflow wait.
    std::size_t waiting(const std::string& workflow) const;
    /// How many wait. O(workflows that are limited).
    std::size_t waiting() const;
    /// Some workflow has both room and a queue.
    bool has_next() const { return !ready_.empty(); }
    /// The next that may run; it counts as running from now on.
    std::optional<core::ExecutionId> next();
    /// The same for this one, when it is its turn.
    bool admit(const std::string& workflow, core::ExecutionId id);

private:
    struct Flow {
        std::uint32_t limit = 1;
        std::set<core::ExecutionId> running;
        std::set<Place> waiting;
    };

    void update(const std::string& workflow, const Flow& flow);

    std::map<std::string, Flow> flows_;
    std::set<std::string> ready_;
};

}  // namespace millrace::engine
