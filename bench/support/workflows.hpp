// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/engine/node.hpp"

// What the benchmarks that run workflows share: node types that cost nothing themselves, and
// documents made of them.
namespace millrace::bench {

/// Emits its input.
class PassOn final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return engine::Emit::out(call.input());
    }
};

/// Asks the function `echo` for its input.
class CallEcho final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return engine::EffectRequest{engine::FunctionCall{"echo", call.input()}};
    }
};

/// `trigger.manual`, `bench.pure` and `bench.effect`, and what a benchmark adds before it shares
/// it.
class Library : public engine::NodeLibrary {
public:
    Library() {
        add("trigger.manual", core::NodeRole::trigger, {}, std::make_shared<PassOn>());
        add("bench.pure", core::NodeRole::pure, {{.name = "in"}}, std::make_shared<PassOn>());
        add("bench.effect", core::NodeRole::effect, {{.name = "in"}}, std::make_shared<CallEcho>());
    }

    /// With one output `out`; the type may be changed until the library is used.
    core::NodeType& add(const std::string& name, core::NodeRole role,
                        std::vector<core::PortDescriptor> inputs,
                        std::shared_ptr<const engine::NodeBehaviour> behaviour) {
        auto made = std::make_shared<engine::NodeDefinition>();
        made->type.type = name;
        made->type.role = role;
        made->type.inputs = std::move(inputs);
        made->type.outputs.push_back({.name = "out"});
        made->behaviour = std::move(behaviour);
        core::NodeType& type = made->type;
        types_.emplace(name, std::move(made));
        return type;
    }

    std::shared_ptr<const engine::NodeDefinition> find(std::string_view type,
                                                       std::uint32_t) const override {
        const auto at = types_.find(type);
        return at == types_.end() ? nullptr : at->second;
    }
    std::vector<std::string> names() const override { return {}; }

private:
    std::map<std::string, std::shared_ptr<const engine::NodeDefinition>, std::less<>> types_;
};

inline void add_node(core::Document& document, std::string id, const std::string& type) {
    core::NodeSpec node;
    node.id = std::move(id);
    node.type = type;
    document.nodes.push_back(std::move(node));
}

inline void connect(core::Document& document, const std::string& from, const std::string& to) {
    core::ConnectionSpec connection;
    connection.from = {from, "out"};
    connection.to = {to, "in"};
    document.connections.push_back(std::move(connection));
}

/// `start`, and behind it `n0`, `n1`, … of these types, one after the other.
inline core::Document chain_of(const std::vector<std::string>& types) {
    core::Document document;
    document.id = "bench";
    document.name = "bench";
    add_node(document, "start", "trigger.manual");
    for (std::size_t i = 0; i < types.size(); ++i) {
        add_node(document, "n" + std::to_string(i), types[i]);
        connect(document, i == 0 ? "start" : "n" + std::to_string(i - 1), "n" + std::to_string(i));
    }
    return document;
}

}  // namespace millrace::bench
