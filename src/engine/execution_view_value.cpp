// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/trace.hpp"
#include "port_values.hpp"
#include "value_object.hpp"
#include "view_state.hpp"

namespace millrace::engine {
namespace {

using core::Value;

Value error_or_null(const std::optional<core::Failure>& failure) {
    return failure ? failure->to_value() : Value{};
}

std::optional<std::int64_t> milliseconds(const std::optional<core::Time>& from,
                                         const std::optional<core::Time>& to) {
    return from && to ? std::optional{(*to - *from).ms} : std::nullopt;
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

std::optional<std::string_view> text_or_none(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string_view>{text};
}

std::string_view output_name(const PlanNode& node, const PortValue& output) {
    const std::vector<core::PortDescriptor>& ports = node.definition->type.outputs;
    const std::size_t port = output.port.value;
    return port < ports.size() ? std::string_view{ports[port].name} : error_port_name;
}

/// What is said of a port more than once counts as it was said last.
auto last_of_each(const std::vector<PortValue>& outputs) {
    return outputs | std::views::filter([&](const PortValue& output) {
               const PortValue* const next = &output + 1;
               const std::span<const PortValue> rest{next, outputs.data() + outputs.size()};
               return std::ranges::find(rest, output.port, &PortValue::port) == rest.end();
           });
}

std::uint32_t retries_of(const NodeView& node) {
    return node.attempts.empty() ? 0 : static_cast<std::uint32_t>(node.attempts.size() - 1);
}

// Each `describe` says what an object holds, to a ValueObject or a JsonObject.

template <class Object>
void describe(Object& object, const AttemptView& attempt) {
    object.set("number", attempt.number)
        .set("status", text_of(attempt.status))
        .set("started_at", attempt.started_at)
        .set("completed_at", attempt.completed_at);
    if (attempt.error) object.set("error", attempt.error->to_value());
    if (attempt.backoff_ms) object.set("backoff_ms", *attempt.backoff_ms);
    if (attempt.reissued > 0) object.set("reissued", attempt.reissued);
    object.set("executor", text_or_none(attempt.executor));
    if (!attempt.child.empty()) object.set("child_execution_id", attempt.child);
}

template <class Object>
void describe(Object& object, const NodeView& node, const Plan& plan) {
    const std::optional<core::NodeIndex> index = plan.find(node.id);
    object.set("status", core::to_text(node.status)).set("input", node.input);
    if (index) {
        const PlanNode& planned = plan.node(*index);
        object.object("outputs", [&](auto& outputs) {
            for (const PortValue& output : last_of_each(node.outputs))
                outputs.set(output_name(planned, output), output.value);
        });
    } else {
        object.set("outputs", Value{});
    }
    object.set("error", error_or_null(node.error));
    if (!node.recovered_by.empty()) object.set("recovered_by", node.recovered_by);
    if (!node.undone_by.empty()) object.set("undone_by", node.undone_by);
    object
        .array("attempts", node.attempts,
               [](auto& inner, const AttemptView& attempt) { describe(inner, attempt); })
        .set("started_at", node.started_at)
        .set("completed_at", node.completed_at)
        .set("duration_ms", milliseconds(node.started_at, node.completed_at))
        .set("retry_count", retries_of(node))
        .set("execution_order", node.execution_order == 0 ? std::optional<std::uint32_t>{}
                                                          : std::optional{node.execution_order});
    if (!node.iterations) return;
    object.object("iterations", [&](auto& counts) {
        counts.set("opened", node.iterations->opened)
            .set("completed", node.iterations->completed)
            .set("failed", node.iterations->failed)
            .set("canceled", node.iterations->canceled);
    });
}

template <class Object>
void describe_metrics(Object& object, const std::vector<NodeView>& nodes,
                      std::optional<std::int64_t> duration_ms) {
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
    object.set("nodes_total", static_cast<std::int64_t>(nodes.size()))
        .set("nodes_completed", completed)
        .set("nodes_failed", failed)
        .set("nodes_skipped", skipped)
        .set("nodes_canceled", canceled)
        .set("attempts", attempts)
        .set("retries", retries)
        .set("duration_ms", duration_ms);
}

template <class Object>
void describe_trigger(Object& object, const ViewState& view) {
    // Before its first record nothing is known of the execution but its workflow.
    if (view.last_event == 0) {
        object.set("trigger", Value{});
        return;
    }
    const PlanNode& node = view.plan->node(view.trigger);
    object.object("trigger", [&](auto& trigger) {
        trigger.set("node", node.id)
            .set("type", node.definition->type.type)
            .set("at", view.created_at)
            .set("data", view.trigger_data);
    });
}

template <class Object>
void describe(Object& object, const ViewState& view, const std::vector<NodeView>& nodes) {
    object.set("id", view.id.text())
        .set("workflow_id", view.plan->identity().workflow_id)
        .set("workflow_version", view.plan->identity().version)
        .set("status", core::to_text(view.status));
    describe_trigger(object, view);
    object.set("inputs", view.inputs)
        .set("variables", view.variables)
        .set("outputs", view.outputs)
        .set("error", error_or_null(view.error))
        .set("labels", view.labels.is_object() ? view.labels : Value::object({}))
        .set("created_at", view.created_at)
        .set("started_at", view.started_at)
        .set("completed_at", view.completed_at)
        .set("parent_id", text_or_none(view.parent_id));
    if (!view.parent_path.empty()) object.set("parent_path", view.parent_path);
    object.set("trace_id", view.trace_id.empty() ? own_trace_id(view.id) : view.trace_id);
    if (view.start_at) object.set("start_at", *view.start_at);
    if (!view.forked_from.empty())
        object.set("forked_from", view.forked_from).set("from_path", view.from_path);
    if (!view.paused_before.empty()) object.set("paused_before", view.paused_before);
    object.object("nodes", [&](auto& all) {
        for (const NodeView& node : nodes)
            all.object(node.id, [&](auto& one) { describe(one, node, *view.plan); });
    });
    object.object("metrics", [&](auto& metrics) {
        describe_metrics(metrics, nodes, milliseconds(view.started_at, view.completed_at));
    });
}

}  // namespace

Value outputs_value(const PlanNode& node, const std::vector<PortValue>& outputs) {
    ValueObject object;
    for (const PortValue& output : last_of_each(outputs))
        object.set(output_name(node, output), output.value);
    return std::move(object).build();
}

core::Value ExecutionView::node_value(const NodeView& node, const Plan& plan) {
    ValueObject object;
    describe(object, node, plan);
    return std::move(object).build();
}

core::Value ExecutionView::to_value() const {
    ValueObject object;
    describe(object, *state_, nodes());
    return std::move(object).build();
}

void ExecutionView::append_json(std::string& out) const {
    JsonObject object{out};
    describe(object, *state_, nodes());
}

}  // namespace millrace::engine
