// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "interpretation.hpp"

// How values reach runs, and what names mean in expressions.

namespace millrace::reference {
namespace {

Value end_of(const core::PortRef& end) {
    return Value::object({{"node", end.node}, {"port", end.port}});
}

}  // namespace

/// What leaves the connection's source: nothing yet, a value, or the word that none will come.
std::optional<Delivery> Interpretation::passed(const ConnectionSpec& connection,
                                               const Scope& scope) const {
    if (is_entry(connection)) return Delivery{true, scope.entry, {}};
    const auto source = scope.ended.find(connection.from.node);
    if (source == scope.ended.end() || source->second.stops_scope) return std::nullopt;
    const auto value = source->second.outputs.find(connection.from.port);
    if (value == source->second.outputs.end()) return Delivery{};
    return Delivery{true, value->second, {}};
}

/// What arrives at its target: the filter lets the value pass or not, then the transform changes
/// it. When one of them fails, the connection's `on_error` decides.
std::optional<Delivery> Interpretation::delivery(const ConnectionSpec& connection,
                                                 const Scope& scope) const {
    const auto given = passed(connection, scope);
    if (!given || !given->is_live) return given;
    const Names names = [&](const expr::Reference& reference) {
        if (reference.root == expr::Root::value) return given->value;
        if (reference.root == expr::Root::from) return end_of(connection.from);
        if (reference.root == expr::Root::to) return end_of(connection.to);
        return name(reference, scope);
    };
    std::optional<Failure> failure;
    if (!connection.filter.empty()) {
        const auto passes = is_true(connection.filter, names);
        if (passes && !*passes) return Delivery{};
        if (!passes) failure = passes.error();
    }
    if (!failure) {
        if (connection.transform.empty()) return given;
        const auto changed = evaluate(connection.transform, names);
        if (changed) return Delivery{true, *changed, {}};
        failure = changed.error();
    }
    using OnError = core::ConnectionOnError::Kind;
    if (connection.on_error.kind == OnError::drop) return Delivery{};
    if (connection.on_error.kind == OnError::default_value)
        return Delivery{true, connection.on_error.value, {}};
    failure->node_id = connection.to.node;
    failure->recoverable = false;
    failure->message = "connection " + connection.from.node + " -> " + connection.to.node + ": " +
                       failure->message;
    return Delivery{false, {}, failure};
}

/// By priority, lower first, ties in the document's order.
std::vector<const ConnectionSpec*> Interpretation::arriving(const NodeSpec& target,
                                                            const std::string& port) const {
    std::vector<const ConnectionSpec*> found;
    for (const ConnectionSpec& connection : document_.connections)
        if (connection.to == core::PortRef{target.id, port}) found.push_back(&connection);
    std::ranges::stable_sort(found, {}, &ConnectionSpec::priority);
    return found;
}

/// The clean-up of a try has no result.
std::vector<const ConnectionSpec*> Interpretation::results_of(const Scope& scope) const {
    if (scope.container == nullptr || scope.is_cleanup) return {};
    return arriving(*scope.container, "result");
}

bool Interpretation::is_entry(const ConnectionSpec& connection) const {
    return is_inner_output(node(connection.from.node), connection.from.port);
}

Call Interpretation::call_of(const NodeSpec& target, const Scope& scope) const {
    Call call{target, target.data.is_null() ? Value::object({}) : target.data, {}, {}, {}};
    for (const InputPort& port : facts_of(target).inputs) {
        std::vector<Value> values;
        for (const ConnectionSpec* connection : arriving(target, port.name)) {
            const auto arrived = delivery(*connection, scope);
            if (!arrived->is_live) continue;
            values.push_back(arrived->value);
            if (port.many)
                call.labels.push_back(connection->tag.empty() ? connection->from.node
                                                              : connection->tag);
        }
        if (port.many) {
            call.inputs[port.name] = Value::array(std::move(values));
        } else {
            call.inputs[port.name] = values.empty() ? Value{} : values.front();
        }
    }
    return call;
}

/// A node is skipped when nothing at all arrives at a port that it needs.
bool Interpretation::has_dead_port(const NodeSpec& target, const Scope& scope) const {
    return std::ranges::any_of(facts_of(target).inputs, [&](const InputPort& port) {
        const auto connections = arriving(target, port.name);
        return port.required && !connections.empty() &&
               std::ranges::none_of(connections, [&](const ConnectionSpec* connection) {
                   return delivery(*connection, scope)->is_live;
               });
    });
}

std::optional<Failure> Interpretation::broken_connection(const NodeSpec& target,
                                                         const Scope& scope) const {
    for (const InputPort& port : facts_of(target).inputs)
        for (const ConnectionSpec* connection : arriving(target, port.name))
            if (auto failure = delivery(*connection, scope)->failure) return failure;
    return std::nullopt;
}

/// A node sees its inputs, and a fallback the failure that it stands in for.
Names Interpretation::names_of(const Scope& scope, const Call& call, const Failure* error) const {
    return [&, error](const expr::Reference& reference) {
        using expr::Root;
        if (reference.root == Root::input) return call.input();
        if (reference.root == Root::error) return error == nullptr ? Value{} : error->to_value();
        if (reference.root != Root::ports) return name(reference, scope);
        const auto port = call.inputs.find(reference.first);
        return port == call.inputs.end() ? Value{} : port->second;
    };
}

/// From the inside out: what the nearest scope that knows the name says.
Value Interpretation::name(const expr::Reference& reference, const Scope& scope) const {
    using expr::Root;
    if (reference.root == Root::inputs) return input_;
    if (reference.root == Root::trigger)
        return Value::object({{"node", "start"}, {"type", "trigger.manual"}, {"data", input_}});
    if (reference.root == Root::vars) {
        for (const core::Variable& variable : document_.variables)
            if (variable.name == reference.first) return variable.value;
        return {};
    }
    for (const Scope* at = &scope; at != nullptr; at = at->outer) {
        if (at->is_iteration && reference.root == Root::item) return at->entry;
        if (at->is_iteration && reference.root == Root::index) return Value{at->index};
        const auto ended = at->ended.find(reference.first);
        if (reference.root != Root::nodes || ended == at->ended.end()) continue;
        const auto value = ended->second.outputs.find(reference.second);
        return value == ended->second.outputs.end() ? Value{} : value->second;
    }
    return {};
}

}  // namespace millrace::reference
