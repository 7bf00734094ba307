// SPDX-License-Identifier: Apache-2.0
#include "compile_binding.hpp"

#include <algorithm>
#include <utility>

namespace millrace::engine {
namespace {

using expr::Root;
using Kind = SlotSource::Kind;
using Place = ExpressionPlace::Kind;

std::unexpected<BindingError> refuse(std::string message, std::string suggestion = {}) {
    return std::unexpected{
        BindingError{core::ProblemCode::bad_expression, std::move(message), std::move(suggestion)}};
}

SlotSource slot(Kind kind) {
    SlotSource source;
    source.kind = kind;
    return source;
}

}  // namespace

Binder::Binder(Draft& draft, const CompileGraph& graph) : draft_{draft}, graph_{graph} {
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i)
        heads_.emplace_back(i);
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i) {
        if (draft.nodes[i].fallback_for) continue;
        for (auto node = draft.nodes[i].fallback; node; node = draft[*node].fallback)
            heads_[node->value] = core::NodeIndex{i};
    }
}

expr::RootSet Binder::roots(const ExpressionPlace& place) const {
    expr::RootSet roots{Root::inputs,    Root::trigger, Root::nodes, Root::vars,
                        Root::execution, Root::now,     Root::uuid};
    if (place.takes_secrets) roots.add(Root::secrets).add(Root::links);
    if (draft_.scopes[place.scope].loop != 0) roots.add(Root::item).add(Root::index);
    for (const Root local : {Root::item, Root::index, Root::acc})
        if (place.locals.contains(local)) roots.add(local);
    if (place.kind == Place::connection) roots.add(Root::value).add(Root::from).add(Root::to);
    if (place.is_loop_condition) roots.add(Root::value).add(Root::index);
    if (place.kind != Place::node) return roots;
    const NodeDraft& node = draft_[place.node];
    const bool has_inputs = !node.definition || !node.definition->type.inputs.empty();
    if (has_inputs) roots.add(Root::input).add(Root::ports);
    if (node.is_named_as_fallback) roots.add(Root::error);
    return roots;
}

std::string Binder::explain_root(Root root, const ExpressionPlace& place) const {
    const std::string name = quoted(expr::to_text(root));
    switch (root) {
        case Root::input:
        case Root::ports:
            if (place.kind == Place::connection)
                return name + " does not exist on a connection; `value` is what passes there";
            if (place.kind == Place::node)
                return name + " does not exist here: " + quoted(draft_.spec(place.node).type) +
                       " has no inputs; the workflow's input is `inputs`";
            return name + " does not exist here; read a node's result as `nodes.ID.out`";
        case Root::value:
        case Root::from:
        case Root::to: return name + " exists only in the filter and transform of a connection";
        case Root::error:
            return name + " exists only in a node that is named as a fallback by some `on_error`";
        case Root::item:
        case Root::index:
        case Root::acc:
            return name + " exists only inside loops and in expressions over lists, not here";
        case Root::secrets:
            return name + " exists only in fields that go to the outside" + secret_fields(place) +
                   "; what it holds must not reach results and logs";
        case Root::links:
            return name + " exists only in fields that go to the outside" + secret_fields(place) +
                   "; whoever knows a link can answer for the run that waits";
        case Root::inputs:
        case Root::trigger:
        case Root::nodes:
        case Root::vars:
        case Root::execution:
        case Root::now:
        case Root::uuid: break;
    }
    return name + " does not exist here";
}

/// Those of the node at the place, for a message.
std::string Binder::secret_fields(const ExpressionPlace& place) const {
    if (place.kind != Place::node || !draft_[place.node].definition) return {};
    std::vector<std::string_view> names;
    for (const core::DataField& field : draft_[place.node].definition->type.fields)
        if (field.mode == core::FieldMode::confidential) names.push_back(field.name);
    const std::string& type = draft_.spec(place.node).type;
    if (names.empty()) return ", and " + quoted(type) + " has none";
    return ": of " + quoted(type) + " " + listed(names);
}

