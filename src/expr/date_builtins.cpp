// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "builtins.hpp"
#include "calendar.hpp"
#include "date_text.hpp"
#include "millrace/core/problem.hpp"

// $date: instants are milliseconds since 1970, as `now()` gives them; a zone's rules come from the
// host. Where JavaScript's Date would read the machine's clock or zone, this takes arguments.
namespace millrace::expr {

namespace {

using Kind = Cell::Kind;

Cell fail_date(const Call& call, std::string_view code, const std::string& what) {
    return call.evaluator.fail(code, core::ErrorClass::expression,
                               "`" + call.evaluator.source_of(call.node) + "`: " + what);
}

Cell of_instant(const Call& call, std::int64_t instant) {
    if (instant > instant_max || instant < -instant_max)
        return fail_date(call, "bad_date", "the time lies outside of the years -271821 to 275760");
    return Cell::of(static_cast<double>(instant));
}

/// The clock of the zone that an argument names; UTC when it is undefined or null.
std::optional<LocalClock> clock_of(const Call& call, std::size_t index) {
    if (call.argument(index).is_nullish()) return LocalClock{};
    const auto zone = call.text(index);
    if (!zone) return std::nullopt;
    if (*zone == "UTC") return LocalClock{};
    const Host* const host = call.evaluator.program().host;
    if (host == nullptr) {
        call.fail_not_native("a time zone");
        return std::nullopt;
    }
    if (host->has_zone(*zone)) return LocalClock{*host, *zone};
    const std::string near = host->nearest_zone(*zone);
    fail_date(
        call, "bad_zone",
        "there is no time zone `" + std::string{*zone} + "`; " +
            (near.empty() ? "write one like `Europe/Berlin`" : "did you mean `" + near + "`?"));
    return std::nullopt;
}

std::optional<std::int64_t> parsed(const Call& call, std::string_view text,
                                   const LocalClock& clock) {
    constexpr std::size_t shown_max = 40;
    if (!call.evaluator.charge_scan(text.size())) return std::nullopt;
    const auto instant = parse_date(text, clock);
    if (!instant)
        fail_date(call, "bad_date",
                  "\"" + std::string{text.substr(0, shown_max)} +
                      "\" is no date; write one like `2026-01-31` or `2026-01-31T12:00:00Z`");
    return instant;
}

/// An argument that is a time: milliseconds since 1970, or a text as $date.parse reads it.
std::optional<std::int64_t> instant_of(const Call& call, std::size_t index) {
    if (call.argument(index).is_string()) {
        const auto text = call.text(index);
        return text ? parsed(call, *text, LocalClock{}) : std::nullopt;
    }
    const auto number = call.number(index);
    if (!number) return std::nullopt;
    if (!(std::fabs(*number) <= static_cast<double>(instant_max))) {
        fail_date(call, "bad_date", "a time is a number of milliseconds since 1970, or a text");
        return std::nullopt;
    }
    return static_cast<std::int64_t>(std::floor(*number));
}

enum class Unit : std::uint8_t {
    year,
    quarter,
    month,
    week,
    day,
    hour,
    minute,
    second,
    millisecond
};
constexpr std::array<std::string_view, 9> unit_names{
    "years", "quarters", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds"};

// Months in the calendar's units, days in weeks and days, milliseconds in the exact ones.
constexpr std::array<std::int64_t, 9> unit_sizes{
    12, 3, 1, 7, 1, ms_per_hour, ms_per_minute, ms_per_second, 1};

bool is_months(Unit unit) {
    return unit <= Unit::month;
}
bool is_days(Unit unit) {
    return unit == Unit::week || unit == Unit::day;
}
std::int64_t size_of(Unit unit) {
    return unit_sizes[static_cast<std::size_t>(unit)];
}

/// `days` or `day`.
std::optional<Unit> unit_of(const Call& call, std::string_view name) {
    for (std::size_t i = 0; i < unit_names.size(); ++i) {
        const std::string_view plural = unit_names[i];
        if (name == plural || name == plural.substr(0, plural.size() - 1))
            return static_cast<Unit>(i);
    }
    const std::vector<std::string_view> names{unit_names.begin(), unit_names.end()};
    const std::string near = core::nearest(name, names);
    fail_date(call, "bad_unit",
              "there is no unit `" + std::string{name} + "`; " +
                  (near.empty() ? "there are years, quarters, months, weeks, days, hours, "
                                  "minutes, seconds and milliseconds"
                                : "did you mean `" + near + "`?"));
    return std::nullopt;
}

/// A span of time, in the parts that a calendar keeps apart.
struct Span {
    std::int64_t months = 0;
    std::int64_t days = 0;
    std::int64_t ms = 0;
};

// Beyond this any instant has left its range.
constexpr double amount_max = 2e16;

bool add_part(const Call& call, Span& span, const CellMember& part) {
    const auto unit = unit_of(call, part.key);
    if (!unit) return false;
    const Cell number = call.evaluator.to_number(part.cell, call.node);
    if (!number.has_result()) return false;
    const bool exact = !is_months(*unit) && !is_days(*unit);
    const double amount = number.number * static_cast<double>(size_of(*unit));
    const double whole = std::trunc(exact ? amount : number.number);
    if (!(std::fabs(amount) <= amount_max) || (!exact && whole != number.number)) {
        fail_date(call, "bad_unit",
                  "`" + std::string{part.key} + "` is not a number" +
                      (exact ? "" : " without a fraction") + " within the range of time");
        return false;
    }
    auto& total = exact ? span.ms : is_days(*unit) ? span.days : span.months;
    total += static_cast<std::int64_t>(std::trunc(amount));
    return true;
}

/// Calendar parts go by the local clock, the others by the time that passes.
std::int64_t after(std::int64_t instant, const Span& span, const LocalClock& clock) {
    if (span.months != 0 || span.days != 0) {
        const std::int64_t local = clock.local_of(instant);
        const CalendarDay day = calendar_day(floor_divide(local, ms_per_day));
        const std::int64_t days = days_of(after_months(day, span.months)) + span.days;
        // Far outside there is no clock to ask; the caller refuses the result anyway.
        if (std::abs(days) > 2 * instant_max / ms_per_day)
            return days > 0 ? instant_max + 1 : -instant_max - 1;
        instant = clock.instant_of(days * ms_per_day + floor_modulo(local, ms_per_day));
    }
    return instant + span.ms;
}

Cell parse(Call& call) {
    const auto text = call.text(0);
    if (!text) return Evaluator::failed();
    const auto clock = clock_of(call, 1);
    if (!clock) return Evaluator::failed();
    const auto instant = parsed(call, *text, *clock);
    return instant ? of_instant(call, *instant) : Evaluator::failed();
}

Cell format(Call& call) {
    const auto instant = instant_of(call, 0);
    if (!instant) return Evaluator::failed();
    const auto pattern = call.text(1);
    if (!pattern || !call.evaluator.charge(pattern->size())) return Evaluator::failed();
    const auto clock = clock_of(call, 2);
    if (!clock) return Evaluator::failed();
    std::string unknown;
    const auto text = format_date(*instant, *pattern, *clock, unknown);
    if (text) return call.evaluator.text_cell(*text);
    if (unknown == "'") return fail_date(call, "bad_pattern", "the pattern's quote never ends");
    return fail_date(call, "bad_pattern",
                     "`" + unknown + "` means nothing in a pattern; put text into single quotes");
}

Cell iso(Call& call) {
    const auto instant = instant_of(call, 0);
    if (!instant) return Evaluator::failed();
    const auto clock = clock_of(call, 1);
    return clock ? call.evaluator.text_cell(iso_text(*instant, *clock)) : Evaluator::failed();
}

Cell add(Call& call) {
    const auto instant = instant_of(call, 0);
    if (!instant) return Evaluator::failed();
    const Cell parts = call.argument(1);
    if (parts.kind != Kind::object && parts.kind != Kind::literal_object)
        return call.fail_type("the second argument is an object such as `{ days: 1 }`");
    const auto members = members_of(call.evaluator, parts);
    if (!members) return Evaluator::failed();
    Span span;
    for (const CellMember& part : *members)
        if (!add_part(call, span, part)) return Evaluator::failed();
    const auto clock = clock_of(call, 2);
    return clock ? of_instant(call, after(*instant, span, *clock)) : Evaluator::failed();
}

/// The greatest whole number of units, away from zero, after which `from` has not passed `to`.
std::int64_t whole_units(std::int64_t from, std::int64_t to, Unit unit, const LocalClock& clock) {
    if (!is_months(unit) && !is_days(unit)) return (to - from) / size_of(unit);
    const auto passed = [&](std::int64_t count) {
        Span span;
        (is_months(unit) ? span.months : span.days) = count * size_of(unit);
        const std::int64_t reached = after(from, span, clock);
        return to >= from ? reached > to : reached < to;
    };
    // A day or a month off at most, by the clock's changes and the months' lengths.
    const std::int64_t days = (clock.local_of(to) - clock.local_of(from)) / ms_per_day;
    const CalendarDay start = calendar_day(floor_divide(clock.local_of(from), ms_per_day));
    const CalendarDay end = calendar_day(floor_divide(clock.local_of(to), ms_per_day));
    const std::int64_t months = (end.year - start.year) * 12 + end.month - start.month;
    std::int64_t count = (is_months(unit) ? months : days) / size_of(unit);
    const std::int64_t step = to >= from ? 1 : -1;
    while (!passed(count + step))
        count += step;
    while (count != 0 && passed(count))
        count -= step;
    return count;
}

Cell diff(Call& call) {
    const auto from = instant_of(call, 0);
    if (!from) return Evaluator::failed();
    const auto to = instant_of(call, 1);
    if (!to) return Evaluator::failed();
    Unit unit = Unit::millisecond;
    if (call.argument(2).kind != Kind::undefined) {
        const auto name = call.text(2);
        if (!name) return Evaluator::failed();
        const auto found = unit_of(call, *name);
        if (!found) return Evaluator::failed();
        unit = *found;
    }
    const auto clock = clock_of(call, 3);
    if (!clock) return Evaluator::failed();
    return Cell::of(static_cast<double>(whole_units(*from, *to, unit, *clock)));
}

std::int64_t start_of_local(std::int64_t local, Unit unit) {
    if (!is_months(unit) && !is_days(unit)) return local - floor_modulo(local, size_of(unit));
    std::int64_t days = floor_divide(local, ms_per_day);
    CalendarDay day = calendar_day(days);
    if (unit == Unit::week) days -= weekday_of(days) - 1;
    if (is_months(unit)) {
        const auto size = static_cast<int>(size_of(unit));
        day.month = (day.month - 1) / size * size + 1;
        day.day = 1;
        days = days_of(day);
    }
    return days * ms_per_day;
}

Cell start_of(Call& call) {
    const auto instant = instant_of(call, 0);
    if (!instant) return Evaluator::failed();
    const auto name = call.text(1);
    if (!name) return Evaluator::failed();
    const auto unit = unit_of(call, *name);
    if (!unit) return Evaluator::failed();
    const auto clock = clock_of(call, 2);
    if (!clock) return Evaluator::failed();
    const std::int64_t local = clock->local_of(*instant);
    const std::int64_t start = start_of_local(local, *unit);
    // Within a day nothing is looked up again: an hour that comes twice keeps its place.
    if (!is_months(*unit) && !is_days(*unit)) return of_instant(call, *instant - (local - start));
    return of_instant(call, clock->instant_of(start));
}

Cell parts(Call& call) {
    const auto instant = instant_of(call, 0);
    if (!instant) return Evaluator::failed();
    const auto clock = clock_of(call, 1);
    if (!clock) return Evaluator::failed();
    const std::int64_t local = clock->local_of(*instant);
    const std::int64_t days = floor_divide(local, ms_per_day);
    const std::int64_t ms = floor_modulo(local, ms_per_day);
    const CalendarDay day = calendar_day(days);
    const std::array<std::pair<std::string_view, std::int64_t>, 11> fields{
        {{"year", day.year},
         {"month", day.month},
         {"day", day.day},
         {"hour", ms / ms_per_hour},
         {"minute", ms / ms_per_minute % 60},
         {"second", ms / ms_per_second % 60},
         {"millisecond", ms % ms_per_second},
         {"weekday", weekday_of(days)},
         {"week", iso_week_of(days).week},
         {"dayOfYear", day_of_year(days)},
         {"offset", local - *instant}}};
    ObjectMaker object{call.evaluator, fields.size()};
    for (const auto& [key, number] : fields)
        if (!object.set(key, Cell::of(static_cast<double>(number)))) return Evaluator::failed();
    return object.finish();
}

Cell zone(Call& call) {
    const auto instant = instant_of(call, 0);
    if (!instant) return Evaluator::failed();
    const auto clock = clock_of(call, 1);
    return clock ? Cell::of(static_cast<double>(clock->offset_at(*instant))) : Evaluator::failed();
}

constexpr auto table = std::to_array<Builtin>({
    {"$date", "add", &add, "time, parts, zone?"},
    {"$date", "diff", &diff, "from, to, unit?, zone?"},
    {"$date", "format", &format, "time, pattern, zone?"},
    {"$date", "iso", &iso, "time, zone?"},
    {"$date", "parse", &parse, "text, zone?"},
    {"$date", "parts", &parts, "time, zone?"},
    {"$date", "startOf", &start_of, "time, unit, zone?"},
    {"$date", "zone", &zone, "time, zone"},
});

}  // namespace

std::span<const Builtin> date_builtins() {
    return table;
}

}  // namespace millrace::expr
