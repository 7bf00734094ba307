// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "array_positions.hpp"
#include "array_sort.hpp"
#include "builtins.hpp"
#include "utf16.hpp"

// Methods of arrays that take no function; those that take one are in array_call_builtins.cpp.
namespace millrace::expr {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Cell failed() {
    return Evaluator::failed();
}

/// Pushes what stands at [from, to).
bool push_range(ArrayMaker& maker, const Cell& array, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
        if (!maker.push(array_element(array, i))) return false;
    }
    return true;
}

bool is_plain_array(const Cell& cell) {
    return cell.kind == Cell::Kind::array || cell.kind == Cell::Kind::literal_array;
}

Cell at(Call& call) {
    const std::size_t size = array_size(call.receiver);
    const std::optional<double> integer = call.integer(0);
    if (!integer) return failed();
    const double index = *integer < 0 ? *integer + static_cast<double>(size) : *integer;
    if (index < 0 || index >= static_cast<double>(size)) return {};
    return array_element(call.receiver, static_cast<std::size_t>(index));
}

Cell slice(Call& call) {
    const std::size_t size = array_size(call.receiver);
    const std::optional<double> first = call.integer(0);
    if (!first) return failed();
    const std::optional<double> last = call.integer(1, infinity);
    if (!last) return failed();
    const std::size_t from = relative_position(*first, size);
    const std::size_t to = std::max(from, relative_position(*last, size));
    ArrayMaker maker{call.evaluator, to - from};
    return push_range(maker, call.receiver, from, to) ? maker.finish() : failed();
}

Cell concat(Call& call) {
    ArrayMaker maker{call.evaluator, array_size(call.receiver)};
    if (!push_range(maker, call.receiver, 0, array_size(call.receiver))) return failed();
    for (const Cell& argument : call.arguments) {
        const bool ok = is_plain_array(argument)
                            ? push_range(maker, argument, 0, array_size(argument))
                            : maker.push(argument);
        if (!ok) return failed();
    }
    return maker.finish();
}

/// What comparing two cells costs.
bool charge_comparison(Call& call, const Cell& left, const Cell& right) {
    const bool texts = left.is_string() && right.is_string();
    return call.evaluator.charge_scan(texts ? 64 + std::min(left.size, right.size) : 64);
}

Cell includes(Call& call) {
    const std::size_t size = array_size(call.receiver);
    if (size == 0) return Cell::of(false);
    const std::optional<double> from = call.integer(1);
    if (!from) return failed();
    const Cell wanted = call.argument(0);
    for (std::size_t i = relative_position(*from, size); i < size; ++i) {
        const Cell element = array_element(call.receiver, i);
        if (!charge_comparison(call, element, wanted)) return failed();
        if (call.evaluator.same_value_zero(element, wanted)) return Cell::of(true);
    }
    return Cell::of(false);
}

Cell index_of(Call& call) {
    const std::size_t size = array_size(call.receiver);
    if (size == 0) return Cell::of(-1.0);
    const std::optional<double> from = call.integer(1);
    if (!from) return failed();
    const Cell wanted = call.argument(0);
    for (std::size_t i = relative_position(*from, size); i < size; ++i) {
        const Cell element = array_element(call.receiver, i);
        if (!charge_comparison(call, element, wanted)) return failed();
        if (call.evaluator.strictly_equal(element, wanted)) {
            return Cell::of(static_cast<double>(i));
        }
    }
    return Cell::of(-1.0);
}

Cell last_index_of(Call& call) {
    const std::size_t size = array_size(call.receiver);
    if (size == 0) return Cell::of(-1.0);
    // An argument that is there counts even when it is undefined.
    double from = infinity;
    if (call.arguments.size() > 1) {
        const std::optional<double> number = call.number(1);
        if (!number) return failed();
        from = std::isnan(*number) ? 0 : std::trunc(*number);
    }
    if (from < 0 && from + static_cast<double>(size) < 0) return Cell::of(-1.0);
    const Cell wanted = call.argument(0);
    const std::size_t start =
        from < 0 ? relative_position(from, size) + 1 : relative_position(from + 1, size);
    for (std::size_t i = start; i-- > 0;) {
        const Cell element = array_element(call.receiver, i);
        if (!charge_comparison(call, element, wanted)) return failed();
        if (call.evaluator.strictly_equal(element, wanted)) {
            return Cell::of(static_cast<double>(i));
        }
    }
    return Cell::of(-1.0);
}

