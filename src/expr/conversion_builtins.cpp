// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>

#include "builtins.hpp"
#include "numeric_text.hpp"
#include "utf16.hpp"

// String(), Number(), BigInt(), Boolean() and the makers of strings.
namespace millrace::expr {

namespace {

using Kind = Cell::Kind;

Cell to_string(Call& call) {
    if (call.arguments.empty()) return Cell::of(std::string_view{});
    return call.evaluator.to_text(call.arguments[0], call.node);
}

Cell to_boolean(Call& call) {
    return Cell::of(is_truthy(call.argument(0)));
}

Cell to_number(Call& call) {
    if (call.arguments.empty()) return Cell::of(0.0);
    const Cell numeric = call.evaluator.to_numeric(call.arguments[0], call.node);
    if (numeric.kind != Kind::bigint) return numeric;
    return Cell::of(static_cast<double>(numeric.integer));
}

Cell too_large(const Call& call) {
    return call.evaluator.fail(
        "bigint_overflow", core::ErrorClass::limit,
        "`" + call.evaluator.source_of(call.node) + "`: the BigInt does not fit into 64 bits");
}

Cell no_integer(const Call& call) {
    return call.evaluator.fail(
        "syntax_error", core::ErrorClass::expression,
        "`" + call.evaluator.source_of(call.node) + "`: the text is no whole number");
}

Cell big_of_number(const Call& call, double number) {
    if (!std::isfinite(number) || std::trunc(number) != number)
        return call.fail_range("only a whole number becomes a BigInt");
    if (number >= 0x1p63 || number < -0x1p63) return too_large(call);
    return Cell::big(static_cast<std::int64_t>(number));
}

Cell to_bigint(Call& call) {
    const Cell cell = call.evaluator.to_primitive(call.argument(0), call.node);
    switch (cell.kind) {
        case Kind::failed:
        case Kind::bigint: return cell;
        case Kind::boolean: return Cell::big(cell.boolean ? 1 : 0);
        case Kind::number: return big_of_number(call, cell.number);
        case Kind::string: {
            if (!call.evaluator.charge_scan(cell.size)) return Evaluator::failed();
            const auto integer = string_to_bigint(cell.text());
            if (!integer) return no_integer(call);
            return integer->beyond != 0 ? too_large(call) : Cell::big(integer->value);
        }
        default: return call.fail_type("undefined and null do not become a BigInt");
    }
}

Cell from_char_code(Call& call) {
    if (!call.evaluator.charge(call.arguments.size() * 3)) return Evaluator::failed();
    std::u16string units;
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
        const auto number = call.number(i);
        if (!number) return Evaluator::failed();
        units.push_back(static_cast<char16_t>(to_uint32(*number)));
    }
    std::string text;
    append_utf16(text, units);
    return Cell::of(call.evaluator.keep_text(text));
}

Cell from_code_point(Call& call) {
    constexpr double last_code_point = 0x10FFFF;
    std::string text;
    if (!call.evaluator.charge(call.arguments.size() * 4)) return Evaluator::failed();
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
        const auto number = call.number(i);
        if (!number) return Evaluator::failed();
        if (!(*number >= 0 && *number <= last_code_point) || std::trunc(*number) != *number)
            return call.fail_range("a code point is a whole number from 0 to 0x10FFFF");
        std::string piece;
        append_code_point(piece, static_cast<char32_t>(*number));
        append_wtf8(text, piece);
    }
    return Cell::of(call.evaluator.keep_text(text));
}

constexpr auto table = std::to_array<Builtin>({
    {"", "BigInt", &to_bigint, "value"},
    {"", "Boolean", &to_boolean, "value"},
    {"", "Number", &to_number, "value"},
    {"", "String", &to_string, "value"},
    {"String", "fromCharCode", &from_char_code, "...units"},
    {"String", "fromCodePoint", &from_code_point, "...codePoints"},
});

}  // namespace

std::span<const Builtin> conversion_builtins() {
    return table;
}

}  // namespace millrace::expr
