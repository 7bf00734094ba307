// SPDX-License-Identifier: Apache-2.0
#include "wait_rules.hpp"

#include <charconv>

#include "millrace/format/json.hpp"
#include "millrace/store/store.hpp"
#include "rows.hpp"

namespace millrace::store {

namespace {

constexpr std::string_view trigger_prefix = "trigger.";

WaitWhat what_of(engine::WaitRow::What what) {
    using What = engine::WaitRow::What;
    switch (what) {
        case What::signal: return WaitWhat::signal;
        case What::webhook: return WaitWhat::webhook;
        case What::approval: return WaitWhat::approval;
        case What::event: return WaitWhat::event;
        case What::child: return WaitWhat::child;
    }
    return WaitWhat::signal;
}

WaitState state_of(engine::WaitRow::State state) {
    using State = engine::WaitRow::State;
    switch (state) {
        case State::open: return WaitState::open;
        case State::answered: return WaitState::answered;
        case State::expired: return WaitState::expired;
        case State::ended: return WaitState::ended;
    }
    return WaitState::ended;
}

std::string_view text_at(const core::Value& node, std::string_view key) {
    const core::Value* found = node.find(key);
    return found != nullptr && found->is_string() ? found->as_string() : std::string_view{};
}

}  // namespace

std::string_view to_text(WaitWhat what) {
    switch (what) {
        case WaitWhat::signal: return "signal";
        case WaitWhat::webhook: return "webhook";
        case WaitWhat::approval: return "approval";
        case WaitWhat::event: return "event";
        case WaitWhat::child: return "child";
    }
    return "signal";
}

std::optional<WaitWhat> parse_wait_what(std::string_view text) {
    for (const WaitWhat what : {WaitWhat::signal, WaitWhat::webhook, WaitWhat::approval,
                                WaitWhat::event, WaitWhat::child})
        if (to_text(what) == text) return what;
    return std::nullopt;
}

std::string_view to_text(WaitState state) {
    switch (state) {
        case WaitState::open: return "open";
        case WaitState::answered: return "answered";
        case WaitState::expired: return "expired";
        case WaitState::ended: return "ended";
    }
    return "open";
}

Wait wait_of(const engine::WaitRow& row) {
    Wait wait;
    wait.id = row.id;
    wait.run = row.run;
    wait.path = row.path;
    wait.node_id = row.node_id;
    wait.workflow_id = row.workflow_id;
    wait.workflow_version = row.workflow_version;
    wait.what = what_of(row.what);
    wait.name = row.name;
    wait.details = row.details;
    wait.opened_at = row.at;
    wait.until = row.until;
    wait.state = state_of(row.state);
    if (wait.state != WaitState::open) wait.closed_at = row.at;
    wait.answer = row.answer;
    wait.token_hash = row.token_hash;
    return wait;
}

bool matches(const WaitFilter& filter, const Wait& wait) {
    return (!filter.open_only || wait.state == WaitState::open) &&
           (!filter.id || wait.id == *filter.id) && (!filter.what || wait.what == *filter.what) &&
           (!filter.workflow_id || wait.workflow_id == *filter.workflow_id);
}

core::Error wait_not_found() {
    return {StoreErrc::not_found, "nothing waits, or has waited, under this token"};
}

core::Error wait_not_found(core::ExecutionId id) {
    return {StoreErrc::not_found, "this run of execution " + id.text() + " has not waited"};
}

core::Error schedule_not_found(const std::string& workflow_id, const std::string& node_id) {
    return {StoreErrc::not_found,
            "node " + node_id + " of workflow " + workflow_id + " has no state of a schedule"};
}

core::Result<> check_waits_limit(std::size_t limit) {
    if (limit > 0 && limit <= page_limit_max) return {};
    return core::fail(StoreErrc::bad_argument, "a list has 1 to " + std::to_string(page_limit_max) +
                                                   " waits, not " + std::to_string(limit));
}

void set_type(ActiveTrigger& trigger, std::string_view type) {
    const std::size_t at = type.find('@');
    trigger.type = type.substr(0, at);
    trigger.type_version = 1;
    if (at == std::string_view::npos) return;
    // A version that cannot be read never passed the document's checks.
    std::from_chars(type.data() + at + 1, type.data() + type.size(), trigger.type_version);
}

std::vector<ActiveTrigger> triggers_in(const std::string& document, const std::string& workflow_id,
                                       std::uint32_t version) {
    std::vector<ActiveTrigger> triggers;
    const auto read = format::read_json(document, {.bytes_max = document.size()});
    if (!read) return triggers;
    const core::Value* nodes = read->find("nodes");
    if (nodes == nullptr || !nodes->is_array()) return triggers;
    for (const core::Value& node : nodes->as_array()) {
        const std::string_view type = text_at(node, "type");
        if (!type.starts_with(trigger_prefix)) continue;
        ActiveTrigger& trigger = triggers.emplace_back();
        trigger.workflow_id = workflow_id;
        trigger.version = version;
        trigger.node_id = text_at(node, "id");
        set_type(trigger, type);
        if (const core::Value* data = node.find("data")) trigger.data = *data;
    }
    return triggers;
}

}  // namespace millrace::store
