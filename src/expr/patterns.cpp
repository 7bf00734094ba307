// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "builtins.hpp"
#include "evaluator.hpp"
#include "utf16.hpp"

// Spread, and how parameters are taken apart.
namespace millrace::expr {

Cell iterated(Evaluator& evaluator, const Cell& cell, const Node& node) {
    if (cell.is_array() || !cell.has_result()) return cell;
    if (!cell.is_string()) {
        return evaluator.fail_type(node, "only arrays and strings can be iterated over");
    }
    ArrayMaker maker{evaluator};
    for (std::string_view text = cell.text(); !text.empty();) {
        const std::size_t size = decode_first(text).size;
        if (!maker.push(Cell::of(text.substr(0, size)))) return Evaluator::failed();
        text.remove_prefix(size);
    }
    return maker.finish();
}

Cell Evaluator::iterate(const Node& node) {
    return iterated(*this, eval(node.a), node);
}

Cell Evaluator::item(const Node& node) {
    const Cell array = eval(node.a);
    if (!array.has_result()) return array;
    return node.b < array_size(array) ? array_element(array, node.b) : Cell{};
}

Cell Evaluator::tail(const Node& node) {
    const Cell array = eval(node.a);
    if (!array.has_result()) return array;
    const std::size_t size = array_size(array);
    ArrayMaker maker{*this, size - std::min<std::size_t>(size, node.b)};
    for (std::size_t i = node.b; i < size; ++i) {
        if (!maker.push(array_element(array, i))) return failed();
    }
    return maker.finish();
}

// What a pattern's `...rest` leaves: all properties but those that it names before.
Cell Evaluator::rest(const Node& node) {
    const Cell object = eval(node.a);
    if (!object.has_result()) return object;
    if (object.is_nullish()) return nullish_access(object, {}, node);
    const auto members = members_of(*this, object);
    if (!members || !charge_scan(members->size() * node.c)) return failed();
    ObjectMaker maker{*this, members->size()};
    for (const CellMember& member : *members) {
        bool taken = false;
        for (NodeIndex i = 0; i < node.c && !taken; ++i) {
            taken = program_.names[program_.lists[node.b + i]] == member.key;
        }
        if (!taken && !maker.set(member.key, member.cell)) return failed();
    }
    return maker.finish();
}

bool Evaluator::push_spread(ArrayMaker& maker, const Node& spread) {
    const Cell list = iterated(*this, eval(spread.a), spread);
    if (!list.has_result()) return false;
    const std::size_t size = array_size(list);
    for (std::size_t i = 0; i < size; ++i) {
        if (!maker.push(array_element(list, i))) return false;
    }
    return true;
}

bool Evaluator::copy_members(ObjectMaker& maker, NodeIndex source) {
    const Cell object = eval(source);
    if (!object.has_result()) return false;
    const auto members = members_of(*this, object);
    return members && std::ranges::all_of(*members, [&](const CellMember& member) {
               return maker.set(member.key, member.cell);
           });
}

}  // namespace millrace::expr
