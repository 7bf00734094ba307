// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "builtins.hpp"
#include "numeric_text.hpp"
#include "text_units.hpp"
#include "utf16.hpp"

// Strings made of parts of others.
namespace millrace::expr {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Cell slice(Call& call) {
    const auto units = receiver_units(call);
    const auto start = call.integer(0);
    if (!units || !start) return Evaluator::failed();
    const auto end = call.integer(1, infinity);
    if (!end) return Evaluator::failed();
    return units->slice(call.evaluator, relative_position(*start, units->size()),
                        relative_position(*end, units->size()));
}

Cell substring(Call& call) {
    const auto units = receiver_units(call);
    const auto start = call.integer(0);
    if (!units || !start) return Evaluator::failed();
    const auto end = call.integer(1, infinity);
    if (!end) return Evaluator::failed();
    const auto [from, to] = std::minmax(
        {clamped_position(*start, units->size()), clamped_position(*end, units->size())});
    return units->slice(call.evaluator, from, to);
}

Cell substr(Call& call) {
    const auto units = receiver_units(call);
    const auto start = call.integer(0);
    if (!units || !start) return Evaluator::failed();
    const auto length = call.integer(1, infinity);
    if (!length) return Evaluator::failed();
    const std::size_t from = relative_position(*start, units->size());
    return units->slice(call.evaluator, from,
                        from + clamped_position(*length, units->size() - from));
}

/// Code points of WTF-8, as many pieces of one unit each.
bool push_units(ArrayMaker& parts, const Call& call, const TextUnits& units, std::size_t limit) {
    for (std::size_t i = 0; i < units.size() && i < limit; ++i) {
        const Cell part = units.slice(call.evaluator, i, i + 1);
        if (!part.has_result() || !parts.push(part)) return false;
    }
    return true;
}

bool push_between(ArrayMaker& parts, const Call& call, const TextUnits& units,
                  const TextUnits& separator, std::size_t limit) {
    std::size_t begin = 0;
    for (std::size_t count = 0; count < limit; ++count) {
        if (!call.evaluator.charge_scan(separator.size())) return false;
        const std::size_t found = units.find(separator, begin);
        const bool last = found == TextUnits::npos;
        const Cell part = units.slice(call.evaluator, begin, last ? units.size() : found);
        if (!part.has_result() || !parts.push(part)) return false;
        if (last) return true;
        begin = found + separator.size();
    }
    return true;
}

Cell split(Call& call) {
    const auto units = receiver_units(call);
    if (!units) return Evaluator::failed();
    std::size_t limit = std::numeric_limits<std::uint32_t>::max();
    if (call.argument(1).kind != Cell::Kind::undefined) {
        const auto number = call.number(1);
        if (!number) return Evaluator::failed();
        limit = to_uint32(*number);
    }
    const auto separator = call.text(0);
    if (!separator) return Evaluator::failed();
    ArrayMaker parts{call.evaluator};
    if (limit == 0) return parts.finish();
    if (call.argument(0).kind == Cell::Kind::undefined) {
        return parts.push(call.receiver) ? parts.finish() : Evaluator::failed();
    }
    const bool done = separator->empty()
                          ? push_units(parts, call, *units, limit)
                          : push_between(parts, call, *units, TextUnits{*separator}, limit);
    return done ? parts.finish() : Evaluator::failed();
}

Cell concat(Call& call) {
    std::string text;
    if (!call.evaluator.charge(call.receiver.size)) return Evaluator::failed();
    text.append(call.receiver.text());
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
        const auto part = call.text(i);
        if (!part || !call.evaluator.charge(part->size())) return Evaluator::failed();
        append_wtf8(text, *part);
    }
    return Cell::of(call.evaluator.keep_text(text));
}

// V8's limit of 2^29 - 24 units; longer ones are JavaScript's RangeError.
constexpr double length_max = 536'870'888;

