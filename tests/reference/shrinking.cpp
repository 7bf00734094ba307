// SPDX-License-Identifier: Apache-2.0
#include "shrinking.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace millrace::reference {
namespace {

using core::ConnectionSpec;
using core::Document;
using core::NodeSpec;

/// The node with all that lies in it, and what stands in for any of those.
std::set<std::string> family_of(const Document& document, const std::string& id) {
    std::set<std::string> family{id};
    bool has_grown = true;
    while (std::exchange(has_grown, false)) {
        for (const NodeSpec& node : document.nodes) {
            if (family.contains(node.parent)) has_grown |= family.insert(node.id).second;
            if (family.contains(node.id) && !node.on_error.fallback.empty())
                has_grown |= family.insert(node.on_error.fallback).second;
            if (family.contains(node.id) && !node.compensate.empty())
                has_grown |= family.insert(node.compensate).second;
        }
    }
    return family;
}

void remove(Document& document, const std::set<std::string>& family) {
    std::erase_if(document.nodes, [&](const NodeSpec& node) { return family.contains(node.id); });
    std::erase_if(document.connections, [&](const ConnectionSpec& connection) {
        return family.contains(connection.from.node) || family.contains(connection.to.node);
    });
    for (NodeSpec& node : document.nodes) {
        if (family.contains(node.on_error.fallback)) node.on_error = {};
        if (family.contains(node.compensate)) node.compensate.clear();
    }
}

/// Without the node; what it led to hangs on its first source instead.
Document bypassed(const Document& document, const std::string& id) {
    Document less = document;
    const std::set<std::string> family = family_of(document, id);
    const auto source =
        std::ranges::find_if(document.connections, [&](const ConnectionSpec& connection) {
            return connection.to.node == id && !family.contains(connection.from.node);
        });
    if (source != document.connections.end())
        for (ConnectionSpec& connection : less.connections)
            if (connection.from.node == id && !family.contains(connection.to.node))
                connection.from = source->from;
    remove(less, family);
    return less;
}

/// Without the node and all that needs it.
Document cut(const Document& document, const std::string& id) {
    Document less = document;
    std::set<std::string> family = family_of(document, id);
    bool has_grown = true;
    while (std::exchange(has_grown, false)) {
        for (const ConnectionSpec& connection : document.connections)
            if (family.contains(connection.from.node) && !family.contains(connection.to.node) &&
                connection.to.port != "result")
                for (const std::string& node : family_of(document, connection.to.node))
                    has_grown |= family.insert(node).second;
    }
    remove(less, family);
    return less;
}

class Shrinker {
public:
    Shrinker(Document document, const std::function<bool(const Document&)>& fails)
        : document_{std::move(document)}, fails_{fails} {}

    Document go() {
        while (std::exchange(has_shrunk_, false)) {
            for (std::size_t i = document_.nodes.size(); i-- > 0;) {
                if (i >= document_.nodes.size()) continue;
                const std::string id = document_.nodes[i].id;
                if (id == "start" || attempt(cut(document_, id))) continue;
                attempt(bypassed(document_, id));
            }
            for (std::size_t i = 0; i < document_.nodes.size(); ++i)
                simplify_node(i);
            for (std::size_t i = document_.connections.size(); i-- > 0;)
                simplify_connection(i);
            change([](Document& document) { document.outputs = {}; });
            change([](Document& document) { document.settings = {}; });
        }
        return document_;
    }

private:
    bool attempt(Document less) {
        if (less == document_ || !fails_(less)) return false;
        document_ = std::move(less);
        has_shrunk_ = true;
        return true;
    }
    template <class Change>
    void change(Change change) {
        Document less = document_;
        change(less);
        attempt(std::move(less));
    }

    void simplify_node(std::size_t i) {
        change([&](Document& less) { less.nodes[i].retry.reset(); });
        change([&](Document& less) { less.nodes[i].on_error = {}; });
        if (document_.nodes[i].type != "trigger.manual" && document_.nodes[i].type != "flow.loop" &&
            document_.nodes[i].type != "flow.try") {
            change([&](Document& less) {
                less.nodes[i].type = "test.pass";
                less.nodes[i].data = {};
            });
        }
        if (!document_.nodes[i].data.is_object()) return;
        for (const char* key : {"input", "note", "concurrency", "batch_size", "continue_on_error",
                                "aggregate", "max_iterations", "break", "mode"}) {
            change([&](Document& less) {
                std::vector<core::Member> kept;
                for (const core::Member& member : less.nodes[i].data.as_object())
                    if (member.key != key) kept.push_back(member);
                less.nodes[i].data = core::Value::object(std::move(kept));
            });
        }
    }

    void simplify_connection(std::size_t i) {
        change([&](Document& less) {
            less.connections.erase(less.connections.begin() + static_cast<std::ptrdiff_t>(i));
        });
        if (i >= document_.connections.size()) return;
        change([&](Document& less) { less.connections[i].filter.clear(); });
        change([&](Document& less) { less.connections[i].transform.clear(); });
        change([&](Document& less) { less.connections[i].on_error = {}; });
        change([&](Document& less) { less.connections[i].priority = 0; });
        change([&](Document& less) { less.connections[i].tag.clear(); });
    }

    Document document_;
    const std::function<bool(const Document&)>& fails_;
    bool has_shrunk_ = true;
};

}  // namespace

Document shrunk(Document document, const std::function<bool(const Document&)>& fails) {
    return Shrinker{std::move(document), fails}.go();
}

}  // namespace millrace::reference
