// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "interpreter.hpp"
#include "millrace/core/document.hpp"
#include "millrace/core/value.hpp"

// The node types that the random documents use, told a second time in few words.
namespace millrace::reference {

enum class Kind { trigger, computed, effect, loop, attempt };

struct InputPort {
    std::string name;
    bool required = true;
    bool many = false;
};

struct TypeFacts {
    Kind kind = Kind::computed;
    std::vector<InputPort> inputs;
    std::vector<std::string> outputs;  ///< without those that feed a container's body
    std::vector<std::string> expression_fields;

    bool is_container() const { return kind == Kind::loop || kind == Kind::attempt; }
    /// Where a default and a fallback's output leave.
    const std::string& primary_output() const { return outputs.front(); }
};

/// A switch has a port for each of its cases, so that the node's `data` counts.
TypeFacts facts_of(const core::NodeSpec& node);

/// True for the ports that join a container with what lies in it.
bool is_inner_output(const core::NodeSpec& node, const std::string& port);
bool is_inner_input(const core::NodeSpec& node, const std::string& port);

struct Call {
    const core::NodeSpec& node;
    core::Value data;  ///< evaluated once the node runs
    std::map<std::string, core::Value> inputs;
    std::vector<std::string> labels;  ///< of what arrived at the port that takes many
    /// Evaluates a condition that the node looks at itself.
    std::function<std::expected<bool, core::Failure>(const std::string&)> ask;

    core::Value input() const;
    /// A member of `data`, or null.
    core::Value field(const std::string& name) const;
};

/// What a computed node puts out.
std::variant<Outputs, core::Failure> compute(const Call& call);

}  // namespace millrace::reference