std::string Binder::refusal(core::NodeIndex node, const ExpressionPlace& place) const {
    const std::string& name = draft_.spec(node).id;
    const auto hidden = hiding_container(node, place);
    if (hidden) {
        return quoted(name) + " runs inside " + quoted(draft_.spec(*hidden).id) +
               ", perhaps many times; read `nodes." + draft_.spec(*hidden).id + ".done` instead";
    }
    if (draft_[node].undoes) {
        return quoted(name) + " only runs to undo " + quoted(draft_.spec(*draft_[node].undoes).id) +
               " when all else has ended, so nothing can read what it gives";
    }
    if (place.kind == Place::outputs) return {};
    const std::string& reader = draft_.spec(place.node).id;
    if (place.kind == Place::connection) {
        // What stands in for the source is read like the source, which is no fallback itself.
        if (heads_[node.value] == place.node) return {};
    } else if (node == place.node) {
        return quoted(reader) + " cannot read its own output, which does not exist before it ran";
    }
    // In and behind a cycle nobody is anybody's ancestor; the cycle has been reported.
    if (!graph_.is_ordered(node) || !graph_.is_ordered(place.node)) return {};
    if (graph_.is_ancestor(node, place.node)) return {};
    if (place.kind == Place::node && draft_[place.node].fallback_for == node)
        return quoted(name) +
               " has failed when its fallback runs; read `error` and `input` instead";
    if (place.kind == Place::node && draft_[place.node].undoes == node)
        return quoted(name) + " is what " + quoted(reader) +
               " undoes; read `input.output` for what it gave and `input.input` for what it got";
    return quoted(name) + " does not lead to " + quoted(reader) +
           ", so it may not have run yet; connect it to a node before " + quoted(reader);
}

/// The container that keeps what happens in it from the place; nothing when none does.
std::optional<core::NodeIndex> Binder::hiding_container(core::NodeIndex node,
                                                        const ExpressionPlace& place) const {
    std::uint32_t scope = place.scope;
    while (scope != draft_[node].scope && scope != 0)
        scope = draft_.scopes[scope].parent;
    if (scope == draft_[node].scope) return std::nullopt;
    // The outermost of those around the node that are not around the place.
    std::uint32_t hiding = draft_[node].scope;
    const auto is_around = [&](std::uint32_t candidate) {
        std::uint32_t at = place.scope;
        while (at != candidate && at != 0)
            at = draft_.scopes[at].parent;
        return at == candidate;
    };
    while (!is_around(draft_.scopes[hiding].parent))
        hiding = draft_.scopes[hiding].parent;
    return draft_.scopes[hiding].container;
}

std::expected<SlotSource, BindingError> Binder::bind_node(const expr::Reference& reference,
                                                          const ExpressionPlace& place) {
    const std::optional<core::NodeIndex> node = draft_.find(reference.first);
    if (!node) {
        const std::string near = draft_.nearest_node(reference.first);
        return refuse("there is no node " + quoted(reference.first),
                      near.empty() ? near : "nodes." + near + "." + reference.second);
    }
    const std::string reason = refusal(*node, place);
    if (!reason.empty()) return refuse(reason);
    SlotSource source = slot(Kind::node_output);
    source.node = *node;
    const auto& definition = draft_[*node].definition;
    if (!definition) return source;  // no plan is made of it
    const std::optional<core::PortIndex> port = find_output(definition->type, reference.second);
    if (!port) {
        const std::vector<std::string_view> names = output_names(definition->type);
        const std::string near = core::nearest(reference.second, names);
        return refuse(quoted(reference.first) + " (" + definition->type.type + ") has no output " +
                          quoted(reference.second) + "; there is " + listed(names),
                      near.empty() ? near : "nodes." + reference.first + "." + near);
    }
    const bool is_error = port->value == definition->type.outputs.size();
    if (!is_error && definition->type.outputs[port->value].inner) {
        return refuse(quoted(reference.first + "." + reference.second) +
                      " feeds the body of the container and is no result; inside, read `item` of a "
                      "loop or the value that arrives");
    }
    if (!is_error && definition->type.outputs[port->value].kind == core::PortKind::stream) {
        return refuse(quoted(reference.first + "." + reference.second) +
                      " is a stream, which has no single value to read; connect to it instead");
    }
    source.port = *port;
    return source;
}

std::expected<SlotSource, BindingError> Binder::bind_port(const expr::Reference& reference,
                                                          const ExpressionPlace& place) const {
    const auto& definition = draft_[place.node].definition;
    SlotSource source = slot(Kind::input_port);
    if (!definition || reference.root == Root::input) return source;  // the first port
    const std::optional<core::PortIndex> port = find_input(definition->type, reference.first);
    if (!port) {
        const std::vector<std::string_view> names = input_names(definition->type);
        const std::string near = core::nearest(reference.first, names);
        return refuse(quoted(definition->type.type) + " has no input " + quoted(reference.first) +
                          "; there is " + listed(names),
                      near.empty() ? near : "ports." + near);
    }
    source.port = *port;
    return source;
}

