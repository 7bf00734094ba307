// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "program.hpp"

namespace millrace::expr {

/// Deepest tree of nodes; evaluation recurses along it.
inline constexpr std::uint16_t tree_depth_max = 1000;

/// Adds nodes to a program; those that read nothing from outside are evaluated at once.
class Builder {
public:
    explicit Builder(Program& program) : program_{program} {}

    /// The places given from now on count from `offset` before the beginning of `source`.
    void begin_source(std::string_view source, std::size_t offset);

    NodeIndex constant(const Cell& cell, std::size_t begin, std::size_t end);
    NodeIndex string(std::string_view text, std::size_t begin, std::size_t end);
    NodeIndex reference(Reference reference, std::size_t begin, std::size_t end);
    NodeIndex member(NodeIndex object, std::string_view name, bool optional, std::size_t end);
    /// `node.a`, `b` and `c` must be set as its operation says; its place is within the source.
    NodeIndex add(Node node);
    /// What is never constant, with at most a leaf below it.
    NodeIndex leaf(Node node) {
        node.depth = 2;
        return place(node);
    }
    NodeIndex add_list(Node node, std::span<const NodeIndex> list);
    NodeIndex method(Node node, std::string_view name, std::span<const NodeIndex> list);
    /// The node of a function whose parameters and body are done.
    NodeIndex function(Function code, Node node);

    /// Between them stands the code of one function; what is constant there is made once, yet
    /// counts as another object each time.
    void enter_function() { ++functions_; }
    void leave_function() { --functions_; }

    const Node& at(NodeIndex index) const { return program_.nodes[index]; }
    /// Places of a node, relative to the current source.
    std::size_t begin_of(NodeIndex index) const { return at(index).begin - base_; }
    /// The cell of a constant, else null.
    const Cell* constant_at(NodeIndex index) const {
        return is_constant(index) ? &program_.constants[at(index).a] : nullptr;
    }
    std::string_view method_at(NodeIndex index) const {
        return at(index).op == Op::method ? program_.methods[at(index).d].name : std::string_view{};
    }
    /// The node's text is that with the parentheses around it.
    void set_places(NodeIndex index, std::size_t begin, std::size_t end) {
        program_.nodes[index].begin = static_cast<std::uint32_t>(begin) + base_;
        program_.nodes[index].end = static_cast<std::uint32_t>(end) + base_;
    }
    bool too_deep() const { return too_deep_; }

private:
    NodeIndex index_of(Reference reference);
    NodeIndex place(Node node);
    NodeIndex fold(NodeIndex index, bool constant);
    bool is_constant(NodeIndex index) const {
        return at(index).op == Op::constant || at(index).op == Op::fresh;
    }
    Cell keep(const Cell& cell);

    Program& program_;
    std::uint32_t base_ = 0;
    std::size_t functions_ = 0;  // around the current place
    bool too_deep_ = false;
};

}  // namespace millrace::expr
