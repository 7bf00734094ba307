// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "builtins.hpp"

namespace millrace::expr {

namespace {

Cell failed() {
    return Evaluator::failed();
}

using Members = std::optional<std::span<const CellMember>>;

/// The properties of the first argument, which Object's functions refuse to find in null.
Members members(Call& call) {
    const Cell object = call.argument(0);
    if (object.is_nullish()) {
        call.fail_type("null and undefined have no properties");
        return std::nullopt;
    }
    if (object.is_function()) {
        call.fail_not_native("a function as an object");
        return std::nullopt;
    }
    return members_of(call.evaluator, object);
}

Cell pair_of(Evaluator& evaluator, const CellMember& member) {
    ArrayMaker pair{evaluator, 2};
    if (!pair.push(Cell::of(member.key)) || !pair.push(member.cell)) return failed();
    return pair.finish();
}

/// An array of what `part` gives for each property.
template <class Part>
Cell listed(Call& call, Part part) {
    const Members all = members(call);
    if (!all) return failed();
    ArrayMaker maker{call.evaluator, all->size()};
    for (const CellMember& member : *all) {
        const Cell cell = part(member);
        if (!cell.has_result() || !maker.push(cell)) return failed();
    }
    return maker.finish();
}

Cell keys(Call& call) {
    return listed(call, [](const CellMember& member) { return Cell::of(member.key); });
}

Cell values(Call& call) {
    return listed(call, [](const CellMember& member) { return member.cell; });
}

Cell entries(Call& call) {
    return listed(call, [&](const CellMember& member) { return pair_of(call.evaluator, member); });
}

Cell from_entries(Call& call) {
    Evaluator& evaluator = call.evaluator;
    const Cell list = iterated(evaluator, call.argument(0), call.node);
    if (!list.has_result()) return list;
    const std::size_t size = array_size(list);
    ObjectMaker maker{evaluator, size};
    for (std::size_t i = 0; i < size; ++i) {
        const Cell entry = array_element(list, i);
        if (!entry.is_container()) return call.fail_type("an entry is no pair [key, value]");
        const Cell key =
            evaluator.to_text(evaluator.own_property(entry, "0").value_or(Cell{}), call.node);
        if (!key.has_result()) return key;
        const Cell value = evaluator.own_property(entry, "1").value_or(Cell{});
        if (!value.has_result() || !maker.set(key.text(), value)) return failed();
    }
    return maker.finish();
}

// The parser lets only an object through that nothing else can see.
Cell assign(Call& call) {
    Evaluator& evaluator = call.evaluator;
    ObjectMaker maker{evaluator};
    for (const Cell& source : call.arguments) {
        if (source.is_function()) return call.fail_not_native("a function as an object");
        const Members all = members_of(evaluator, source);
        if (!all) return failed();
        for (const CellMember& member : *all) {
            if (member.key == "__proto__") return call.fail_not_native("setting `__proto__`");
            if (!maker.set(member.key, member.cell)) return failed();
        }
    }
    return maker.finish();
}

Cell has_own(Call& call, const Cell& object, const Cell& wanted) {
    if (object.is_nullish()) return call.fail_type("null and undefined have no properties");
    if (object.is_function()) return call.fail_not_native("a property of a function");
    const Cell key = call.evaluator.to_text(wanted, call.node);
    if (!key.has_result()) return key;
    // The length of bytes is their prototype's.
    if (object.kind == Cell::Kind::bytes && key.text() == "length") return Cell::of(false);
    const std::optional<Cell> own = call.evaluator.own_property(object, key.text());
    if (own && !own->has_result()) return *own;
    return Cell::of(own.has_value());
}

Cell has_own_of(Call& call) {
    return has_own(call, call.argument(0), call.argument(1));
}

Cell has_own_property(Call& call) {
    return has_own(call, call.receiver, call.argument(0));
}

Cell is(Call& call) {
    const Cell left = call.argument(0);
    const Cell right = call.argument(1);
    if (left.kind == Cell::Kind::number && right.kind == Cell::Kind::number) {
        if (left.number == 0 && std::signbit(left.number) != std::signbit(right.number)) {
            return Cell::of(false);
        }
    }
    const bool texts = left.is_string() && right.is_string();
    if (texts && !call.evaluator.charge_scan(std::min(left.size, right.size))) return failed();
    return Cell::of(call.evaluator.same_value_zero(left, right));
}

Cell to_string(Call& call) {
    return call.evaluator.to_text(call.receiver, call.node);
}

constexpr auto table = std::to_array<Builtin>({
    {"array", "hasOwnProperty", has_own_property, "key"},
    {"bytes", "hasOwnProperty", has_own_property, "key"},
    {"object", "hasOwnProperty", has_own_property, "key"},
    {"object", "toString", to_string, ""},
    {"string", "hasOwnProperty", has_own_property, "key"},
    {"Object", "assign", assign, "target, ...sources"},
    {"Object", "entries", entries, "object"},
    {"Object", "fromEntries", from_entries, "entries"},
    {"Object", "hasOwn", has_own_of, "object, key"},
    {"Object", "is", is, "left, right"},
    {"Object", "keys", keys, "object"},
    {"Object", "values", values, "object"},
});

}  // namespace

std::span<const Builtin> object_builtins() {
    return table;
}

}  // namespace millrace::expr
