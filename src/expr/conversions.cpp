// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "evaluator.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"
#include "numeric_text.hpp"
#include "utf16.hpp"

// ECMAScript's abstract operations of section 7.1.
namespace millrace::expr {

namespace {

using Kind = Cell::Kind;

/// By how many bytes append_wtf8 would lengthen `out`: less than the tail where surrogates meet.
std::size_t growth(std::string_view out, std::string_view tail) {
    constexpr std::size_t surrogate_size = 3;
    if (tail.size() < surrogate_size || tail.front() != '\xED') return tail.size();
    const std::size_t kept = std::min(out.size(), surrogate_size);
    std::string joint{out.substr(out.size() - kept)};
    append_wtf8(joint, tail.substr(0, surrogate_size));
    return joint.size() - kept + tail.size() - surrogate_size;
}

/// Would the value's JSON text be longer than `limit`? Looks at `limit` values at most. Escapes
/// are not counted, so the text may still be some six times as long.
bool is_json_longer(const core::Value& value, std::uint64_t limit) {
    // Data that weighs no more cannot be much longer as text.
    if (value.weight() <= limit) return false;
    std::uint64_t length = 0;
    std::vector<const core::Value*> rest{&value};  // a stack: values may be deep
    while (!rest.empty()) {
        const core::Value& next = *rest.back();
        rest.pop_back();
        // A leaf has one character at least, a container a bracket and a comma for each child.
        length += 1 + next.size();
        if (length > limit) return true;
        if (next.is_array()) {
            for (const core::Value& element : next.as_array())
                rest.push_back(&element);
        } else if (next.is_object()) {
            for (const core::Member& member : next.as_object()) {
                length += member.key.size();
                rest.push_back(&member.value);
            }
        }
    }
    return length > limit;
}

}  // namespace

Cell Evaluator::to_primitive(const Cell& cell, const Node& node) {
    switch (cell.kind) {
        case Kind::undefined:
        case Kind::null:
        case Kind::boolean:
        case Kind::number:
        case Kind::bigint:
        case Kind::string:
        case Kind::failed:
        case Kind::cut: return cell;
        case Kind::bytes:
        case Kind::array:
        case Kind::object:
        case Kind::literal_array:
        case Kind::literal_object:
        case Kind::function:
        case Kind::builtin: break;
    }
    std::string text;
    if (!append_text(text, cell, node, 0)) return failed();
    return Cell::of(keep_text(text));
}

Cell Evaluator::to_numeric(const Cell& cell, const Node& node) {
    const Cell primitive = to_primitive(cell, node);
    switch (primitive.kind) {
        case Kind::number:
        case Kind::bigint:
        case Kind::failed: return primitive;
        case Kind::null: return Cell::of(0.0);
        case Kind::boolean: return Cell::of(primitive.boolean ? 1.0 : 0.0);
        case Kind::string:
            if (!charge_scan(primitive.size)) return failed();
            return Cell::of(string_to_number(primitive.text()));
        case Kind::undefined:
        case Kind::bytes:
        case Kind::array:
        case Kind::object:
        case Kind::literal_array:
        case Kind::literal_object:
        case Kind::function:
        case Kind::builtin:
        case Kind::cut: break;
    }
    return Cell::of(std::numeric_limits<double>::quiet_NaN());
}

Cell Evaluator::to_number(const Cell& cell, const Node& node) {
    const Cell numeric = to_numeric(cell, node);
    if (numeric.kind != Kind::bigint) return numeric;
    return fail_type(node, "a BigInt does not become a number here; write Number(…)");
}

Cell Evaluator::to_text(const Cell& cell, const Node& node) {
    if (cell.is_string() || !cell.has_result()) return cell;
    std::string text;
    if (!append_text(text, cell, node, 0)) return failed();
    return Cell::of(keep_text(text));
}

// Of two primitives.
Cell Evaluator::concatenate(const Cell& left, const Cell& right, const Node& node) {
    const Cell a = to_text(left, node);
    if (!a.has_result()) return a;
    const Cell b = to_text(right, node);
    if (!b.has_result()) return b;
    if (!charge(a.size + b.size)) return failed();
    if (b.size != 0 && b.text().front() == '\xED') {  // maybe surrogates that meet
        std::string text{a.text()};
        append_wtf8(text, b.text());
        return Cell::of(keep_text(text));
    }
    char* to = scratch_.take<char>(a.size + b.size);
    std::ranges::copy(b.text(), std::ranges::copy(a.text(), to).out);
    return Cell::of(std::string_view{to, a.size + b.size});
}

/// The text is paid for before it is produced, so that the fuel bounds the memory too.
bool Evaluator::append_charged(std::string& out, std::string_view piece) {
    if (!charge(growth(out, piece))) return false;
    append_wtf8(out, piece);
    return true;
}

// Does an object become text as all do? One with a function `toString` or `valueOf` is asked for it
// by JavaScript; one with another property `toString` has lost the inherited one.
bool Evaluator::check_text_of(const Cell& object, const Node& node) {
    const std::optional<Cell> to_string = own_property(object, "toString");
    const std::optional<Cell> value_of = own_property(object, "valueOf");
    if ((to_string && to_string->is_function()) || (value_of && value_of->is_function())) {
        fail_not_native(node, "the conversion of an object by its own function");
    } else if (to_string) {
        fail_type(node, "an object with a property `toString` does not become text");
    }
    return !failure_;
}

/// ToString.
bool Evaluator::append_text(std::string& out, const Cell& cell, const Node& node,
                            std::size_t depth) {
    switch (cell.kind) {
        case Kind::undefined: return append_charged(out, "undefined");
        case Kind::null: return append_charged(out, "null");
        case Kind::boolean: return append_charged(out, cell.boolean ? "true" : "false");
        case Kind::number: return append_charged(out, core::number_text(cell.number));
        case Kind::bigint: return append_charged(out, core::number_text(cell.integer));
        case Kind::string: return append_charged(out, cell.text());
        case Kind::bytes:
        case Kind::array:
        case Kind::literal_array: return append_joined(out, cell, node, depth);
        case Kind::object:
        case Kind::literal_object:
            if (!check_text_of(cell, node)) return false;
            return append_charged(out, "[object Object]");
        case Kind::function:
        case Kind::builtin: fail_not_native(node, "the text of a function"); return false;
        case Kind::failed:
        case Kind::cut: return false;
    }
    return false;
}

bool Evaluator::append_joined(std::string& out, const Cell& cell, const Node& node,
                              std::size_t depth) {
    if (depth >= data_depth_max) {
        fail_depth(node, "the array is nested too deeply to become text");
        return false;
    }
    const std::size_t size = array_size(cell);
    if (!charge(size)) return false;
    for (std::size_t i = 0; i < size; ++i) {
        if (i > 0 && !append_charged(out, ",")) return false;
        const Cell element = array_element(cell, i);
        if (!element.is_nullish() && !append_text(out, element, node, depth + 1)) return false;
    }
    return true;
}

std::optional<core::Value> Evaluator::to_value(const Cell& cell) {
    return to_value(cell, 0);
}

std::optional<core::Value> Evaluator::to_value(const Cell& cell, std::size_t depth) {
    switch (cell.kind) {
        case Kind::undefined:
        case Kind::null:
        case Kind::function:
        case Kind::builtin: return core::Value{};
        case Kind::boolean: return core::Value{cell.boolean};
        case Kind::number: return core::Value{cell.number};
        case Kind::bigint: return core::Value{cell.integer};
        case Kind::string:
            if (cell.is_shared) return *cell.value;
            if (!charge(cell.size)) return std::nullopt;
            if (!has_lone_surrogate(cell.text())) return core::Value{cell.text()};
            return core::Value{replace_lone_surrogates(cell.text())};
        case Kind::bytes:
        case Kind::array:
        case Kind::object: return *cell.value;
        case Kind::literal_array:
        case Kind::literal_object: return literal_value(*cell.literal, depth);
        case Kind::failed:
        case Kind::cut: return std::nullopt;
    }
    return std::nullopt;
}

std::optional<core::Value> Evaluator::literal_value(const Literal& literal, std::size_t depth) {
    if (literal.value != nullptr) return *literal.value;
    if (depth >= data_depth_max) {
        fail("depth", core::ErrorClass::limit, "the expression's result is nested too deeply");
        return std::nullopt;
    }
    if (!charge(literal.cells.size())) return std::nullopt;
    std::vector<core::Value> elements;
    std::vector<core::Member> members;
    if (literal.is_object) {
        members.reserve(literal.cells.size());
    } else {
        elements.reserve(literal.cells.size());
    }
    for (std::size_t i = 0; i < literal.cells.size(); ++i) {
        const Cell& cell = literal.cells[i];
        if (literal.is_object && !cell.leaves()) continue;
        std::optional<core::Value> value = to_value(cell, depth + 1);
        if (!value) return std::nullopt;
        if (literal.is_object) {
            members.push_back({replace_lone_surrogates(literal.keys[i]), *std::move(value)});
        } else {
            elements.push_back(*std::move(value));
        }
    }
    if (!literal.is_object) return core::Value::array(std::move(elements));
    return core::Value::object(std::move(members));
}

bool Evaluator::append_template_text(std::string& out, const Cell& cell) {
    if (cell.is_nullish() || !cell.leaves()) return true;
    if (!cell.is_container()) return append_text(out, cell, Node{}, 0);
    const std::optional<core::Value> value = to_value(cell);
    if (!value) return false;
    if (is_json_longer(*value, fuel_.left))
        return charge(std::numeric_limits<std::uint64_t>::max());
    const std::size_t before = out.size();
    core::append_json(out, *value);
    return charge(out.size() - before);
}

}  // namespace millrace::expr
