// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "cell.hpp"
#include "millrace/expr/host.hpp"
#include "millrace/expr/reference.hpp"
#include "scratch.hpp"

namespace millrace::expr {

enum class Op : std::uint8_t {
    constant,     ///< a: index into constants
    fresh,        ///< a: index into constants; a container that is another one each time
    reference,    ///< a: index into references
    local,        ///< a: slot of the function's frame
    captured,     ///< a: place among what the function took along
    function,     ///< a: index into functions
    member,       ///< a: node of the object, b: index into names
    element,      ///< a: node of the object, b: node of the key
    method,       ///< a: node of the receiver, d: index into methods; list: arguments
    call,         ///< a: node of the function; list: arguments
    builtin,      ///< d: place in the table of builtins; list: arguments
    chain,        ///< a: node of the last access; where a cut by `?.` becomes undefined
    negate,       ///< a
    plus,         ///< a
    logical_not,  ///< a
    bit_not,      ///< a
    type_of,      ///< a
    discard,      ///< a: `void`
    spread,       ///< a: `...` in a list; evaluated by what has the list
    iterate,      ///< a: the list that a pattern takes apart
    item,         ///< a: node of an array, b: index; undefined beyond its end
    tail,         ///< a: node of an array, b: index of the first
    rest,         ///< a: node of an object; list: names that are left out
    add,          ///< a, b; so are all below
    subtract,
    multiply,
    divide,
    remainder,
    power,
    bit_and,
    bit_or,
    bit_xor,
    shift_left,
    shift_right,
    shift_right_unsigned,
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
    default_to,   ///< b where a is undefined
    in,           ///< a: name, b: object
    conditional,  ///< a, b, c
    array,        ///< list: elements
    object,       ///< list: key node, value node, …; no_node, node for a spread
    text,         ///< list: parts of a template literal
};

using NodeIndex = std::uint32_t;
inline constexpr NodeIndex no_node = 0xFFFFFFFF;

struct Node {
    Op op = Op::constant;
    bool optional = false;       ///< of an access: written with `?.`
    bool optional_call = false;  ///< of a call: with `?.`
    bool spreads = false;        ///< the list has a spread
    std::uint16_t depth = 1;     ///< of the tree below and with this node
    NodeIndex a = 0;
    NodeIndex b = 0;  ///< with a list: its first place in Program::lists
    NodeIndex c = 0;  ///< with a list: its size
    NodeIndex d = 0;
    std::uint32_t begin = 0;  ///< of the text, in Program::text
    std::uint32_t end = 0;
};

inline constexpr std::size_t kind_count = static_cast<std::size_t>(Cell::Kind::cut) + 1;

/// A method by its name: what it is for each kind of receiver, or null.
struct Method {
    std::string_view name;
    std::array<const Builtin*, kind_count> by_kind{};
};

/// An arrow function. Its frame holds the arguments, then the names that patterns bind. Names are
/// slots of the frame, or, from functions around it, places of what the closure took along:
/// nothing is looked up by name during evaluation, and since nothing can be assigned to, a copy is
/// as good as the variable.
struct Function {
    struct Binding {
        std::uint32_t slot = 0;
        NodeIndex node = 0;
    };
    struct Capture {
        bool local = false;  ///< a slot of the frame around it, or else a place of that's captures
        std::uint32_t index = 0;
    };

    NodeIndex body = 0;
    std::uint32_t parameters = 0;  ///< without a rest parameter, whose slot follows them
    bool rest = false;
    std::uint32_t slots = 0;
    std::uint16_t depth = 1;        ///< of the deepest tree in it
    std::vector<Binding> bindings;  ///< defaults and patterns, in order
    std::vector<Capture> captures;
    Closure plain;  ///< when it captures nothing
};

/// Compiled expressions as one arena of nodes. Immutable once it is built.
struct Program {
    const Host* host = nullptr;  ///< outlives the program
    std::string source;          ///< as it was given, when the program is that of one Expression
    std::string text;            ///< the expressions, one after the other
    std::vector<Node> nodes;
    std::vector<NodeIndex> lists;
    std::vector<Reference> references;
    std::vector<std::uint64_t> identities;  ///< of the references
    /// The references by their identities, while the program is being built.
    std::unordered_multimap<std::uint64_t, NodeIndex> by_identity;
    std::vector<Cell> constants;
    std::vector<NodeIndex> roots;  ///< one for each expression
    std::vector<Method> methods;
    std::vector<std::string_view> names;
    // Deques: cells point into them while they grow.
    std::deque<Function> functions;
    std::deque<core::Value> values;
    Scratch scratch;                   ///< of names and constants
    std::uint64_t constant_count = 0;  ///< of containers
};

}  // namespace millrace::expr
