// SPDX-License-Identifier: Apache-2.0
#include "run_facts.hpp"

#include <algorithm>

#include "styled.hpp"
#include "wording.hpp"

namespace millrace::cli {
namespace {

std::string text_in(const core::Value* object, std::string_view key) {
    const core::Value* const value = object == nullptr ? nullptr : object->find(key);
    return value != nullptr && value->is_string() ? one_line(value->as_string()) : std::string{};
}

}  // namespace

std::vector<NodeFacts> facts_of(const engine::Plan& plan) {
    std::vector<NodeFacts> facts;
    for (const engine::PlanNode& node : plan.nodes()) {
        facts.push_back({node.id, node.retry ? node.retry->max_attempts : 1,
                         node.role() == core::NodeRole::effect});
    }
    return facts;
}

const NodeFacts* find_facts(const std::vector<NodeFacts>& facts, std::string_view node_id) {
    const auto found = std::ranges::find(facts, node_id, &NodeFacts::id);
    return found == facts.end() ? nullptr : &*found;
}

std::string failure_code(const core::Event& event) {
    return text_in(event.data.find("error"), "code");
}

std::string failure_words(const core::Event& event) {
    const core::Value* const error = event.data.find("error");
    const std::string code = text_in(error, "code");
    const std::string message = text_in(error, "message");
    return message.empty() ? code : code + ": " + message;
}

std::string data_text(const core::Event& event, std::string_view key) {
    return text_in(&event.data, key);
}

std::int64_t data_number(const core::Event& event, std::string_view key) {
    const core::Value* const value = event.data.find(key);
    return value != nullptr && value->is_integer() ? value->as_integer() : 0;
}

core::Time data_time(const core::Event& event, std::string_view key) {
    return core::Time::parse(data_text(event, key)).value_or(core::Time{});
}

Remark remark_of(const core::Event& event) {
    const core::Value* const message = event.data.find("message");
    return {data_text(event, "level"),
            one_line(value_words(message == nullptr ? event.data : *message))};
}

}  // namespace millrace::cli
