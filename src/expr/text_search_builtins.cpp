// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <limits>

#include "builtins.hpp"
#include "text_units.hpp"
#include "utf16.hpp"

// What String's methods find: units, code points and places of other strings.
namespace millrace::expr {

namespace {

constexpr double not_found = -1;

Cell place(std::size_t index) {
    return Cell::of(index == TextUnits::npos ? not_found : static_cast<double>(index));
}

/// The receiver with another string to look for in it.
struct Search {
    TextUnits text;
    TextUnits needle;
};
std::optional<Search> search_of(const Call& call) {
    const auto needle = call.text(0);
    if (!needle || !call.evaluator.charge_scan(call.receiver.size + needle->size()))
        return std::nullopt;
    return Search{TextUnits{call.receiver.text()}, TextUnits{*needle}};
}

/// The unit that the first argument counts to, or nothing beyond either end.
struct Unit {
    bool failed = false;
    std::optional<Utf16Unit> unit;
};
Unit unit_at(const Call& call, bool from_end) {
    const auto position = call.integer(0);
    if (!position || !call.evaluator.charge_scan(call.receiver.size)) return {true, {}};
    double index = *position;
    if (from_end && index < 0) index += static_cast<double>(utf16_length(call.receiver.text()));
    if (index < 0 || index >= static_cast<double>(call.receiver.size)) return {};
    return {false, utf16_unit(call.receiver.text(), static_cast<std::size_t>(index))};
}

Cell unit_text(const Call& call, const Utf16Unit& unit) {
    if (unit.size != 0) return Cell::of(call.receiver.text().substr(unit.offset, unit.size));
    std::string half;
    append_code_point(half, unit.unit);
    return call.evaluator.text_cell(half);
}

Cell at(Call& call) {
    const Unit found = unit_at(call, true);
    if (found.failed) return Evaluator::failed();
    return found.unit ? unit_text(call, *found.unit) : Cell{};
}

Cell char_at(Call& call) {
    const Unit found = unit_at(call, false);
    if (found.failed) return Evaluator::failed();
    return found.unit ? unit_text(call, *found.unit) : Cell::of(std::string_view{});
}

Cell char_code_at(Call& call) {
    const Unit found = unit_at(call, false);
    if (found.failed) return Evaluator::failed();
    return Cell::of(found.unit ? static_cast<double>(found.unit->unit)
                               : std::numeric_limits<double>::quiet_NaN());
}

Cell code_point_at(Call& call) {
    const Unit found = unit_at(call, false);
    if (found.failed) return Evaluator::failed();
    if (!found.unit) return Cell{};
    const bool is_high = found.unit->size == 0 && found.unit->unit <= 0xDBFF;
    if (!is_high) return Cell::of(static_cast<double>(found.unit->unit));
    const std::string_view rest = call.receiver.text().substr(found.unit->offset);
    return Cell::of(static_cast<double>(decode_first(rest).code_point));
}

Cell includes(Call& call) {
    const auto needle = call.text(0);
    if (!needle) return Evaluator::failed();
    const auto from = call.integer(1);
    if (!from || !call.evaluator.charge_scan(call.receiver.size + needle->size()))
        return Evaluator::failed();
    const std::size_t start = clamped_position(*from, call.receiver.size);
    return Cell::of(contains_utf16(call.receiver.text(), *needle, start));
}

Cell index_of(Call& call) {
    const auto search = search_of(call);
    if (!search) return Evaluator::failed();
    const auto from = call.integer(1);
    if (!from) return Evaluator::failed();
    return place(search->text.find(search->needle, clamped_position(*from, search->text.size())));
}

Cell last_index_of(Call& call) {
    const auto search = search_of(call);
    if (!search) return Evaluator::failed();
    const auto number = call.number(1);
    if (!number) return Evaluator::failed();
    const double from =
        std::isnan(*number) ? std::numeric_limits<double>::infinity() : std::trunc(*number);
    const std::size_t start = clamped_position(from, search->text.size());
    return place(search->text.find_last(search->needle, start));
}

Cell starts_with(Call& call) {
    const auto search = search_of(call);
    if (!search) return Evaluator::failed();
    const auto from = call.integer(1);
    if (!from) return Evaluator::failed();
    return Cell::of(
        search->text.has_at(search->needle, clamped_position(*from, search->text.size())));
}

Cell ends_with(Call& call) {
    const auto search = search_of(call);
    if (!search) return Evaluator::failed();
    const auto end = call.integer(1, std::numeric_limits<double>::infinity());
    if (!end) return Evaluator::failed();
    const std::size_t stop = clamped_position(*end, search->text.size());
    const std::size_t size = search->needle.size();
    return Cell::of(size <= stop && search->text.has_at(search->needle, stop - size));
}

constexpr auto table = std::to_array<Builtin>({
    {"string", "at", &at, "index"},
    {"string", "charAt", &char_at, "index"},
    {"string", "charCodeAt", &char_code_at, "index"},
    {"string", "codePointAt", &code_point_at, "index"},
    {"string", "endsWith", &ends_with, "text, end?"},
    {"string", "includes", &includes, "text, start?"},
    {"string", "indexOf", &index_of, "text, start?"},
    {"string", "lastIndexOf", &last_index_of, "text, start?"},
    {"string", "startsWith", &starts_with, "text, start?"},
});

}  // namespace

std::span<const Builtin> text_search_builtins() {
    return table;
}

}  // namespace millrace::expr
