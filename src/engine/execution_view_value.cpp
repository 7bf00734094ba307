// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "millrace/engine/execution_view.hpp"
#include "port_values.hpp"
#include "view_state.hpp"

namespace millrace::engine {
namespace {

using core::Value;

Value text_or_null(const std::optional<core::Time>& time) {
    return time ? Value{time->text()} : Value{};
}

Value error_or_null(const std::optional<core::Failure>& failure) {
    return failure ? failure->to_value() : Value{};
}

Value milliseconds(const std::optional<core::Time>& from, const std::optional<core::Time>& to) {
    return from && to ? Value{(*to - *from).ms} : Value{};
}

std::string_view text_of(AttemptStatus status) {
    switch (status) {
        case AttemptStatus::running: return "running";
        case AttemptStatus::completed: return "completed";
        case AttemptStatus::failed: return "failed";
        case AttemptStatus::canceled: return "canceled";
    }
    return "running";
}

Value attempt_value(const AttemptView& attempt) {
    core::ObjectBuilder object;
    object.set("number", attempt.number)
        .set("status", text_of(attempt.status))
        .set("started_at", attempt.started_at.text())
        .set("completed_at", text_or_null(attempt.completed_at));
    if (attempt.error) object.set("error", attempt.error->to_value());
    if (attempt.backoff_ms) object.set("backoff_ms", *attempt.backoff_ms);
    if (attempt.reissued > 0) object.set("reissued", attempt.reissued);
    object.set("executor", attempt.executor.empty() ? Value{} : Value{attempt.executor});
    return std::move(object).build();
}

std::uint32_t retries_of(const NodeView& node) {
    return node.attempts.empty() ? 0 : static_cast<std::uint32_t>(node.attempts.size() - 1);
}

Value metrics_value(const std::vector<NodeView>& nodes, Value duration_ms) {
    std::int64_t completed = 0;
    std::int64_t failed = 0;
    std::int64_t skipped = 0;
    std::int64_t canceled = 0;
    std::int64_t attempts = 0;
    std::int64_t retries = 0;
    for (const NodeView& node : nodes) {
        completed += node.status == core::NodeStatus::completed ? 1 : 0;
        failed += node.status == core::NodeStatus::failed ? 1 : 0;
        skipped += node.status == core::NodeStatus::skipped ? 1 : 0;
        canceled += node.status == core::NodeStatus::canceled ? 1 : 0;
        attempts += static_cast<std::int64_t>(node.attempts.size());
        retries += retries_of(node);
    }
    return Value::object({{"nodes_total", static_cast<std::int64_t>(nodes.size())},
                          {"nodes_completed", completed},
                          {"nodes_failed", failed},
                          {"nodes_skipped", skipped},
                          {"nodes_canceled", canceled},
                          {"attempts", attempts},
                          {"retries", retries},
                          {"duration_ms", std::move(duration_ms)}});
}

}  // namespace

Value outputs_value(const PlanNode& node, const std::vector<PortValue>& outputs) {
    const std::vector<core::PortDescriptor>& ports = node.definition->type.outputs;
    core::ObjectBuilder object;
    for (const PortValue& output : outputs) {
        const std::size_t port = output.port.value;
        object.set(port < ports.size() ? ports[port].name : error_port_name, output.value);
    }
    return std::move(object).build();
}

core::Value ExecutionView::node_value(const NodeView& node, const Plan& plan) {
    std::vector<Value> attempts;
    for (const AttemptView& attempt : node.attempts)
        attempts.push_back(attempt_value(attempt));
    const std::optional<core::NodeIndex> index = plan.find(node.id);
    core::ObjectBuilder object;
    object.set("status", core::to_text(node.status))
        .set("input", node.input)
        .set("outputs", index ? outputs_value(plan.node(*index), node.outputs) : Value{})
        .set("error", error_or_null(node.error));
    if (!node.recovered_by.empty()) object.set("recovered_by", node.recovered_by);
    if (!node.undone_by.empty()) object.set("undone_by", node.undone_by);
    object.set("attempts", Value::array(std::move(attempts)))
        .set("started_at", text_or_null(node.started_at))
        .set("completed_at", text_or_null(node.completed_at))
        .set("duration_ms", milliseconds(node.started_at, node.completed_at))
        .set("retry_count", retries_of(node))
        .set("execution_order", node.execution_order == 0 ? Value{} : Value{node.execution_order});
    if (node.iterations) {
        object.set("iterations", Value::object({{"opened", node.iterations->opened},
                                                {"completed", node.iterations->completed},
                                                {"failed", node.iterations->failed},
                                                {"canceled", node.iterations->canceled}}));
    }
    return std::move(object).build();
}

core::Value ExecutionView::to_value() const {
    const ViewState& view = *state_;
    std::vector<core::Member> nodes;
    for (const NodeView& node : this->nodes())
        nodes.push_back({node.id, node_value(node, *view.plan)});
    // Before its first record nothing is known of the execution but its workflow.
    Value trigger;
    if (view.last_event > 0) {
        const PlanNode& node = view.plan->node(view.trigger);
        trigger = Value::object({{"node", node.id},
                                 {"type", node.definition->type.type},
                                 {"at", view.created_at.text()},
                                 {"data", view.trigger_data}});
    }
    core::ObjectBuilder object;
    object.set("id", view.id.text())
        .set("workflow_id", view.plan->identity().workflow_id)
        .set("workflow_version", view.plan->identity().version)
        .set("status", core::to_text(view.status))
        .set("trigger", std::move(trigger))
        .set("inputs", view.inputs)
        .set("variables", view.variables)
        .set("outputs", view.outputs)
        .set("error", error_or_null(view.error))
        .set("labels", view.labels.is_object() ? view.labels : Value::object({}))
        .set("created_at", view.created_at.text())
        .set("started_at", text_or_null(view.started_at))
        .set("completed_at", text_or_null(view.completed_at))
        .set("parent_id", Value{});
    if (view.start_at) object.set("start_at", view.start_at->text());
    if (!view.forked_from.empty())
        object.set("forked_from", view.forked_from).set("from_path", view.from_path);
    if (!view.paused_before.empty()) object.set("paused_before", view.paused_before);
    object.set("nodes", Value::object(std::move(nodes)))
        .set("metrics",
             metrics_value(this->nodes(), milliseconds(view.started_at, view.completed_at)));
    return std::move(object).build();
}

}  // namespace millrace::engine
