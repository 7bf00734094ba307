// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/node_type.hpp"

#include <algorithm>

namespace millrace::core {
namespace {

const PortDescriptor* find_port(const std::vector<PortDescriptor>& ports, std::string_view name) {
    const auto found = std::ranges::find(ports, name, &PortDescriptor::name);
    return found == ports.end() ? nullptr : &*found;
}

}  // namespace

std::string_view to_text(NodeCategory category) {
    switch (category) {
        case NodeCategory::triggers: return "triggers";
        case NodeCategory::transforms: return "transforms";
        case NodeCategory::actions: return "actions";
        case NodeCategory::conditions: return "conditions";
        case NodeCategory::integrations: return "integrations";
    }
    return "unknown";
}

std::string_view to_text(NodeRole role) {
    switch (role) {
        case NodeRole::trigger: return "trigger";
        case NodeRole::pure: return "pure";
        case NodeRole::decision: return "decision";
        case NodeRole::effect: return "effect";
        case NodeRole::delay: return "delay";
        case NodeRole::wait: return "wait";
        case NodeRole::container: return "container";
    }
    return "unknown";
}

std::string_view to_text(PortKind kind) {
    return kind == PortKind::value ? "value" : "stream";
}

std::string_view to_text(ContainerKind kind) {
    switch (kind) {
        case ContainerKind::none: return "none";
        case ContainerKind::loop: return "loop";
        case ContainerKind::attempt: return "attempt";
    }
    return "unknown";
}

std::string_view to_text(ChoiceKind kind) {
    return kind == ChoiceKind::one_output ? "one_output" : "default_or_others";
}

std::string_view to_text(FieldMode mode) {
    switch (mode) {
        case FieldMode::expression: return "expression";
        case FieldMode::literal: return "literal";
        case FieldMode::deferred: return "deferred";
        case FieldMode::confidential: return "confidential";
    }
    return "unknown";
}

const PortDescriptor* NodeType::input(std::string_view port) const {
    return find_port(inputs, port);
}

const PortDescriptor* NodeType::output(std::string_view port) const {
    return find_port(outputs, port);
}

}  // namespace millrace::core
