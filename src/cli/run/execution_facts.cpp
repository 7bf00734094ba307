// SPDX-License-Identifier: Apache-2.0
#include "run/execution_facts.hpp"

#include "body.hpp"
#include "remote/api_client.hpp"

namespace millrace::cli {
namespace {

core::Value value_at(const core::Value& body, std::string_view name) {
    const core::Value* const found = body.find(name);
    return found == nullptr ? core::Value{} : *found;
}

std::optional<core::Failure> failure_at(const core::Value& body) {
    const core::Value* const found = member_at(body, "error");
    if (found == nullptr) return std::nullopt;
    auto failure = core::Failure::from_value(*found);
    if (!failure) return std::nullopt;
    return std::move(*failure);
}

std::uint32_t count_at(const core::Value& body, std::string_view name) {
    return static_cast<std::uint32_t>(number_at(body, name).value_or(0));
}

engine::AttemptView read_attempt(const core::Value& value) {
    using engine::AttemptStatus;
    engine::AttemptView attempt;
    attempt.number = count_at(value, "number");
    const std::string status = text_at(value, "status");
    attempt.status = status == "completed"  ? AttemptStatus::completed
                     : status == "failed"   ? AttemptStatus::failed
                     : status == "canceled" ? AttemptStatus::canceled
                                            : AttemptStatus::running;
    attempt.started_at = time_at(value, "started_at").value_or(core::Time{});
    attempt.completed_at = time_at(value, "completed_at");
    attempt.error = failure_at(value);
    attempt.reissued = count_at(value, "reissued");
    attempt.executor = text_at(value, "executor");
    attempt.child = text_at(value, "child_execution_id");
    return attempt;
}

}  // namespace

engine::NodeView read_node(const core::Value& value) {
    engine::NodeView node;
    node.id = text_at(value, "id");
    node.path = text_at(value, "path");
    node.type = text_at(value, "type");
    node.status =
        core::parse_node_status(text_at(value, "status")).value_or(core::NodeStatus::pending);
    node.input = value_at(value, "input");
    node.error = failure_at(value);
    node.recovered_by = text_at(value, "recovered_by");
    node.undone_by = text_at(value, "undone_by");
    for (const core::Value& attempt : array_at(value, "attempts"))
        node.attempts.push_back(read_attempt(attempt));
    node.started_at = time_at(value, "started_at");
    node.completed_at = time_at(value, "completed_at");
    node.execution_order = count_at(value, "execution_order");
    if (const core::Value* const counts = member_at(value, "iterations")) {
        node.iterations =
            engine::IterationCounts{count_at(*counts, "opened"), count_at(*counts, "completed"),
                                    count_at(*counts, "failed"), count_at(*counts, "canceled")};
    }
    return node;
}

ExecutionFacts facts_of(const engine::ExecutionView& view) {
    ExecutionFacts facts;
    facts.id = view.id().text();
    facts.workflow_id = view.plan().identity().workflow_id;
    facts.workflow_version = view.plan().identity().version;
    facts.status = view.status();
    facts.paused_before = view.paused_before();
    facts.forked_from = view.forked_from();
    facts.from_path = view.from_path();
    facts.parent_id = view.parent_id();
    facts.parent_path = view.parent_path();
    facts.labels = view.labels();
    facts.inputs = view.inputs();
    facts.outputs = view.outputs();
    facts.created_at = view.created_at();
    facts.started_at = view.started_at();
    facts.completed_at = view.completed_at();
    facts.error = view.error();
    facts.nodes = view.nodes();
    facts.body = view.to_value();
    return facts;
}

core::Result<ExecutionFacts> read_execution(core::Value body, const engine::Plan* plan) {
    const auto status = core::parse_execution_status(text_at(body, "status"));
    const auto created_at = time_at(body, "created_at");
    if (!status || !created_at || text_at(body, "id").empty())
        return core::fail(RemoteErrc::bad_answer, "the server gives no execution as one knows it");
    ExecutionFacts facts;
    facts.id = text_at(body, "id");
    facts.workflow_id = text_at(body, "workflow_id");
    facts.workflow_version = count_at(body, "workflow_version");
    facts.status = *status;
    facts.paused_before = text_at(body, "paused_before");
    facts.forked_from = text_at(body, "forked_from");
    facts.from_path = text_at(body, "from_path");
    facts.parent_id = text_at(body, "parent_id");
    facts.parent_path = text_at(body, "parent_path");
    // Without labels the body has an empty object.
    if (core::Value labels = value_at(body, "labels"); labels.size() > 0)
        facts.labels = std::move(labels);
    facts.inputs = value_at(body, "inputs");
    facts.outputs = value_at(body, "outputs");
    facts.created_at = *created_at;
    facts.started_at = time_at(body, "started_at");
    facts.completed_at = time_at(body, "completed_at");
    facts.error = failure_at(body);
    if (const core::Value* const nodes = member_at(body, "nodes"); nodes && nodes->is_object()) {
        for (const core::Member& member : nodes->as_object()) {
            engine::NodeView node = read_node(member.value);
            node.id = member.key;
            node.path = member.key;
            const auto index = plan == nullptr ? std::nullopt : plan->find(member.key);
            if (index) node.type = plan->node(*index).definition->type.type;
            facts.nodes.push_back(std::move(node));
        }
    }
    facts.body = std::move(body);
    return facts;
}

}  // namespace millrace::cli