std::expected<SlotSource, BindingError> Binder::bind_variable(const expr::Reference& reference) {
    if (reference.first.empty()) return slot(Kind::all_vars);
    const std::optional<std::uint32_t> index = draft_.find_variable(reference.first);
    if (!index) {
        const std::vector<std::string_view>& names = draft_.variable_names();
        const std::string near = draft_.nearest(reference.first, names);
        return refuse("there is no variable " + quoted(reference.first) +
                          (names.empty() ? "; declare it under the document's `variables`"
                                         : "; there is " + listed(names)),
                      near.empty() ? near : "vars." + near);
    }
    SlotSource source = slot(Kind::variable);
    source.index = *index;
    return source;
}

std::expected<SlotSource, BindingError> Binder::bind(const expr::Reference& reference,
                                                     const ExpressionPlace& place) {
    if (!roots(place).contains(reference.root)) {
        return refuse(explain_root(reference.root, place));
    }
    if (place.locals.contains(reference.root)) return slot(Kind::local);
    switch (reference.root) {
        case Root::nodes: return bind_node(reference, place);
        case Root::input:
        case Root::ports: return bind_port(reference, place);
        case Root::vars: return bind_variable(reference);
        case Root::inputs: return slot(Kind::inputs);
        case Root::trigger: return slot(Kind::trigger);
        case Root::execution: return slot(Kind::execution);
        case Root::now: return slot(Kind::now);
        case Root::uuid: return slot(Kind::step);
        case Root::error: return slot(Kind::error);
        case Root::value: return slot(place.is_loop_condition ? Kind::loop_value : Kind::value);
        case Root::from: return slot(Kind::from);
        case Root::to: return slot(Kind::to);
        case Root::item: return loop_slot(Kind::item, place);
        case Root::index:
            return place.is_loop_condition ? slot(Kind::loop_index) : loop_slot(Kind::index, place);
        case Root::secrets: return bind_secret(reference.first, place);
        case Root::links: return bind_link(reference, place);
        case Root::acc: break;
    }
    return refuse(explain_root(reference.root, place));
}

/// A link is a secret that is made for the run that it leads to.
std::expected<SlotSource, BindingError> Binder::bind_link(const expr::Reference& reference,
                                                          const ExpressionPlace& place) {
    const std::optional<core::NodeIndex> node = draft_.find(reference.first);
    if (!node) {
        const std::string near = draft_.nearest_node(reference.first);
        return refuse("there is no node " + quoted(reference.first),
                      near.empty() ? near : "links." + near);
    }
    const NodeDraft& meant = draft_[*node];
    if (meant.definition && meant.definition->type.role != core::NodeRole::wait) {
        return refuse(quoted(reference.first) + " is a " + quoted(draft_.spec(*node).type) +
                      ", which waits for nobody; a link leads to a node such as flow.wait");
    }
    if (const auto hidden = hiding_container(*node, place)) {
        return refuse(quoted(reference.first) + " runs inside " + quoted(draft_.spec(*hidden).id) +
                      ", perhaps many times; only a node inside of it can name its link");
    }
    return bind_secret("link:" + reference.first, place);
}

SlotSource Binder::bind_secret(const std::string& name, const ExpressionPlace& place) {
    std::vector<std::string>& names = draft_[place.node].secrets;
    const auto known = std::ranges::find(names, name);
    SlotSource source = slot(Kind::secret);
    source.index = static_cast<std::uint32_t>(known - names.begin());
    if (known == names.end()) names.push_back(name);
    return source;
}

SlotSource Binder::loop_slot(SlotSource::Kind kind, const ExpressionPlace& place) const {
    SlotSource source = slot(kind);
    source.index = draft_.scopes[place.scope].loop;
    return source;
}

std::optional<std::vector<SlotSource>> Binder::bind_all(std::span<const expr::Reference> references,
                                                        const ExpressionPlace& place) {
    std::vector<SlotSource> slots;
    slots.reserve(references.size());
    for (const expr::Reference& reference : references) {
        const auto bound = bind(reference, place);
        if (!bound) return std::nullopt;
        slots.push_back(*bound);
    }
    return slots;
}

}  // namespace millrace::engine
