// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/status.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/engine/record.hpp"
#include "millrace/store/feed.hpp"

namespace millrace::server {

/// What is known of an execution when something is told of it. Valid during the call.
struct ObservedExecution {
    core::ExecutionId id;
    std::string_view workflow_id;
    std::uint32_t workflow_version = 1;
    const engine::Plan& plan;
    std::string_view trigger_node;
    std::string_view trigger_type;  ///< such as `trigger.webhook`
    core::Time created;
    std::optional<core::Time> started;
    std::optional<core::Time> not_before;  ///< when it was to start, if that was said
    const core::Value& labels;             ///< object or null
    const std::string& forked_from;        ///< empty: no fork
    bool is_mocked = false;                ///< its effects are not performed
    std::uint32_t generation = 0;          ///< how often it was retried as a whole
    std::optional<core::ExecutionId> parent;
    /// Of an execution that another one has started, the run that did; else null.
    const engine::ExecutionLinked* link = nullptr;
    /// The trace from outside that it belongs to; null: its own one.
    const engine::ExecutionTraced* trace = nullptr;
};

/// An attempt that has ended.
struct AttemptFact {
    std::uint32_t number = 1;
    core::Time started;
    core::Time ended;
    std::optional<core::Failure> error;  ///< none: it has succeeded, or was given up
};

/// A run of a node has ended. Valid during the call.
struct NodeFact {
    const ObservedExecution& execution;
    engine::RunKey run;
    std::string_view node_id;
    std::string_view node_type;  ///< such as `http.request`
    std::string_view path;       ///< the id, or `loop[3].charge` within a container
    core::NodeStatus status = core::NodeStatus::completed;
    /// Of one that has completed: whether it was run at all (`pinned` and `mocked` were not).
    engine::CompletedBy by = engine::CompletedBy::outputs;
    core::Time started;  ///< when it ended, of one that never started
    core::Time ended;
    std::uint32_t attempts = 0;  ///< 0: it never started
    std::uint32_t retries = 0;   ///< attempts that followed a failed one
    std::span<const AttemptFact>
        finished;  ///< its attempts, the oldest left out when there are many
    const core::Failure* error = nullptr;  ///< of one that has failed
    std::string_view executor;  ///< of the last attempt; empty where the engine itself computed it

    core::Duration duration() const { return ended - started; }
    bool was_run() const {
        return attempts > 0 && by != engine::CompletedBy::pinned &&
               by != engine::CompletedBy::mocked;
    }
};

/// An execution has ended. Valid during the call.
struct ExecutionFact {
    const ObservedExecution& execution;
    core::ExecutionStatus status = core::ExecutionStatus::completed;
    core::Time ended;
    const core::Failure* error = nullptr;  ///< of one that has failed
    std::uint32_t runs = 0;                ///< of nodes, that have ended, skipped ones aside
    std::uint32_t retries = 0;             ///< of nodes

    /// From its start, not from its creation: it may have waited for a permit, or for its time.
    /// Zero when it never started.
    core::Duration duration() const {
        return execution.started ? ended - *execution.started : core::Duration{};
    }
};

/// Takes facts in the order of their commits, one at a time. What it is told is durable.
class FactSink {
public:
    virtual ~FactSink() = default;
    virtual void on_created(const ObservedExecution&) {}
    virtual void on_node(const NodeFact&) {}
    virtual void on_ended(const ExecutionFact&) {}
    /// All facts up to this place have been told, and none behind it.
    virtual void on_position(store::FeedPosition) {}
    /// Facts before this place could not be told: their rows are in the feed no longer.
    virtual void on_gap(store::FeedPosition) {}
};

}  // namespace millrace::server