Cell joined(Call& call, std::string_view separator) {
    Evaluator& evaluator = call.evaluator;
    std::string out;
    const std::size_t size = array_size(call.receiver);
    for (std::size_t i = 0; i < size; ++i) {
        const Cell element = array_element(call.receiver, i);
        const Cell text = element.is_nullish() ? Cell::of(std::string_view{})
                                               : evaluator.to_text(element, call.node);
        if (!text.has_result()) return failed();
        if (!evaluator.charge(1 + separator.size() + text.size)) return failed();
        if (i > 0) append_wtf8(out, separator);
        append_wtf8(out, text.text());
    }
    return Cell::of(evaluator.keep_text(out));
}

Cell join(Call& call) {
    if (call.argument(0).kind == Cell::Kind::undefined) return joined(call, ",");
    const std::optional<std::string_view> separator = call.text(0);
    return separator ? joined(call, *separator) : failed();
}

Cell to_string(Call& call) {
    return joined(call, ",");
}

bool flatten(Call& call, ArrayMaker& maker, const Cell& array, double depth, std::size_t nesting) {
    if (nesting >= data_depth_max) {
        call.evaluator.fail_depth(call.node, "the array is nested too deeply");
        return false;
    }
    const std::size_t size = array_size(array);
    if (!call.evaluator.charge(1)) return false;
    for (std::size_t i = 0; i < size; ++i) {
        const Cell element = array_element(array, i);
        const bool inner = depth >= 1 && is_plain_array(element);
        const bool ok =
            inner ? flatten(call, maker, element, depth - 1, nesting + 1) : maker.push(element);
        if (!ok) return false;
    }
    return true;
}

Cell flat(Call& call) {
    const std::optional<double> depth = call.integer(0, 1);
    if (!depth) return failed();
    ArrayMaker maker{call.evaluator};
    return flatten(call, maker, call.receiver, *depth, 0) ? maker.finish() : failed();
}

Cell reversed(Call& call) {
    const std::size_t size = array_size(call.receiver);
    ArrayMaker maker{call.evaluator, size};
    for (std::size_t i = size; i-- > 0;) {
        if (!maker.push(array_element(call.receiver, i))) return failed();
    }
    return maker.finish();
}

Cell fill(Call& call) {
    const std::size_t size = array_size(call.receiver);
    const std::optional<double> first = call.integer(1);
    if (!first) return failed();
    const std::optional<double> last = call.integer(2, infinity);
    if (!last) return failed();
    ArrayMaker maker{call.evaluator, size};
    if (!push_range(maker, call.receiver, 0, size)) return failed();
    const std::size_t to = relative_position(*last, size);
    for (std::size_t i = relative_position(*first, size); i < to; ++i)
        maker.cells()[i] = call.argument(0);
    return maker.finish();
}

Cell with(Call& call) {
    const std::size_t size = array_size(call.receiver);
    const std::optional<double> integer = call.integer(0);
    if (!integer) return failed();
    const double index = *integer < 0 ? *integer + static_cast<double>(size) : *integer;
    if (index < 0 || index >= static_cast<double>(size)) {
        return call.fail_range("the index is beyond the array");
    }
    ArrayMaker maker{call.evaluator, size};
    if (!push_range(maker, call.receiver, 0, size)) return failed();
    maker.cells()[static_cast<std::size_t>(index)] = call.argument(1);
    return maker.finish();
}

Cell to_spliced(Call& call) {
    const std::size_t size = array_size(call.receiver);
    const std::optional<double> first = call.integer(0);
    if (!first) return failed();
    const std::size_t from = relative_position(*first, size);
    double skipped = call.arguments.empty() ? 0 : infinity;
    if (call.arguments.size() > 1) {
        const std::optional<double> count = call.integer(1);
        if (!count) return failed();
        skipped = std::max(*count, 0.0);
    }
    const auto to = from + static_cast<std::size_t>(std::min(skipped, double(size - from)));
    ArrayMaker maker{call.evaluator, size};
    if (!push_range(maker, call.receiver, 0, from)) return failed();
    for (std::size_t i = 2; i < call.arguments.size(); ++i) {
        if (!maker.push(call.arguments[i])) return failed();
    }
    return push_range(maker, call.receiver, to, size) ? maker.finish() : failed();
}

// keys(), values() and entries() stand only where what they give is iterated over at once, which
// an array serves as well.
Cell keys(Call& call) {
    const std::size_t size = array_size(call.receiver);
    ArrayMaker maker{call.evaluator, size};
    for (std::size_t i = 0; i < size; ++i) {
        if (!maker.push(Cell::of(static_cast<double>(i)))) return failed();
    }
    return maker.finish();
}

Cell values(Call& call) {
    ArrayMaker maker{call.evaluator, array_size(call.receiver)};
    return push_range(maker, call.receiver, 0, array_size(call.receiver)) ? maker.finish()
                                                                          : failed();
}

