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
    NodeIndex add_list(Node node, std::span<const NodeIndex> list);

    const Node& at(NodeIndex index) const { return program_.nodes[index]; }
    /// Places of a node, relative to the current source.
    std::size_t begin_of(NodeIndex index) const { return at(index).begin - base_; }
    bool too_deep() const { return too_deep_; }

private:
    NodeIndex index_of(Reference reference);
    NodeIndex place(Node node);
    NodeIndex fold(NodeIndex index, bool constant);
    bool is_constant(NodeIndex index) const { return at(index).op == Op::constant; }
    Cell keep(const Cell& cell);

    Program& program_;
    std::uint32_t base_ = 0;
    bool too_deep_ = false;
};

}  // namespace millrace::expr
