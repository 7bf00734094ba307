// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/schema_check.hpp"
#include "millrace/core/value.hpp"

namespace millrace::core {

enum class PortKind : std::uint8_t { value, stream };

/// A named input or output of a node type.
struct PortDescriptor {
    std::string name;
    PortKind kind = PortKind::value;
    bool required = true;  ///< inputs only
    bool many = false;     ///< inputs only: receives an array in connection-priority order
    /// Containers only: an output that feeds the body, or an input that the body feeds. It is
    /// never connected from outside of the container.
    bool inner = false;
    std::string description;
    Value schema;  ///< JSON Schema of what passes, or null for anything
};

/// What the engine does with a node of this type.
enum class NodeRole : std::uint8_t {
    trigger,    ///< an execution starts here; no inputs
    pure,       ///< computed inside the frame, a function of its inputs alone
    decision,   ///< pure, and its outputs are a choice: see ChoiceKind
    effect,     ///< dispatched after the commit; at least once
    delay,      ///< waits for a durable timer
    wait,       ///< waits for an answer from outside, at most until a durable timer
    container,  ///< the engine runs the nodes whose `parent` it is: see ContainerKind
};

/// What a container does with its body.
enum class ContainerKind : std::uint8_t {
    none,
    loop,     ///< once for each iteration
    attempt,  ///< once; a failure ends the body, not the execution
};

/// Which outputs of a decision are live together.
enum class ChoiceKind : std::uint8_t {
    one_output,         ///< exactly one
    default_or_others,  ///< any number of the others, or `default` when there are none
};

enum class NodeCategory : std::uint8_t { triggers, transforms, actions, conditions, integrations };
std::string_view to_text(NodeCategory category);
std::string_view to_text(NodeRole role);
std::string_view to_text(PortKind kind);
std::string_view to_text(ContainerKind kind);
std::string_view to_text(ChoiceKind kind);

/// How the strings in one field of a node's `data` are read. Fields that are not listed are
/// templates: their strings may hold `{{ … }}` at any depth.
enum class FieldMode : std::uint8_t {
    expression,  ///< one expression, bare or as one whole `{{ … }}`
    literal,     ///< never evaluated
    /// An expression that is compiled, but evaluated by the node itself or by the engine when it
    /// needs it, rather than before the node starts.
    deferred,
    /// Templates like fields that are not listed, which may also name secrets: what the field says
    /// goes to the outside. Effects only.
    confidential,
};
std::string_view to_text(FieldMode mode);

struct DataField {
    /// A top-level key of `data`, or a key of each element of a top-level array: `cases[].when`.
    std::string name;
    FieldMode mode = FieldMode::literal;
    /// Of a deferred field: the names that the node gives a value each time it evaluates it, of
    /// `item`, `index` and `acc`. There they hide those of a loop around the node.
    std::vector<std::string> locals;
};

struct NodeExample {
    std::string name;
    std::string description;
    Value data;
    Value input;
    Value expected;  ///< `{PORT: value}`, or null where an example only shows a configuration
};

/// One version of a node type as data: everything about it but its behaviour. Immutable once it
/// is registered.
struct NodeType {
    std::string type;  ///< such as `http.request`
    std::uint32_t version = 1;
    std::string semantic_version = "1.0.0";
    std::string name;
    std::string description;
    std::string icon;
    std::string author = "Millrace";
    NodeCategory category = NodeCategory::transforms;
    NodeRole role = NodeRole::pure;
    ContainerKind container = ContainerKind::none;  ///< another one exactly for containers
    ChoiceKind choice = ChoiceKind::one_output;     ///< decisions only
    bool enabled = true;
    /// Pure: computed within the frame whatever the size of its input, as what answers the caller
    /// must be.
    bool stays_inline = false;
    std::vector<PortDescriptor> inputs;
    std::vector<PortDescriptor> outputs;  ///< without `error`, which every non-trigger node has
    Value data_schema;
    std::shared_ptr<const SchemaCheck> data_check;  ///< compiled from data_schema
    Value default_data;
    std::vector<DataField> fields;
    std::vector<NodeExample> examples;
    /// Types of credentials that a node may name; empty: it takes none.
    std::vector<std::string> credentials;
    /// Effects: what `out` carries when the effects of an execution are mocked.
    Value mock_output;

    const PortDescriptor* input(std::string_view port) const;
    const PortDescriptor* output(std::string_view port) const;
};

}  // namespace millrace::core
