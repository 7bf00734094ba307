// SPDX-License-Identifier: Apache-2.0
#include "run/run_facts.hpp"

#include <utility>

#include "terminal/styled.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

std::string text_in(const core::Value* object, std::string_view key) {
    const core::Value* const value = object == nullptr ? nullptr : object->find(key);
    return value != nullptr && value->is_string() ? one_line(value->as_string()) : std::string{};
}

}  // namespace

RunFacts::RunFacts(std::vector<NodeFacts> nodes) : nodes_{std::move(nodes)} {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        index_.emplace(nodes_[i].id, i);
}

std::optional<std::size_t> RunFacts::index_of(std::string_view node_id) const {
    const auto found = index_.find(node_id);
    return found == index_.end() ? std::nullopt : std::optional{found->second};
}

const NodeFacts* RunFacts::find(std::string_view node_id) const {
    const std::optional<std::size_t> index = index_of(node_id);
    return index ? &nodes_[*index] : nullptr;
}

RunFacts facts_of(const engine::Plan& plan) {
    std::vector<NodeFacts> facts;
    for (const engine::PlanNode& node : plan.nodes()) {
        if (node.scope != 0) continue;
        facts.push_back({node.id, node.retry ? node.retry->max_attempts : 1,
                         node.role() == core::NodeRole::effect,
                         node.container && node.container->kind == core::ContainerKind::loop});
    }
    return RunFacts{std::move(facts)};
}

bool is_inner(const core::Event& event) {
    return !event.path.empty() && event.path != event.node_id;
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
