// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "evaluator.hpp"
#include "millrace/core/number_text.hpp"
#include "names.hpp"
#include "utf16.hpp"

namespace millrace::expr {

namespace {

using Kind = Cell::Kind;

bool is_array(const Cell& cell) {
    return cell.kind == Kind::array || cell.kind == Kind::literal_array || cell.kind == Kind::bytes;
}

/// SameValueZero, which `includes` uses, differs from `===` for NaN alone.
bool is_nan(const Cell& cell) {
    return cell.kind == Kind::number && std::isnan(cell.number);
}

/// ToIntegerOrInfinity.
double to_integer(double number) {
    return std::isnan(number) ? 0 : std::trunc(number);
}

}  // namespace

std::optional<std::size_t> parse_index(std::string_view key) {
    if (key.empty() || key.size() > 10 || (key.front() == '0' && key.size() > 1)) {
        return std::nullopt;
    }
    std::size_t index = 0;
    for (const char c : key) {
        if (c < '0' || c > '9') return std::nullopt;
        index = index * 10 + static_cast<std::size_t>(c - '0');
    }
    return index < 0xFFFFFFFF ? std::optional{index} : std::nullopt;
}

std::size_t array_size(const Cell& array) {
    return array.kind == Kind::literal_array ? array.literal->cells.size() : array.value->size();
}

Cell array_element(const Cell& array, std::size_t index) {
    if (array.kind == Kind::literal_array) return array.literal->cells[index];
    if (array.kind == Kind::bytes) {
        return Cell::of(static_cast<double>(array.value->as_bytes()[index]));
    }
    Cell cell = to_cell(array.value->as_array()[index], 0);
    if (cell.is_container()) cell.identity = child_identity(array.identity, index);
    return cell;
}

Cell Evaluator::nullish_access(const Cell& object, std::string_view name, const Node& node) {
    if (node.optional) return Cell::bare(Kind::cut);
    const std::string_view what = object.kind == Kind::null ? "null" : "undefined";
    const std::string path = source_of(program_.nodes[node.a]);
    const bool plain = node.op == Op::member;
    std::string message = "can't read ";
    message.append(name.empty() ? "a property" : "`" + std::string{name} + "`");
    message.append(" of ").append(what).append(": `").append(path).append("` is ").append(what);
    message.append("; write `").append(path).append("?.");
    message.append(plain ? std::string{name} : "…").append("` where it may be missing");
    return fail("undefined_property", core::ErrorClass::expression, std::move(message));
}

Cell Evaluator::member(const Node& node) {
    const Cell object = eval(node.a);
    if (!object.has_result()) return object;
    const std::string_view name = program_.names[node.b];
    if (object.is_nullish()) return nullish_access(object, name, node);
    return property(object, name, node);
}

Cell Evaluator::element(const Node& node) {
    const Cell object = eval(node.a);
    if (!object.has_result()) return object;
    if (object.is_nullish()) return nullish_access(object, {}, node);
    const Cell key = eval(node.b);
    if (!key.has_result()) return key;
    if (key.kind == Kind::number && is_array(object)) {
        const double index = key.number;
        const auto size = static_cast<double>(array_size(object));
        if (index >= 0 && index < size && std::trunc(index) == index) {
            return array_element(object, static_cast<std::size_t>(index));
        }
    }
    const Cell name = to_text(key, node);
    return name.has_result() ? property(object, name.text(), node) : name;
}

// Nothing when the object has no property of its own of that name.
std::optional<Cell> Evaluator::own_property(const Cell& object, std::string_view name) {
    if (object.kind == Kind::object) {
        const core::Value* value = object.value->find(name);
        if (value == nullptr) return std::nullopt;
        Cell cell = to_cell(*value, 0);
        if (cell.is_container()) cell.identity = child_identity(object.identity, name);
        return cell;
    }
    if (object.kind == Kind::literal_object) {
        if (!charge(object.literal->keys.size() / 8)) return failed();
        const Cell* cell = object.literal->find(name);
        return cell == nullptr ? std::nullopt : std::optional{*cell};
    }
    if (object.is_string()) {
        if (name != "length" && !parse_index(name)) return std::nullopt;
        if (!charge_scan(object.size)) return failed();
        if (name == "length") return Cell::of(static_cast<double>(utf16_length(object.text())));
        const std::optional<Utf16Unit> unit = utf16_unit(object.text(), *parse_index(name));
        if (!unit) return std::nullopt;
        if (unit->size != 0) return Cell::of(object.text().substr(unit->offset, unit->size));
        std::string& half = scratch_string();
        append_code_point(half, unit->unit);
        return Cell::of(std::string_view{half});
    }
    if (!is_array(object)) return std::nullopt;
    if (name == "length") return Cell::of(static_cast<double>(array_size(object)));
    const std::optional<std::size_t> index = parse_index(name);
    if (!index || *index >= array_size(object)) return std::nullopt;
    return array_element(object, *index);
}

Cell Evaluator::property(const Cell& object, std::string_view name, const Node& node) {
    if (const std::optional<Cell> own = own_property(object, name)) return *own;
    if (!is_inherited(object.kind, name)) return Cell{};
    return fail("not_native", core::ErrorClass::expression,
                "`" + source_of(node) + "`: the inherited property `" + std::string{name} +
                    "` needs the sandbox, which this version does not have");
}

Cell Evaluator::includes(const Node& node) {
    const Cell receiver = eval(node.a);
    if (!receiver.has_result()) return receiver;
    if (receiver.is_nullish()) return nullish_access(receiver, "includes", node);
    const bool callable = receiver.is_string() || is_array(receiver);
    if (!callable && node.optional_call) {
        const Cell found = property(receiver, "includes", node);
        if (found.is_nullish()) return Cell::bare(Kind::cut);
    }
    std::vector<Cell> arguments;
    for (NodeIndex i = 0; i < node.c; ++i) {
        arguments.push_back(eval(program_.lists[node.b + i]));
        if (!arguments.back().has_result()) return failed();
    }
    if (!callable) return fail_type(node, "only strings and arrays have includes()");
    return receiver.is_string() ? text_includes(receiver.text(), arguments, node)
                                : array_includes(receiver, arguments, node);
}

Cell Evaluator::text_includes(std::string_view text, std::span<const Cell> arguments,
                              const Node& node) {
    const Cell needle = to_text(arguments.empty() ? Cell{} : arguments[0], node);
    if (!needle.has_result()) return needle;
    double position = 0;
    if (arguments.size() > 1) {
        const Cell numeric = to_numeric(arguments[1], node);
        if (!numeric.has_result()) return numeric;
        if (numeric.kind == Kind::bigint) return fail_type(node, "a position is no BigInt");
        position = std::clamp(to_integer(numeric.number), 0.0, static_cast<double>(text.size()));
    }
    if (!charge_scan(text.size() + needle.size)) return failed();
    return Cell::of(contains_utf16(text, needle.text(), static_cast<std::size_t>(position)));
}

Cell Evaluator::array_includes(const Cell& array, std::span<const Cell> arguments,
                               const Node& node) {
    const Cell wanted = arguments.empty() ? Cell{} : arguments[0];
    const std::size_t size = array_size(array);
    if (size == 0) return Cell::of(false);
    double from = 0;
    if (arguments.size() > 1) {
        const Cell numeric = to_numeric(arguments[1], node);
        if (!numeric.has_result()) return numeric;
        if (numeric.kind == Kind::bigint) return fail_type(node, "a position is no BigInt");
        const auto count = static_cast<double>(size);
        from = to_integer(numeric.number);
        from = std::clamp(from < 0 ? from + count : from, 0.0, count);
    }
    for (auto i = static_cast<std::size_t>(from); i < size; ++i) {
        const Cell element = array_element(array, i);
        const bool texts = element.is_string() && wanted.is_string();
        if (!charge_scan(texts ? 64 + std::min(element.size, wanted.size) : 64)) return failed();
        if (strictly_equal(element, wanted) || (is_nan(element) && is_nan(wanted))) {
            return Cell::of(true);
        }
    }
    return Cell::of(false);
}

}  // namespace millrace::expr
