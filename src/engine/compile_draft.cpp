// SPDX-License-Identifier: Apache-2.0
#include "compile_draft.hpp"

#include <algorithm>
#include <utility>

namespace millrace::engine {

Draft::Draft(const core::Document& from_document, const NodeLibrary& node_library)
    : document{from_document},
      library{node_library},
      nodes(document.nodes.size()),
      links(document.connections.size()) {
    by_id_.reserve(nodes.size());
    ids_.reserve(nodes.size());
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
        const std::string& id = document.nodes[i].id;
        ids_.push_back(id);
        const auto [first, is_new] = by_id_.emplace(id, core::NodeIndex{i});
        if (is_new) continue;
        problem(core::ProblemCode::duplicate_id, pointer_of(core::NodeIndex{i}, "id"),
                "node " + quoted(id) + " exists already at " + pointer_of(first->second) +
                    "; give this one another id");
    }
    variables_.reserve(document.variables.size());
    variable_names_.reserve(document.variables.size());
    for (const core::Variable& variable : document.variables) {
        variables_.emplace(variable.name, static_cast<std::uint32_t>(variable_names_.size()));
        variable_names_.push_back(variable.name);
    }
}

std::optional<core::NodeIndex> Draft::find(std::string_view node_id) const {
    const auto found = by_id_.find(node_id);
    if (found == by_id_.end()) return std::nullopt;
    return found->second;
}

std::optional<std::uint32_t> Draft::find_variable(std::string_view name) const {
    const auto found = variables_.find(name);
    if (found == variables_.end()) return std::nullopt;
    return found->second;
}

std::string Draft::nearest(std::string_view name, const std::vector<std::string_view>& names) {
    if (searches_left_ == 0) return {};
    --searches_left_;
    return core::nearest(name, names);
}

void Draft::problem(core::ProblemCode code, std::string path, std::string message,
                    std::string suggestion) {
    if (is_full()) {
        has_more_problems_ = true;
        return;
    }
    problems.push_back({code, std::move(path), std::move(message), std::move(suggestion)});
}

core::Problems Draft::take_problems() {
    // Behaviours add theirs directly.
    if (problems.size() > problems_max) {
        problems.resize(problems_max);
        has_more_problems_ = true;
    }
    if (has_more_problems_) {
        problems.push_back({core::ProblemCode::limit,
                            {},
                            "there are more problems than the " + std::to_string(problems_max) +
                                " that are told; mend these first",
                            {}});
    }
    return std::move(problems);
}

void Draft::warning(core::ProblemCode code, std::string path, std::string message) {
    warnings.push_back({code, std::move(path), std::move(message), {}});
}

namespace {

std::string pointer_to(std::string_view section, std::uint32_t index, std::string_view key) {
    const std::string element = core::pointer_child(section, index);
    return key.empty() ? element : core::pointer_child(element, key);
}

std::vector<std::string_view> names_of(const std::vector<core::PortDescriptor>& ports) {
    std::vector<std::string_view> names;
    for (const core::PortDescriptor& port : ports)
        names.push_back(port.name);
    return names;
}

std::optional<core::PortIndex> find_port(const std::vector<core::PortDescriptor>& ports,
                                         std::string_view name) {
    const auto found = std::ranges::find(ports, name, &core::PortDescriptor::name);
    if (found == ports.end()) return std::nullopt;
    return core::PortIndex{static_cast<std::uint32_t>(found - ports.begin())};
}

}  // namespace

std::string pointer_of(core::NodeIndex node, std::string_view key) {
    return pointer_to("/nodes", node.value, key);
}

std::string pointer_of(core::ConnectionIndex link, std::string_view key) {
    return pointer_to("/connections", link.value, key);
}

std::string quoted(std::string_view name) {
    return "`" + std::string{name} + "`";
}

std::string quoted(const core::PortRef& port) {
    return quoted(port.node + "." + port.port);
}

std::string listed(const std::vector<std::string_view>& names) {
    constexpr std::size_t named_max = 20;
    if (names.empty()) return "none";
    const std::size_t named = std::min(names.size(), named_max);
    std::string text = quoted(names[0]);
    for (std::size_t i = 1; i < named; ++i) {
        text += i + 1 == names.size() ? " and " : ", ";
        text += quoted(names[i]);
    }
    if (named < names.size()) text += " and " + std::to_string(names.size() - named) + " more";
    return text;
}

std::vector<std::string_view> output_names(const core::NodeType& type) {
    std::vector<std::string_view> names = names_of(type.outputs);
    if (type.role != core::NodeRole::trigger) names.push_back(error_port_name);
    return names;
}

std::vector<std::string_view> input_names(const core::NodeType& type) {
    return names_of(type.inputs);
}

std::optional<core::PortIndex> find_input(const core::NodeType& type, std::string_view name) {
    return find_port(type.inputs, name);
}

std::optional<core::PortIndex> find_output(const core::NodeType& type, std::string_view name) {
    const std::optional<core::PortIndex> found = find_port(type.outputs, name);
    if (found || name != error_port_name || type.role == core::NodeRole::trigger) return found;
    return core::PortIndex{static_cast<std::uint32_t>(type.outputs.size())};
}

core::PortIndex primary_output(const core::NodeType& type) {
    const auto found = std::ranges::find(type.outputs, false, &core::PortDescriptor::inner);
    return {static_cast<std::uint32_t>(found - type.outputs.begin())};
}

}  // namespace millrace::engine
