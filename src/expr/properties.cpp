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
    const std::string wanted = name.empty() ? "a property" : "`" + std::string{name} + "`";
    std::string message;
    if (program_.nodes[node.a].op == Op::local && path.starts_with('{')) {  // a parameter's pattern
        message.append("can't take ").append(wanted).append(" out of ").append(what);
        message.append(": the argument for `").append(path).append("` is ").append(what);
        message.append("; give the pattern a default, as in `= {}`");
        return fail("undefined_property", core::ErrorClass::expression, std::move(message));
    }
    message.append("can't read ").append(wanted).append(" of ").append(what);
    message.append(": `").append(path).append("` is ").append(what);
    message.append("; write `").append(path).append("?.");
    message.append(name.empty() ? "…" : std::string{name}).append("` where it may be missing");
    return fail("undefined_property", core::ErrorClass::expression, std::move(message));
}

Cell Evaluator::member(const Node& node) {
    const Cell object = eval(node.a);
    if (!object.has_result()) return object;
    const std::string_view name = program_.names[node.b];
    if (object.kind == Kind::object) {  // the most frequent case has a short way
        if (const core::Value* value = object.value->find(name)) {
            Cell cell = to_cell(*value, 0);
            if (cell.is_container()) cell.identity = child_identity(object.identity, name);
            return cell;
        }
    }
    if (object.is_nullish()) return nullish_access(object, name, node);
    return property(object, name, node);
}

Cell Evaluator::element(const Node& node) {
    const Cell object = eval(node.a);
    if (!object.has_result()) return object;
    if (object.is_nullish()) return nullish_access(object, {}, node);
    const Cell key = eval(node.b);
    if (!key.has_result()) return key;
    if (key.kind == Kind::number && object.is_array()) {
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
        const bool indexed = object.literal->index != nullptr;
        if (!indexed && !charge(object.literal->keys.size() / 8)) return failed();
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
        std::string half;
        append_code_point(half, unit->unit);
        return Cell::of(keep_text(half));
    }
    if (!object.is_array()) return std::nullopt;
    if (name == "length") return Cell::of(static_cast<double>(array_size(object)));
    const std::optional<std::size_t> index = parse_index(name);
    if (!index || *index >= array_size(object)) return std::nullopt;
    return array_element(object, *index);
}

Cell Evaluator::property(const Cell& object, std::string_view name, const Node& node) {
    if (const std::optional<Cell> own = own_property(object, name)) return *own;
    if (object.is_function()) return fail_not_native(node, "a property of a function");
    if (!is_inherited(object.kind, name)) return Cell{};
    return fail_not_native(node, "the inherited property `" + std::string{name} + "`");
}

Cell Evaluator::in(const Node& node) {
    const Cell key = eval(node.a);
    if (!key.has_result()) return key;
    const Cell object = eval(node.b);
    if (!object.has_result()) return object;
    if (object.is_function()) return fail_not_native(node, "`in` with a function");
    if (!object.is_container()) return fail_type(node, "what stands after `in` is no object");
    const Cell name = to_text(key, node);
    if (!name.has_result()) return name;
    const std::optional<Cell> own = own_property(object, name.text());
    if (own && !own->has_result()) return *own;
    return Cell::of(own.has_value() || is_inherited(object.kind, name.text()));
}

}  // namespace millrace::expr