Cell repeat(Call& call) {
    const auto count = call.integer(0);
    if (!count) return Evaluator::failed();
    if (*count < 0 || std::isinf(*count)) return call.fail_range("the count is not 0 or more");
    if (call.receiver.size == 0 || *count == 0) return Cell::of(std::string_view{});
    const auto units = static_cast<double>(utf16_length(call.receiver.text()));
    if (units * *count > length_max) return call.fail_range("the text would be too long");
    const auto times = static_cast<std::size_t>(*count);
    if (!call.evaluator.charge(times * call.receiver.size)) return Evaluator::failed();
    std::string text;
    text.reserve(times * call.receiver.size);
    for (std::size_t i = 0; i < times; ++i)
        append_wtf8(text, call.receiver.text());
    return Cell::of(call.evaluator.keep_text(text));
}

Cell pad(Call& call, bool at_start) {
    const auto length = call.integer(0);
    if (!length || !call.evaluator.charge_scan(call.receiver.size)) return Evaluator::failed();
    const auto own = static_cast<double>(utf16_length(call.receiver.text()));
    if (*length <= own) return call.receiver;
    std::string_view filler = " ";
    if (call.argument(1).kind != Cell::Kind::undefined) {
        const auto given = call.text(1);
        if (!given) return Evaluator::failed();
        filler = *given;
    }
    if (filler.empty()) return call.receiver;
    if (*length > length_max) return call.fail_range("the text would be too long");
    auto missing = static_cast<std::size_t>(*length - own);
    // A unit takes three bytes at most.
    if (!call.evaluator.charge(missing + call.receiver.size)) return Evaluator::failed();
    const TextUnits units{filler};
    std::string padding;
    for (; missing >= units.size(); missing -= units.size())
        append_wtf8(padding, filler);
    units.append_slice(padding, 0, missing);
    std::string text{at_start ? std::string_view{padding} : call.receiver.text()};
    append_wtf8(text, at_start ? call.receiver.text() : std::string_view{padding});
    return Cell::of(call.evaluator.keep_text(text));
}

Cell pad_start(Call& call) {
    return pad(call, true);
}
Cell pad_end(Call& call) {
    return pad(call, false);
}

Cell trim(Call& call) {
    if (!call.evaluator.charge_scan(call.receiver.size)) return Evaluator::failed();
    return Cell::of(trim_js_space(call.receiver.text()));
}
Cell trim_start(Call& call) {
    if (!call.evaluator.charge_scan(call.receiver.size)) return Evaluator::failed();
    return Cell::of(trim_js_space_start(call.receiver.text()));
}
Cell trim_end(Call& call) {
    if (!call.evaluator.charge_scan(call.receiver.size)) return Evaluator::failed();
    return Cell::of(trim_js_space_end(call.receiver.text()));
}

Cell itself(Call& call) {
    return call.receiver;
}

Cell is_well_formed(Call& call) {
    if (!call.evaluator.charge_scan(call.receiver.size)) return Evaluator::failed();
    return Cell::of(!has_lone_surrogate(call.receiver.text()));
}
Cell to_well_formed(Call& call) {
    if (!call.evaluator.charge_scan(call.receiver.size)) return Evaluator::failed();
    if (!has_lone_surrogate(call.receiver.text())) return call.receiver;
    return call.evaluator.text_cell(replace_lone_surrogates(call.receiver.text()));
}

constexpr auto table = std::to_array<Builtin>({
    {"string", "concat", &concat, "...texts"},
    {"string", "isWellFormed", &is_well_formed, ""},
    {"string", "padEnd", &pad_end, "length, filler?"},
    {"string", "padStart", &pad_start, "length, filler?"},
    {"string", "repeat", &repeat, "count"},
    {"string", "slice", &slice, "start?, end?"},
    {"string", "split", &split, "separator?, limit?"},
    {"string", "substr", &substr, "start, length?"},
    {"string", "substring", &substring, "start, end?"},
    {"string", "toString", &itself, ""},
    {"string", "toWellFormed", &to_well_formed, ""},
    {"string", "trim", &trim, ""},
    {"string", "trimEnd", &trim_end, ""},
    {"string", "trimStart", &trim_start, ""},
    {"string", "valueOf", &itself, ""},
});

}  // namespace

std::span<const Builtin> text_part_builtins() {
    return table;
}

}  // namespace millrace::expr
