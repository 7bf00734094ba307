// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/document_diff.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string_view>

#include "millrace/core/problem.hpp"
#include "millrace/format/document_value.hpp"

namespace millrace::server {
namespace {

using Kind = DocumentChange::Kind;
using Changes = std::vector<DocumentChange>;

constexpr std::array<std::string_view, 3> cosmetic{"position", "notes", "editor"};

bool is_cosmetic(std::string_view key) {
    return key.starts_with("x-") || std::ranges::find(cosmetic, key) != cosmetic.end();
}

core::Value without(const core::Value& object, std::span<const std::string_view> keys) {
    core::ObjectBuilder rest;
    if (object.is_object()) {
        for (const core::Member& member : object.as_object()) {
            if (is_cosmetic(member.key) || std::ranges::find(keys, member.key) != keys.end())
                continue;
            rest.set(member.key, member.value);
        }
    }
    return std::move(rest).build();
}

/// Where two values differ, as deep as both are objects, or arrays of one length.
void compare(const core::Value* before, const core::Value* after, const std::string& path,
             Changes& changes) {
    if (before == nullptr && after == nullptr) return;
    if (before == nullptr) return changes.push_back({Kind::added, path, {}, *after});
    if (after == nullptr) return changes.push_back({Kind::removed, path, *before, {}});
    if (*before == *after) return;
    if (before->is_object() && after->is_object()) {
        for (const core::Member& member : after->as_object())
            compare(before->find(member.key), &member.value, core::pointer_child(path, member.key),
                    changes);
        for (const core::Member& member : before->as_object())
            if (after->find(member.key) == nullptr)
                compare(&member.value, nullptr, core::pointer_child(path, member.key), changes);
        return;
    }
    if (before->is_array() && after->is_array() && before->size() == after->size()) {
        for (std::size_t i = 0; i < before->size(); ++i)
            compare(&before->as_array()[i], &after->as_array()[i], core::pointer_child(path, i),
                    changes);
        return;
    }
    changes.push_back({Kind::changed, path, *before, *after});
}

/// Things with names, in order.
using Named = std::vector<std::pair<std::string, core::Value>>;

Named nodes_of(const core::Value& document) {
    Named nodes;
    const core::Value* const list = document.find("nodes");
    if (list == nullptr || !list->is_array()) return nodes;
    constexpr std::array<std::string_view, 1> id{"id"};
    for (const core::Value& node : list->as_array())
        nodes.emplace_back(std::string{node.find("id")->as_string()}, without(node, id));
    return nodes;
}

/// Connections by their ends; further ones between the same ends get a number.
Named connections_of(const core::Document& document, const core::Value& value) {
    Named connections;
    std::map<std::string, std::size_t> seen;
    const core::Value* const list = value.find("connections");
    constexpr std::array<std::string_view, 2> ends{"from", "to"};
    for (std::size_t i = 0; i < document.connections.size(); ++i) {
        const core::ConnectionSpec& spec = document.connections[i];
        std::string name =
            spec.from.node + "." + spec.from.port + " -> " + spec.to.node + "." + spec.to.port;
        const std::size_t number = ++seen[name];
        if (number > 1) name += " #" + std::to_string(number);
        const bool has_details = list != nullptr && i < list->size();
        connections.emplace_back(std::move(name),
                                 without(has_details ? list->as_array()[i] : core::Value{}, ends));
    }
    return connections;
}

void compare_named(const Named& before, const Named& after, const std::string& path,
                   Changes& changes) {
    std::map<std::string_view, const core::Value*> old;
    for (const auto& [name, value] : before)
        old.emplace(name, &value);
    for (const auto& [name, value] : after) {
        const auto found = old.find(name);
        compare(found == old.end() ? nullptr : found->second, &value,
                core::pointer_child(path, name), changes);
        if (found != old.end()) old.erase(found);
    }
    for (const auto& [name, value] : before)
        if (old.contains(name)) compare(&value, nullptr, core::pointer_child(path, name), changes);
}

}  // namespace

std::vector<DocumentChange> document_changes(const core::Document& before,
                                             const core::Document& after) {
    constexpr std::array<std::string_view, 3> apart{"millrace", "nodes", "connections"};
    const core::Value old = format::to_value(before);
    const core::Value now = format::to_value(after);
    Changes changes;
    const core::Value old_rest = without(old, apart);
    const core::Value new_rest = without(now, apart);
    compare(&old_rest, &new_rest, "", changes);
    compare_named(nodes_of(old), nodes_of(now), "/nodes", changes);
    compare_named(connections_of(before, old), connections_of(after, now), "/connections", changes);
    return changes;
}

std::vector<DocumentChange> value_changes(const core::Value& before, const core::Value& after) {
    Changes changes;
    compare(&before, &after, "", changes);
    return changes;
}

core::Value changes_value(const std::vector<DocumentChange>& changes) {
    std::vector<core::Value> list;
    for (const DocumentChange& change : changes) {
        core::ObjectBuilder object;
        object.set("change", change.kind == Kind::added     ? "added"
                             : change.kind == Kind::removed ? "removed"
                                                            : "changed");
        object.set("path", change.path);
        if (change.kind != Kind::added) object.set("before", change.before);
        if (change.kind != Kind::removed) object.set("after", change.after);
        list.push_back(std::move(object).build());
    }
    return core::Value::array(std::move(list));
}

}  // namespace millrace::server