Cell entries(Call& call) {
    const std::size_t size = array_size(call.receiver);
    ArrayMaker maker{call.evaluator, size};
    for (std::size_t i = 0; i < size; ++i) {
        ArrayMaker pair{call.evaluator, 2};
        const bool ok = pair.push(Cell::of(static_cast<double>(i))) &&
                        pair.push(array_element(call.receiver, i)) && maker.push(pair.finish());
        if (!ok) return failed();
    }
    return maker.finish();
}

Cell is_array(Call& call) {
    return Cell::of(is_plain_array(call.argument(0)));
}

Cell of(Call& call) {
    ArrayMaker maker{call.evaluator, call.arguments.size()};
    for (const Cell& argument : call.arguments) {
        if (!maker.push(argument)) return failed();
    }
    return maker.finish();
}

/// Of what is like an array: its length, as ToLength gives it.
std::optional<double> length_of(Call& call, const Cell& object) {
    const std::optional<Cell> length = call.evaluator.own_property(object, "length");
    if (!length) return 0;
    const Cell number = call.evaluator.to_number(*length, call.node);
    if (!number.has_result()) return std::nullopt;
    constexpr double array_size_max = 4294967295;
    if (number.number > array_size_max) {
        call.fail_range("the length is no length of an array");
        return std::nullopt;
    }
    return std::isnan(number.number) ? 0 : std::max(std::trunc(number.number), 0.0);
}

// Array.from: of what can be iterated over, else of what has a length and indices.
Cell from(Call& call) {
    Evaluator& evaluator = call.evaluator;
    const Cell source = call.argument(0);
    const bool maps = call.argument(1).kind != Cell::Kind::undefined;
    if (maps && !call.function(1).has_result()) return failed();
    if (source.is_nullish()) return call.fail_type("null and undefined can't be iterated over");
    if (source.is_function()) return call.fail_not_native("an array from a function");
    const bool iterable = source.is_array() || source.is_string();
    const Cell list = iterable ? iterated(evaluator, source, call.node) : source;
    if (!list.has_result()) return list;
    const std::optional<double> length =
        iterable ? static_cast<double>(array_size(list)) : length_of(call, source);
    if (!length) return failed();
    ArrayMaker maker{evaluator, static_cast<std::size_t>(*length)};
    for (std::size_t i = 0; i < static_cast<std::size_t>(*length); ++i) {
        Cell element;
        if (iterable) {
            element = array_element(list, i);
        } else if (source.is_container()) {
            const auto own = evaluator.own_property(source, std::to_string(i));
            element = own.value_or(Cell{});
        }
        if (maps) {
            const std::array arguments{element, Cell::of(static_cast<double>(i))};
            element = evaluator.call(call.arguments[1], arguments, call.node);
        }
        if (!element.has_result() || !maker.push(element)) return failed();
    }
    return maker.finish();
}

Cell sorted(Call& call) {
    const Cell comparator = call.argument(0);
    if (comparator.kind != Cell::Kind::undefined && !comparator.is_function()) {
        return call.fail_type("what is to compare is no function");
    }
    return sort_cells(call, call.receiver, comparator);
}

constexpr auto table = std::to_array<Builtin>({
    {"array", "at", at, "index"},
    {"array", "concat", concat, "...values"},
    {"array", "entries", entries, ""},
    {"array", "fill", fill, "value, start?, end?"},
    {"array", "flat", flat, "depth?"},
    {"array", "includes", includes, "value, start?"},
    {"array", "indexOf", index_of, "value, start?"},
    {"array", "join", join, "separator?"},
    {"array", "keys", keys, ""},
    {"array", "lastIndexOf", last_index_of, "value, start?"},
    {"array", "reverse", reversed, ""},
    {"array", "slice", slice, "start?, end?"},
    {"array", "sort", sorted, "compare?"},
    {"array", "toReversed", reversed, ""},
    {"array", "toSorted", sorted, "compare?"},
    {"array", "toSpliced", to_spliced, "start, count?, ...values"},
    {"array", "toString", to_string, ""},
    {"array", "values", values, ""},
    {"array", "with", with, "index, value"},
    {"bytes", "at", at, "index"},
    {"bytes", "includes", includes, "value, start?"},
    {"bytes", "indexOf", index_of, "value, start?"},
    {"bytes", "join", join, "separator?"},
    {"bytes", "lastIndexOf", last_index_of, "value, start?"},
    {"bytes", "toString", to_string, ""},
    {"Array", "from", from, "source, function?"},
    {"Array", "isArray", is_array, "value"},
    {"Array", "of", of, "...values"},
});

}  // namespace

std::span<const Builtin> array_builtins() {
    return table;
}

}  // namespace millrace::expr
