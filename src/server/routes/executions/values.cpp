// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/values.hpp"

#include <utility>

namespace millrace::server {

using core::Value;

Value text_or_null(const std::optional<std::string>& text) {
    return text ? Value{*text} : Value{};
}

Value time_or_null(const std::optional<core::Time>& time) {
    return time ? Value{time->text()} : Value{};
}

Value list_body(std::vector<Value> items, const std::optional<std::string>& next_cursor) {
    return Value::object(
        {{"items", Value::array(std::move(items))}, {"next_cursor", text_or_null(next_cursor)}});
}

Value execution_row_value(const engine::ExecutionRow& row) {
    core::ObjectBuilder value;
    value.set("id", row.id.text());
    value.set("workflow_id", row.workflow_id);
    value.set("workflow_version", row.workflow_version);
    value.set("status", core::to_text(row.status));
    value.set("created_at", row.created_at.text());
    value.set("completed_at", time_or_null(row.completed_at));
    if (row.parent) value.set("parent_id", row.parent->text());
    return std::move(value).build();
}

Value run_value(const engine::NodeView& node, const engine::Plan& plan) {
    std::vector<core::Member> members{{"id", node.id}, {"path", node.path}, {"type", node.type}};
    const Value value = engine::ExecutionView::node_value(node, plan);
    for (const core::Member& member : value.as_object())
        members.push_back(member);
    return Value::object(std::move(members));
}

Value dead_letter_value(const store::DeadLetter& letter, bool with_input) {
    core::ObjectBuilder value;
    value.set("number", static_cast<std::int64_t>(letter.number));
    value.set("status", to_text(letter.status));
    value.set("execution_id", letter.row.id.text());
    value.set("path", letter.row.path);
    value.set("node_id", letter.row.node_id);
    value.set("workflow_id", letter.row.workflow_id);
    value.set("workflow_version", letter.row.workflow_version);
    value.set("error", letter.row.failure.to_value());
    if (with_input) value.set("input", letter.row.input);
    value.set("attempts", letter.row.attempts);
    value.set("at", letter.row.at.text());
    value.set("replayed_as", letter.replayed_as ? Value{letter.replayed_as->text()} : Value{});
    value.set("decided_at", time_or_null(letter.decided_at));
    return std::move(value).build();
}

Value cached_entry_value(const store::CachedEntry& entry) {
    return Value::object({{"key", entry.key},
                          {"workflow_id", entry.workflow_id},
                          {"node_id", entry.node_id},
                          {"tags", Value::array({entry.tags.begin(), entry.tags.end()})},
                          {"stored_at", entry.stored_at.text()},
                          {"expires_at", entry.expires_at.text()},
                          {"size", static_cast<std::int64_t>(entry.size)}});
}

Value breaker_value(const engine::BreakerView& breaker) {
    const bool is_closed = breaker.state == engine::BreakerState::closed;
    return Value::object({{"key", breaker.key},
                          {"state", engine::to_text(breaker.state)},
                          {"until", is_closed ? Value{} : Value{breaker.until.text()}},
                          {"failures", static_cast<std::int64_t>(breaker.failures)},
                          {"probes", static_cast<std::int64_t>(breaker.probes)}});
}

}  // namespace millrace::server
