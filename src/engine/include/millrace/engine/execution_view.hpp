// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/core/event.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/status.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::engine {

enum class AttemptStatus : std::uint8_t { running, completed, failed, canceled };

struct AttemptView {
    std::uint32_t number = 1;
    AttemptStatus status = AttemptStatus::running;
    core::Time started_at;
    std::optional<core::Time> completed_at;
    std::optional<core::Failure> error;
    std::optional<std::int64_t> backoff_ms;  ///< the wait before this attempt
    std::uint32_t reissued = 0;
    std::string executor;
};

struct NodeView {
    std::string id;
    std::string type;
    core::NodeStatus status = core::NodeStatus::pending;
    core::Value input;  ///< value at the primary input port; null before
    std::vector<PortValue> outputs;
    std::optional<core::Failure> error;
    std::string recovered_by;  ///< `default` or a fallback node's id
    std::vector<AttemptView> attempts;
    std::optional<core::Time> started_at;
    std::optional<core::Time> completed_at;
    std::uint32_t execution_order = 0;  ///< 1 for the first node that started; 0: never
};

/// Everything about one execution that people and the API see, folded from its records. Pure: the
/// same records give the same view and the same events. The plan must be of the execution's
/// version; what a record says of nodes that it does not have is ignored. Copies are independent
/// and share all values. Used from one thread at a time.
class ExecutionView {
public:
    ExecutionView(core::ExecutionId id, std::shared_ptr<const Plan> plan);

    /// Applies the next record in order; the event that it stands for, if any:
    ///
    /// | event               | data                                                             |
    /// | ------------------- | ---------------------------------------------------------------- |
    /// | execution.created   | `{trigger, inputs}`                                              |
    /// | execution.completed | `{outputs}`                                                      |
    /// | execution.failed    | `{error}`                                                        |
    /// | execution.canceled  | `{reason}`                                                       |
    /// | node.completed      | `{outputs: {PORT: value}, duration_ms, recovered_by?}`           |
    /// | node.failed         | `{error, then: stop, continue or error_port}`                    |
    /// | node.retrying       | `{error, next_attempt, due, backoff_ms}`                         |
    /// | node.waiting        | `{due}`, or `{fallback, error}` while a fallback stands in       |
    /// | node.event          | what the node said                                               |
    ///
    /// Every attempt has its node.started; the others have no data.
    std::optional<core::Event> feed(const Record& record);

    core::ExecutionStatus status() const { return status_; }
    const std::vector<NodeView>& nodes() const { return nodes_; }
    const core::Value& outputs() const { return outputs_; }
    const std::optional<core::Failure>& error() const { return error_; }
    core::Time created_at() const { return created_at_; }
    std::optional<core::Time> started_at() const { return started_at_; }
    std::optional<core::Time> completed_at() const { return completed_at_; }
    /// The body of `GET /executions/{id}`.
    core::Value to_value() const;

private:
    friend class ViewFold;

    /// What is known of a node before the record that makes it public.
    struct Pending {
        std::vector<PortValue> outputs;          ///< of an attempt or a wait that is not over
        std::optional<std::int64_t> backoff_ms;  ///< before the next attempt
    };

    core::ExecutionId id_;
    std::shared_ptr<const Plan> plan_;
    core::ExecutionStatus status_ = core::ExecutionStatus::pending;
    std::vector<NodeView> nodes_;
    std::vector<Pending> pending_;                   // by node
    std::vector<std::optional<core::Value>> links_;  // what filtered or transformed ones delivered
    core::NodeIndex trigger_;
    core::Value trigger_data_;
    core::Value inputs_;
    core::Value variables_;
    core::Value outputs_;
    std::optional<core::Failure> error_;
    core::Time created_at_;
    std::optional<core::Time> started_at_;
    std::optional<core::Time> completed_at_;
    std::uint64_t last_event_ = 0;
    std::uint32_t last_started_ = 0;  // the execution order given last
};

}  // namespace millrace::engine
