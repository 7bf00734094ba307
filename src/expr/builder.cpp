// SPDX-License-Identifier: Apache-2.0
#include "builder.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "builtins.hpp"
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

bool is_kept(const Cell& cell) {
    return cell.identity >= constant_mark;
}

// Is anything in the container compared by identity?
bool contains_identity(const Cell& container) {
    const bool made =
        container.kind == Cell::Kind::literal_array || container.kind == Cell::Kind::literal_object;
    // What stands in a Value gets its identity from the container's.
    return made && std::ranges::any_of(container.literal->cells, &Cell::has_identity);
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
    program_.names.push_back(program_.scratch.copy(name));
    return add({.op = Op::member,
                .optional = optional,
                .a = object,
                .b = static_cast<NodeIndex>(program_.names.size() - 1),
                .begin = static_cast<std::uint32_t>(begin_of(object)),
                .end = static_cast<std::uint32_t>(end)});
}

NodeIndex Builder::add(Node node) {
    std::uint16_t deepest = 0;
    bool constant = node.op != Op::spread;
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
    const auto child = [&](NodeIndex index) {
        deepest = std::max(deepest, at(index).depth);
        constant = constant && is_constant(index);
        node.spreads = node.spreads || at(index).op == Op::spread;
    };
    for (const NodeIndex index : list) {
        if (index != no_node) child(index);
    }
    if (node.op == Op::method || node.op == Op::call || node.op == Op::rest) child(node.a);
    node.depth = static_cast<std::uint16_t>(deepest + 1);
    node.b = static_cast<NodeIndex>(program_.lists.size());
    node.c = static_cast<NodeIndex>(list.size());
    program_.lists.insert(program_.lists.end(), list.begin(), list.end());
    return fold(place(node), constant);
}

NodeIndex Builder::method(Node node, std::string_view name, std::span<const NodeIndex> list) {
    const auto known = std::ranges::find(program_.methods, name, &Method::name);
    node.d = static_cast<NodeIndex>(known - program_.methods.begin());
    if (known == program_.methods.end()) {
        Method& method = program_.methods.emplace_back();
        method.name = program_.scratch.copy(name);
        for (std::size_t kind = 0; kind < kind_count; ++kind) {
            const std::string_view owner = owner_of(static_cast<Cell::Kind>(kind));
            method.by_kind[kind] = owner.empty() ? nullptr : find_builtin(owner, name);
        }
    }
    return add_list(node, list);
}

NodeIndex Builder::function(Function code, Node node) {
    code.depth = at(code.body).depth;
    for (const Function::Binding& binding : code.bindings) {
        code.depth = std::max(code.depth, at(binding.node).depth);
    }
    Function& kept = program_.functions.emplace_back(std::move(code));
    kept.plain.code = &kept;
    node.op = Op::function;
    node.a = static_cast<NodeIndex>(program_.functions.size() - 1);
    return place(node);
}

NodeIndex Builder::fold(NodeIndex index, bool constant) {
    if (!constant || too_deep_) return index;
    Fuel fuel{fold_fuel};
    Evaluator evaluator{program_, {}, fuel};
    const Cell cell = evaluator.run(index);
    // What fails must fail at each evaluation, and only there: `false && null.x` is fine.
    if (!cell.has_result()) return index;
    // In a function a container is another one in each call, and so is what it contains.
    const bool fresh = functions_ > 0 && cell.is_container();
    if (fresh && contains_identity(cell)) return index;
    program_.constants.push_back(keep(cell));
    Node& node = program_.nodes[index];
    node.op = fresh ? Op::fresh : Op::constant;
    node.depth = 1;
    node.a = static_cast<NodeIndex>(program_.constants.size() - 1);
    return index;
}

// Copies what the cell points to from the evaluation's scratch into the program.
Cell Builder::keep(const Cell& cell) {
    if (cell.is_string()) return Cell::of(program_.scratch.copy(cell.text()));
    if (!cell.is_container() || is_kept(cell)) return cell;
    const std::uint64_t identity = constant_mark | program_.constant_count++;
    if (cell.kind != Cell::Kind::literal_array && cell.kind != Cell::Kind::literal_object) {
        Cell kept = cell;
        kept.value = &program_.values.emplace_back(*cell.value);
        kept.identity = identity;
        return kept;
    }
    const Literal& from = *cell.literal;
    Cell* cells = program_.scratch.take<Cell>(from.cells.size());
    std::ranges::transform(from.cells, cells, [&](const Cell& child) { return keep(child); });
    auto* literal = new (program_.scratch.take<Literal>(1)) Literal{from};
    literal->cells = {cells, from.cells.size()};
    auto* keys = program_.scratch.take<std::string_view>(from.keys.size());
    std::ranges::transform(from.keys, keys,
                           [&](std::string_view key) { return program_.scratch.copy(key); });
    literal->keys = {keys, from.keys.size()};
    if (from.index != nullptr) {
        auto* index = program_.scratch.take<std::uint32_t>(from.index_mask + std::size_t{1});
        std::copy_n(from.index, from.index_mask + std::size_t{1}, index);
        literal->index = index;
    }
    Fuel fuel{std::uint64_t{1} << 32};  // the source's size bounds the work
    Evaluator evaluator{program_, {}, fuel};
    if (auto value = evaluator.to_value(Cell::of(literal, identity))) {
        literal->value = &program_.values.emplace_back(*std::move(value));
    }
    return Cell::of(literal, identity);
}

}  // namespace millrace::expr
