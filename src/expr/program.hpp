// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "cell.hpp"
#include "millrace/expr/host.hpp"
#include "millrace/expr/reference.hpp"

namespace millrace::expr {

enum class Op : std::uint8_t {
    constant,     ///< a: index into constants
    reference,    ///< a: index into references
    member,       ///< a: node of the object, b: index into names
    element,      ///< a: node of the object, b: node of the key
    includes,     ///< a: node of the receiver; list: arguments
    chain,        ///< a: node of the last access; where a cut by `?.` becomes undefined
    negate,       ///< a
    plus,         ///< a
    logical_not,  ///< a
    add,          ///< a, b; so are all below
    subtract,
    multiply,
    divide,
    remainder,
    power,
    less,
    less_equal,
    greater,
    greater_equal,
    equal,
    not_equal,
    same,
    not_same,
    logical_and,
    logical_or,
    coalesce,
    conditional,  ///< a, b, c
    array,        ///< list: elements
    object,       ///< list: key node, value node, …
    text,         ///< list: parts of a template literal
};

using NodeIndex = std::uint32_t;

struct Node {
    Op op = Op::constant;
    bool optional = false;       ///< of an access: written with `?.`
    bool optional_call = false;  ///< of includes: called with `?.`
    std::uint16_t depth = 1;     ///< of the tree below and with this node
    NodeIndex a = 0;
    NodeIndex b = 0;          ///< with a list: its first place in Program::lists
    NodeIndex c = 0;          ///< with a list: its size
    std::uint32_t begin = 0;  ///< of the text, in Program::text
    std::uint32_t end = 0;
};

/// Compiled expressions as one arena of nodes. Immutable once it is built.
struct Program {
    const Host* host = nullptr;  ///< outlives the program
    std::string source;  ///< as it was given, when the program is that of one Expression
    std::string text;    ///< the expressions, one after the other
    std::vector<Node> nodes;
    std::vector<NodeIndex> lists;
    std::vector<Reference> references;
    std::vector<std::uint64_t> identities;  ///< of the references
    /// The references by their identities, while the program is being built.
    std::unordered_multimap<std::uint64_t, NodeIndex> by_identity;
    std::vector<Cell> constants;
    std::vector<NodeIndex> roots;  ///< one for each expression
    // Deques: constants point into them while they grow.
    std::deque<std::string> names;
    std::deque<std::string> strings;
    std::deque<Literal> literals;
};

}  // namespace millrace::expr
