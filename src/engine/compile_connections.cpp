// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <functional>
#include <unordered_map>

#include "compile_draft.hpp"

namespace millrace::engine {
namespace {

using core::ProblemCode;

/// The JSON types that a schema allows, a bit each in the order of `type_names`.
using TypeSet = unsigned;
constexpr std::array<std::string_view, 7> type_names{"null",   "boolean", "integer", "number",
                                                     "string", "array",   "object"};
constexpr TypeSet any_type = (1u << type_names.size()) - 1;

TypeSet type_named(const core::Value& name) {
    if (!name.is_string()) return any_type;
    const auto found = std::ranges::find(type_names, name.as_string());
    if (found == type_names.end()) return any_type;
    const TypeSet bit = 1u << (found - type_names.begin());
    return *found == "number" ? bit | bit >> 1 : bit;  // every integer is a number
}

TypeSet types_of(const core::Value& schema) {
    const core::Value* const type = schema.find("type");
    if (type == nullptr) return any_type;
    if (!type->is_array()) return type_named(*type);
    TypeSet types = 0;
    for (const core::Value& name : type->as_array())
        types |= type_named(name);
    return types;
}

/// What one connection may bring to the input. A `many` port's schema may describe the array.
TypeSet types_of_input(const core::PortDescriptor& port) {
    const TypeSet types = types_of(port.schema);
    constexpr TypeSet array = 1u << 5;
    if (!port.many || types != array) return types;
    const core::Value* const items = port.schema.find("items");
    return items == nullptr ? any_type : types_of(*items);
}

TypeSet types_of_output(const core::NodeType& type, core::PortIndex port) {
    constexpr TypeSet object = 1u << 6;
    const bool is_error = port.value == type.outputs.size();
    return is_error ? object : types_of(type.outputs[port.value].schema);
}

std::string text_of(TypeSet types) {
    std::string text;
    for (std::size_t i = 0; i < type_names.size(); ++i) {
        const bool is_part_of_number = i == 2 && (types & 1u << 3) != 0;
        if ((types & 1u << i) == 0 || is_part_of_number) continue;
        text += (text.empty() ? "" : " or ") + std::string{type_names[i]};
    }
    return text;
}

enum class Side { from, to };

std::optional<core::NodeIndex> find_end(Draft& draft, core::ConnectionIndex link, Side side) {
    const core::PortRef& end = side == Side::from ? draft.spec(link).from : draft.spec(link).to;
    const std::optional<core::NodeIndex> node = draft.find(end.node);
    if (!node) {
        draft.problem(ProblemCode::unknown_node,
                      pointer_of(link, side == Side::from ? "from" : "to"),
                      "there is no node " + quoted(end.node), draft.nearest_node(end.node));
    }
    return node;
}

void report_port(Draft& draft, core::ConnectionIndex link, Side side, const core::NodeType& type) {
    const bool is_from = side == Side::from;
    const core::PortRef& end = is_from ? draft.spec(link).from : draft.spec(link).to;
    const std::vector<std::string_view> names = is_from ? output_names(type) : input_names(type);
    const bool exists_otherwise =
        is_from ? find_input(type, end.port).has_value() : find_output(type, end.port).has_value();
    const std::string path = pointer_of(link, is_from ? "from" : "to");
    const std::string node = quoted(end.node) + " (" + type.type + ")";
    if (exists_otherwise) {
        draft.problem(ProblemCode::wrong_port_kind, path,
                      quoted(end) +
                          (is_from ? " is an input; a connection starts at an output"
                                   : " is an output; a connection ends at an input") +
                          ": " + listed(names));
        return;
    }
    if (!is_from && names.empty()) {
        const bool is_trigger = type.role == core::NodeRole::trigger;
        draft.problem(ProblemCode::unknown_port, path,
                      node + " has no inputs" + (is_trigger ? ": a trigger starts by itself" : ""));
        return;
    }
    const std::string near = core::nearest(end.port, names);
    draft.problem(ProblemCode::unknown_port, path,
                  node + " has no " + (is_from ? "output " : "input ") + quoted(end.port) +
                      "; there is " + listed(names),
                  near.empty() ? near : end.node + "." + near);
}

void check_compatible(Draft& draft, core::ConnectionIndex link) {
    const core::ConnectionSpec& spec = draft.spec(link);
    const LinkDraft& ends = draft[link];
    const core::NodeType& source = draft[*ends.from].definition->type;
    const core::PortDescriptor& target =
        draft[*ends.to].definition->type.inputs[ends.to_port->value];
    const bool is_stream = ends.from_port->value < source.outputs.size() &&
                           source.outputs[ends.from_port->value].kind == core::PortKind::stream;
    if (is_stream && target.kind == core::PortKind::value) {
        draft.problem(
            ProblemCode::wrong_port_kind, pointer_of(link),
            quoted(spec.from) + " is a stream, but " + quoted(spec.to) + " takes a single value");
        return;
    }
    if (!spec.transform.empty()) return;  // what it gives is not known before it runs
    const TypeSet given = types_of_output(source, *ends.from_port);
    const TypeSet taken = types_of_input(target);
    if ((given & taken) != 0) return;
    draft.problem(ProblemCode::incompatible_types, pointer_of(link),
                  quoted(spec.from) + " gives " + text_of(given) + ", but " + quoted(spec.to) +
                      " takes " + text_of(taken) + "; a `transform` on the connection can convert");
}

void resolve_connection(Draft& draft, core::ConnectionIndex link) {
    const core::ConnectionSpec& spec = draft.spec(link);
    LinkDraft& ends = draft.links[link.value];
    ends.from = find_end(draft, link, Side::from);
    ends.to = find_end(draft, link, Side::to);
    if (ends.from) {
        NodeDraft& source = draft[*ends.from];
        source.is_source = true;
        if (source.definition) {
            ends.from_port = find_output(source.definition->type, spec.from.port);
            if (!ends.from_port) report_port(draft, link, Side::from, source.definition->type);
        }
    }
    if (ends.to) {
        NodeDraft& target = draft[*ends.to];
        target.is_target = true;
        if (target.definition) {
            ends.to_port = find_input(target.definition->type, spec.to.port);
            if (!ends.to_port) report_port(draft, link, Side::to, target.definition->type);
        }
    }
    if (!ends.from_port || !ends.to_port) return;
    check_compatible(draft, link);
    if (check_crossing(draft, link)) return;
    ends.from_port.reset();
    ends.to_port.reset();
}

/// Two connections that are alike in all that the engine looks at.
struct IsSame {
    bool operator()(const core::ConnectionSpec* a, const core::ConnectionSpec* b) const {
        return a->from == b->from && a->to == b->to && a->filter == b->filter &&
               a->transform == b->transform && a->on_error == b->on_error &&
               a->priority == b->priority && a->tag == b->tag;
    }
};
struct EndsHash {
    std::size_t operator()(const core::ConnectionSpec* spec) const {
        std::size_t hash = spec->on_error.value.hash();
        for (const std::string* text :
             {&spec->from.node, &spec->from.port, &spec->to.node, &spec->to.port, &spec->filter,
              &spec->transform, &spec->tag})
            hash = hash * 31 + std::hash<std::string>{}(*text);
        return hash * 31 + static_cast<std::size_t>(spec->priority);
    }
};

/// Reports a connection that says exactly what an earlier one says, and forgets it. Only where an
/// input takes many: elsewhere two connections that both deliver are wrong in any case, and what
/// is said of those helps more.
void drop_repeated(Draft& draft) {
    std::unordered_map<const core::ConnectionSpec*, core::ConnectionIndex, EndsHash, IsSame> seen;
    for (std::uint32_t i = 0; i < draft.links.size(); ++i) {
        const core::ConnectionIndex link{i};
        const LinkDraft& ends = draft[link];
        if (!ends.from_port || !ends.to_port) continue;
        if (!draft[*ends.to].definition->type.inputs[ends.to_port->value].many) continue;
        const core::ConnectionSpec& spec = draft.spec(link);
        const auto [first, is_new] = seen.emplace(&spec, link);
        if (is_new) continue;
        draft.problem(ProblemCode::bad_value, pointer_of(link),
                      quoted(spec.from) + " is connected to " + quoted(spec.to) + " already, at " +
                          pointer_of(first->second) +
                          "; remove one of the two, or give them different tags");
        draft.links[i].from_port.reset();
        draft.links[i].to_port.reset();
    }
}

/// Enters each connection at both of its ports: inputs by priority, ties in document order.
void enter_at_ports(Draft& draft) {
    for (std::uint32_t i = 0; i < draft.links.size(); ++i) {
        const LinkDraft& ends = draft.links[i];
        if (!ends.from_port || !ends.to_port) {
            if (ends.to) draft[*ends.to].has_broken_input = true;
            continue;
        }
        draft[*ends.from].outputs[ends.from_port->value].push_back({i});
        draft[*ends.to].inputs[ends.to_port->value].push_back({i});
    }
    for (NodeDraft& node : draft.nodes) {
        for (auto& connections : node.inputs) {
            std::ranges::stable_sort(connections, {}, [&](core::ConnectionIndex link) {
                return draft.spec(link).priority;
            });
        }
    }
}

void require_connections(Draft& draft, core::NodeIndex node) {
    const NodeDraft& entry = draft[node];
    if (!entry.definition || entry.is_named_as_fallback || entry.is_named_as_undoing) return;
    const core::NodeSpec& spec = draft.spec(node);
    const std::vector<core::PortDescriptor>& ports = entry.definition->type.inputs;
    if (!entry.is_target) {
        const auto required = std::ranges::find(ports, true, &core::PortDescriptor::required);
        if (required == ports.end()) return;  // starts with its scope
        draft.problem(ProblemCode::missing_connection, pointer_of(node),
                      "nothing leads to " + quoted(spec.id) +
                          ", so it would never start; connect an output to " +
                          quoted(spec.id + "." + required->name) + " or remove the node");
        return;
    }
    // A connection to a port that does not exist was probably meant for the missing one.
    if (entry.has_broken_input) return;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        if (!ports[i].required || !entry.inputs[i].empty()) continue;
        draft.problem(ProblemCode::missing_connection, pointer_of(node),
                      "the required input " + quoted(spec.id + "." + ports[i].name) +
                          " has no connection, so " + quoted(spec.id) + " would never start");
    }
}

}  // namespace

void resolve_connections(Draft& draft) {
    for (std::uint32_t i = 0; i < draft.links.size(); ++i)
        resolve_connection(draft, {i});
    drop_repeated(draft);
    enter_at_ports(draft);
    for (const core::NodeSpec& spec : draft.document.nodes) {
        const auto fallback = draft.find(spec.on_error.fallback);
        if (fallback) draft[*fallback].is_named_as_fallback = true;
        const auto undoing = draft.find(spec.compensate);
        if (undoing) draft[*undoing].is_named_as_undoing = true;
    }
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i)
        require_connections(draft, {i});
}

}  // namespace millrace::engine
