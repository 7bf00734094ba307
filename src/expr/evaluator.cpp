// SPDX-License-Identifier: Apache-2.0
#include "evaluator.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "builtins.hpp"

namespace millrace::expr {

namespace {

constexpr std::size_t quoted_source_max = 80;

Cell numbers(Op op, double left, double right) {
    switch (op) {
        case Op::add: return Cell::of(left + right);
        case Op::subtract: return Cell::of(left - right);
        case Op::multiply: return Cell::of(left * right);
        case Op::divide: return Cell::of(left / right);
        case Op::less: return Cell::of(left < right);
        case Op::less_equal: return Cell::of(left <= right);
        case Op::greater: return Cell::of(left > right);
        case Op::greater_equal: return Cell::of(left >= right);
        case Op::equal:
        case Op::same: return Cell::of(left == right);
        case Op::not_equal:
        case Op::not_same: return Cell::of(left != right);
        default: return Cell{};  // the others have no short way
    }
}

}  // namespace

bool is_truthy(const Cell& cell) {
    switch (cell.kind) {
        case Cell::Kind::undefined:
        case Cell::Kind::null:
        case Cell::Kind::failed:
        case Cell::Kind::cut: return false;
        case Cell::Kind::boolean: return cell.boolean;
        case Cell::Kind::number: return cell.number != 0 && !std::isnan(cell.number);
        case Cell::Kind::bigint: return cell.integer != 0;
        case Cell::Kind::string: return cell.size != 0;
        case Cell::Kind::bytes:
        case Cell::Kind::array:
        case Cell::Kind::object:
        case Cell::Kind::literal_array:
        case Cell::Kind::literal_object:
        case Cell::Kind::function:
        case Cell::Kind::builtin: return true;
    }
    return false;
}

Cell Evaluator::eval(NodeIndex index) {
    const Node& node = program_.nodes[index];
    if (!charge(1)) return failed();
    switch (node.op) {
        case Op::constant: return program_.constants[node.a];
        case Op::fresh: return fresh(node);
        case Op::reference: return operand(node.a);
        case Op::local: return slots_[frame_ + node.a];
        case Op::captured: return captured_[node.a];
        case Op::function: return function(node);
        case Op::member: return member(node);
        case Op::element: return element(node);
        case Op::method: return call_method(node);
        case Op::call: return call_value(node);
        case Op::builtin: return call_builtin(node);
        case Op::chain: return chain(node);
        case Op::negate:
        case Op::plus:
        case Op::bit_not:
        case Op::logical_not: return unary(node);
        case Op::type_of: return type_of(node);
        case Op::discard: return discard(node);
        case Op::spread: return eval(node.a);
        case Op::iterate: return iterate(node);
        case Op::item: return item(node);
        case Op::tail: return tail(node);
        case Op::rest: return rest(node);
        case Op::in: return in(node);
        case Op::logical_and:
        case Op::logical_or:
        case Op::coalesce:
        case Op::default_to:
        case Op::conditional: return conditional(node);
        case Op::add:
        case Op::subtract:
        case Op::multiply:
        case Op::divide:
        case Op::remainder:
        case Op::power:
        case Op::bit_and:
        case Op::bit_or:
        case Op::bit_xor:
        case Op::shift_left:
        case Op::shift_right:
        case Op::shift_right_unsigned:
        case Op::less:
        case Op::less_equal:
        case Op::greater:
        case Op::greater_equal:
        case Op::equal:
        case Op::not_equal:
        case Op::same:
        case Op::not_same: return binary(node);
        case Op::array: return array(node);
        case Op::object: return object(node);
        case Op::text: return text(node);
    }
    return failed();
}

Cell Evaluator::fresh(const Node& node) {
    Cell cell = program_.constants[node.a];
    cell.identity = new_identity();
    return cell;
}

Cell Evaluator::chain(const Node& node) {
    const Cell cell = eval(node.a);
    return cell.kind == Cell::Kind::cut ? Cell{} : cell;
}

Cell Evaluator::discard(const Node& node) {
    const Cell cell = eval(node.a);
    return cell.has_result() ? Cell{} : cell;
}

Cell Evaluator::operand(NodeIndex index) const {
    const Operand& operand = operands_[index];
    return operand.undefined ? Cell{} : to_cell(operand.value, program_.identities[index]);
}

Cell Evaluator::conditional(const Node& node) {
    const Cell first = eval(node.a);
    if (!first.has_result()) return first;
    if (node.op == Op::conditional) return eval(is_truthy(first) ? node.b : node.c);
    const bool first_counts = node.op == Op::logical_and  ? !is_truthy(first)
                              : node.op == Op::logical_or ? is_truthy(first)
                              : node.op == Op::default_to ? first.kind != Cell::Kind::undefined
                                                          : !first.is_nullish();
    return first_counts ? first : eval(node.b);
}

Cell Evaluator::unary(const Node& node) {
    const Cell cell = eval(node.a);
    if (!cell.has_result()) return cell;
    if (node.op == Op::logical_not) return Cell::of(!is_truthy(cell));
    if (node.op == Op::bit_not) {  // as with all bits set
        const Cell number = to_numeric(cell, node);
        if (!number.has_result()) return number;
        const Cell ones = number.kind == Cell::Kind::bigint ? Cell::big(-1) : Cell::of(-1.0);
        return bits(number, ones, {.op = Op::bit_xor, .begin = node.begin, .end = node.end});
    }
    const Cell numeric = to_numeric(cell, node);
    if (!numeric.has_result()) return numeric;
    if (numeric.kind == Cell::Kind::bigint) {
        if (node.op == Op::plus) return fail_type(node, "a BigInt does not become a number by `+`");
        return big_arithmetic(0, numeric.integer,
                              {.op = Op::subtract, .begin = node.begin, .end = node.end});
    }
    return node.op == Op::plus ? numeric : Cell::of(-numeric.number);
}

Cell Evaluator::binary(const Node& node) {
    const Cell left = eval(node.a);
    if (!left.has_result()) return left;
    const Cell right = eval(node.b);
    if (!right.has_result()) return right;
    if (left.kind == Cell::Kind::number && right.kind == Cell::Kind::number) {
        const Cell result = numbers(node.op, left.number, right.number);
        if (result.kind != Cell::Kind::undefined) return result;
    }
    if (node.op >= Op::equal) return equality(left, right, node);
    if (node.op >= Op::less) return relation(left, right, node);
    if (node.op >= Op::bit_and) return bits(left, right, node);
    return node.op == Op::add ? add(left, right, node) : arithmetic(left, right, node);
}

Cell Evaluator::array(const Node& node) {
    ArrayMaker maker{*this, node.c};
    for (NodeIndex i = 0; i < node.c; ++i) {
        const NodeIndex element = program_.lists[node.b + i];
        if (node.spreads && program_.nodes[element].op == Op::spread) {
            if (!push_spread(maker, program_.nodes[element])) return failed();
            continue;
        }
        const Cell cell = eval(element);
        if (!cell.has_result() || !maker.push(cell)) return failed();
    }
    return maker.finish();
}

Cell Evaluator::object(const Node& node) {
    ObjectMaker maker{*this, node.c / 2};
    for (NodeIndex i = 0; i < node.c; i += 2) {
        const NodeIndex name = program_.lists[node.b + i];
        const NodeIndex value = program_.lists[node.b + i + 1];
        if (name == no_node) {
            if (!copy_members(maker, value)) return failed();
            continue;
        }
        const Cell key = to_text(eval(name), node);
        if (!key.has_result()) return key;
        const Cell cell = eval(value);
        if (!cell.has_result() || !maker.set(key.text(), cell)) return failed();
    }
    return maker.finish();
}

Cell Evaluator::text(const Node& node) {
    std::string out;
    for (NodeIndex i = 0; i < node.c; ++i) {
        const Cell cell = eval(program_.lists[node.b + i]);
        if (!cell.has_result()) return cell;
        if (!append_text(out, cell, node, 0)) return failed();
    }
    return Cell::of(keep_text(out));
}

Cell Evaluator::type_of(const Node& node) {
    const Cell cell = eval(node.a);
    switch (cell.kind) {
        case Cell::Kind::undefined: return Cell::of(std::string_view{"undefined"});
        case Cell::Kind::boolean: return Cell::of(std::string_view{"boolean"});
        case Cell::Kind::number: return Cell::of(std::string_view{"number"});
        case Cell::Kind::bigint: return Cell::of(std::string_view{"bigint"});
        case Cell::Kind::string: return Cell::of(std::string_view{"string"});
        case Cell::Kind::null:
        case Cell::Kind::bytes:
        case Cell::Kind::array:
        case Cell::Kind::object:
        case Cell::Kind::literal_array:
        case Cell::Kind::literal_object: return Cell::of(std::string_view{"object"});
        case Cell::Kind::function:
        case Cell::Kind::builtin: return Cell::of(std::string_view{"function"});
        case Cell::Kind::failed:
        case Cell::Kind::cut: break;
    }
    return cell;
}

Cell Evaluator::text_cell(std::string_view text) {
    return charge(text.size()) ? Cell::of(keep_text(text)) : failed();
}

Cell Evaluator::keep_value(core::Value value) {
    return to_cell(values_.emplace_front(std::move(value)), new_identity());
}

bool Evaluator::run_dry() {
    fuel_.left = 0;
    if (!failure_) {
        fail("fuel_exhausted", core::ErrorClass::limit,
             "the expression needs more steps than one may take; work on less data at once");
    }
    return false;
}

Cell Evaluator::fail(std::string_view code, core::ErrorClass error_class, std::string message) {
    core::Failure failure;
    failure.code = code;
    failure.error_class = error_class;
    failure.message = std::move(message);
    failure_ = std::move(failure);
    return failed();
}

Cell Evaluator::fail_type(const Node& node, std::string_view what) {
    return fail("type_error", core::ErrorClass::expression,
                "`" + source_of(node) + "`: " + std::string{what});
}

Cell Evaluator::fail_range(const Node& node, std::string_view what) {
    return fail("range_error", core::ErrorClass::expression,
                "`" + source_of(node) + "`: " + std::string{what});
}

Cell Evaluator::fail_not_native(const Node& node, std::string_view what) {
    return fail("not_native", core::ErrorClass::expression,
                "`" + source_of(node) + "`: " + std::string{what} +
                    " needs the sandbox, which this version does not have");
}

Cell Evaluator::fail_depth(const Node& node, std::string_view what) {
    return fail("depth", core::ErrorClass::limit,
                "`" + source_of(node) + "`: " + std::string{what});
}

std::string Evaluator::source_of(const Node& node) const {
    std::string_view text =
        std::string_view{program_.text}.substr(node.begin, node.end - node.begin);
    if (text.size() <= quoted_source_max) return std::string{text};
    text = text.substr(0, quoted_source_max);
    // Not within a code point.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) {
        text.remove_suffix(1);
    }
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.remove_suffix(1);
    return std::string{text} + "…";
}

}  // namespace millrace::expr
