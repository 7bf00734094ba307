// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/canonical.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "document_parts.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/digest.hpp"

namespace millrace::format {

using core::ObjectBuilder;
using core::Value;

namespace {

/// Order by UTF-16 code units of two well-formed UTF-8 texts. It differs from the order of the
/// bytes only where a character beyond U+FFFF, whose surrogates begin with 0xD8…0xDB, meets one
/// of U+E000…U+FFFF, whose UTF-8 begins with 0xEE or 0xEF.
bool utf16_less(std::string_view a, std::string_view b) {
    const auto [in_a, in_b] = std::ranges::mismatch(a, b);
    if (in_a == a.end() || in_b == b.end()) return in_a == a.end() && in_b != b.end();
    const auto rank = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        const bool moves_up = byte == 0xEE || byte == 0xEF;
        return moves_up ? 0x100 + byte : int{byte};
    };
    return rank(*in_a) < rank(*in_b);
}

using core::JsonNumbers;

void append_canonical(std::string& out, const Value& value, JsonNumbers numbers);

void append_object(std::string& out, const Value& value, JsonNumbers numbers) {
    std::vector<const core::Member*> members;
    for (const core::Member& member : value.as_object())
        members.push_back(&member);
    std::ranges::sort(members, utf16_less,
                      [](const core::Member* m) { return std::string_view{m->key}; });
    out += '{';
    bool first = true;
    for (const core::Member* const member : members) {
        if (!first) out += ',';
        first = false;
        core::append_json_string(out, member->key);
        out += ':';
        append_canonical(out, member->value, numbers);
    }
    out += '}';
}

void append_canonical(std::string& out, const Value& value, JsonNumbers numbers) {
    if (value.is_object()) return append_object(out, value, numbers);
    if (!value.is_array()) return core::append_json(out, value, numbers);
    out += '[';
    bool first = true;
    for (const Value& element : value.as_array()) {
        if (!first) out += ',';
        first = false;
        append_canonical(out, element, numbers);
    }
    out += ']';
}

Value in_milliseconds(core::Duration duration) {
    return Value{duration.ms};
}

/// Without what says the same as nothing: the default set, in whatever order.
void simplify_recovery(core::NodeSpec& node) {
    if (node.on_interrupt == core::OnInterrupt::rerun) node.on_interrupt.reset();
    if (node.cache) std::ranges::sort(node.cache->tags);
    if (!node.retry) return;
    static const std::vector<std::string> usual{"connection", "http_429", "http_5xx", "timeout"};
    std::vector<std::string>& names = node.retry->retry_on;
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    if (names == usual) names.clear();
}

Value canonical_node(core::NodeSpec node) {
    simplify_recovery(node);
    ObjectBuilder object;
    object.set("id", node.id);
    if (!node.name.empty()) object.set("name", node.name);
    object.set("type", node.type + "@" + std::to_string(node.type_version));
    if (!node.data.is_null() && node.data.size() > 0) object.set("data", node.data);
    if (!node.parent.empty()) object.set("parent", node.parent);
    set_recovery(object, node, in_milliseconds);
    set_effect_rules(object, node, in_milliseconds);
    return std::move(object).build();
}

Value canonical_connection(const core::ConnectionSpec& connection) {
    ObjectBuilder object;
    object.set("from", connection.from.node + "." + connection.from.port);
    object.set("to", connection.to.node + "." + connection.to.port);
    set_connection_rules(object, connection);
    return std::move(object).build();
}

}  // namespace

std::string canonical_json(const Value& value) {
    std::string out;
    append_canonical(out, value, JsonNumbers::ecmascript);
    return out;
}

std::string canonical_document(const core::Document& document) {
    ObjectBuilder object;
    object.set("millrace", 1);
    set_head(object, document, in_milliseconds);
    std::vector<Value> nodes;
    for (const core::NodeSpec& node : document.nodes)
        nodes.push_back(canonical_node(node));
    object.set("nodes", Value::array(std::move(nodes)));
    std::vector<Value> connections;
    for (const core::ConnectionSpec& connection : document.connections) {
        connections.push_back(canonical_connection(connection));
    }
    object.set("connections", Value::array(std::move(connections)));
    if (!document.outputs.is_null()) object.set("outputs", document.outputs);
    std::string out;
    append_canonical(out, std::move(object).build(), JsonNumbers::exact);
    return out;
}

std::string document_hash(const core::Document& document) {
    return sha256_hex(canonical_document(document));
}

}  // namespace millrace::format
