// SPDX-License-Identifier: Apache-2.0
#include "builder.hpp"

#include <algorithm>

#include "evaluator.hpp"

namespace millrace::expr {

namespace {

// What costs more is left for each evaluation; a fixed number, so that a program is a function of
// its source.
constexpr std::uint64_t fold_fuel = 4096;

constexpr std::uint64_t constant_mark = std::uint64_t{3} << 62;

std::uint64_t identity_of(const Reference& reference) {
    std::uint64_t identity = child_identity(0, static_cast<std::size_t>(reference.root));
    if (!reference.first.empty()) identity = child_identity(identity, reference.first);
    if (!reference.second.empty()) identity = child_identity(identity, reference.second);
    return identity;
}

}  // namespace

void Builder::begin_source(std::string_view source, std::size_t offset) {
    // May wrap around; adding a place within the source wraps back.
    base_ = static_cast<std::uint32_t>(program_.text.size() - offset);
    program_.text.append(source);
}

NodeIndex Builder::place(Node node) {
    node.begin += base_;
    node.end += base_;
    if (node.depth > tree_depth_max) {
        too_deep_ = true;
        node.depth = tree_depth_max;
    }
    program_.nodes.push_back(node);
    return static_cast<NodeIndex>(program_.nodes.size() - 1);
}

NodeIndex Builder::constant(const Cell& cell, std::size_t begin, std::size_t end) {
    program_.constants.push_back(keep(cell));
    return place({.op = Op::constant,
                  .a = static_cast<NodeIndex>(program_.constants.size() - 1),
                  .begin = static_cast<std::uint32_t>(begin),
                  .end = static_cast<std::uint32_t>(end)});
}

NodeIndex Builder::string(std::string_view text, std::size_t begin, std::size_t end) {
    return constant(Cell::of(text), begin, end);
}

NodeIndex Builder::index_of(Reference reference) {
    auto& all = program_.references;
    const std::uint64_t identity = identity_of(reference);
    const auto [first, last] = program_.by_identity.equal_range(identity);
    for (auto known = first; known != last; ++known) {
        if (all[known->second] == reference) return known->second;
    }
    const auto index = static_cast<NodeIndex>(all.size());
    program_.by_identity.emplace(identity, index);
    program_.identities.push_back(identity);
    all.push_back(std::move(reference));
    return index;
}

NodeIndex Builder::reference(Reference reference, std::size_t begin, std::size_t end) {
    const NodeIndex index = index_of(std::move(reference));
    return place({.op = Op::reference,
                  .a = index,
                  .begin = static_cast<std::uint32_t>(begin),
                  .end = static_cast<std::uint32_t>(end)});
}

NodeIndex Builder::member(NodeIndex object, std::string_view name, bool optional, std::size_t end) {
    program_.names.emplace_back(name);
    return add({.op = Op::member,
                .optional = optional,
                .a = object,
                .b = static_cast<NodeIndex>(program_.names.size() - 1),
                .begin = static_cast<std::uint32_t>(begin_of(object)),
                .end = static_cast<std::uint32_t>(end)});
}

NodeIndex Builder::add(Node node) {
    std::uint16_t deepest = 0;
    bool constant = true;
    const auto child = [&](NodeIndex index) {
        deepest = std::max(deepest, at(index).depth);
        constant = constant && is_constant(index);
    };
    child(node.a);
    const bool binary =
        node.op == Op::element || (node.op >= Op::add && node.op <= Op::conditional);
    if (binary) child(node.b);
    if (node.op == Op::conditional) child(node.c);
    node.depth = static_cast<std::uint16_t>(deepest + 1);
    return fold(place(node), constant);
}

NodeIndex Builder::add_list(Node node, std::span<const NodeIndex> list) {
    std::uint16_t deepest = 0;
    bool constant = true;
    for (const NodeIndex index : list) {
        deepest = std::max(deepest, at(index).depth);
        constant = constant && is_constant(index);
    }
    if (node.op == Op::includes) {
        deepest = std::max(deepest, at(node.a).depth);
        constant = constant && is_constant(node.a);
    }
    node.depth = static_cast<std::uint16_t>(deepest + 1);
    node.b = static_cast<NodeIndex>(program_.lists.size());
    node.c = static_cast<NodeIndex>(list.size());
    program_.lists.insert(program_.lists.end(), list.begin(), list.end());
    return fold(place(node), constant);
}

NodeIndex Builder::fold(NodeIndex index, bool constant) {
    if (!constant || too_deep_) return index;
    Fuel fuel{fold_fuel};
    Evaluator evaluator{program_, {}, fuel};
    const Cell cell = evaluator.run(index);
    // What fails must fail at each evaluation, and only there: `false && null.x` is fine.
    if (!cell.has_result()) return index;
    program_.constants.push_back(keep(cell));
    Node& node = program_.nodes[index];
    node.op = Op::constant;
    node.depth = 1;
    node.a = static_cast<NodeIndex>(program_.constants.size() - 1);
    return index;
}

// Copies what the cell points to from the evaluation's scratch into the program.
Cell Builder::keep(const Cell& cell) {
    if (cell.is_string()) {
        return Cell::of(std::string_view{program_.strings.emplace_back(cell.text())});
    }
    if (!cell.is_container() || cell.identity >= constant_mark) return cell;
    Literal kept = *cell.literal;  // without references there are no other containers
    for (Cell& child : kept.cells) {
        child = keep(child);
    }
    for (std::string_view& key : kept.keys) {
        key = program_.strings.emplace_back(key);
    }
    kept.identity = constant_mark | program_.literals.size();
    Literal& literal = program_.literals.emplace_back(std::move(kept));
    Fuel fuel{std::uint64_t{1} << 32};  // the source's size bounds the work
    Evaluator evaluator{program_, {}, fuel};
    if (auto value = evaluator.to_value(Cell::of(&literal))) {
        literal.value = *std::move(value);
        literal.has_value = true;
    }
    return Cell::of(&literal);
}

}  // namespace millrace::expr
