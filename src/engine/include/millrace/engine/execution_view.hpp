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
    core::Value input;                       ///< value at the primary input port; null before
    std::vector<PortValue> outputs;
    std::optional<core::Failure> error;
    std::string recovered_by;                ///< `default` or a fallback node's id
    std::vector<AttemptView> attempts;
    std::optional<core::Time> started_at;
    std::optional<core::Time> completed_at;
    std::uint32_t execution_order = 0;       ///< 1 for the first node that started; 0: never
};

/// Everything about one execution that people and the API see, folded from its records. Pure: the
/// same records give the same view. The document must be the execution's version.
class ExecutionView {
public:
    ExecutionView(core::ExecutionId id, std::shared_ptr<const Plan> plan);

    /// Applies the next record in order; the event that it stands for, if any.
    std::optional<core::Event> feed(const Record& record);

    core::ExecutionStatus status() const { return status_; }
    const std::vector<NodeView>& nodes() const { return nodes_; }
    const core::Value& outputs() const { return outputs_; }
    const std::optional<core::Failure>& error() const { return error_; }
    /// The body of `GET /executions/{id}`.
    core::Value to_value() const;

private:
    core::ExecutionId id_;
    std::shared_ptr<const Plan> plan_;
    core::ExecutionStatus status_ = core::ExecutionStatus::pending;
    std::vector<NodeView> nodes_;
    core::Value outputs_;
    std::optional<core::Failure> error_;
};

}  // namespace millrace::engine
