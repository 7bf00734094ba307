// SPDX-License-Identifier: Apache-2.0
#include "analytics/analytics_values.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <functional>

#include "millrace/format/expression_host.hpp"

namespace millrace::server {
namespace {

using core::Value;
using store::Rollup;
using store::RollupSpan;

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_ms = 24 * hour_ms;
constexpr std::int64_t hours_per_week = 168;
/// 1970-01-01 was a Thursday, three days after a Monday.
constexpr std::int64_t epoch_weekday = 3;

Value number(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

double ratio(std::uint64_t part, std::uint64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
}

/// With a thousandth of its unit.
Value average(std::uint64_t sum, std::uint64_t count) {
    if (count == 0) return {};
    const double exact = ratio(sum, count);
    return static_cast<double>(static_cast<std::int64_t>(exact * 1'000.0 + 0.5)) / 1'000.0;
}

Value duration_value(const store::Histogram& durations) {
    if (durations.count() == 0) return {};
    return Value::object({{"count", number(durations.count())},
                          {"average", average(durations.sum(), durations.count())},
                          {"min", number(durations.min())},
                          {"max", number(durations.max())},
                          {"p50", number(durations.quantile(0.50))},
                          {"p95", number(durations.quantile(0.95))},
                          {"p99", number(durations.quantile(0.99))}});
}

Value usage_value(const store::Usage& usage) {
    if (usage.count == 0) return {};
    return Value::object({{"attempts", number(usage.count)},
                          {"average", average(usage.sum, usage.count)},
                          {"max", number(usage.max)},
                          {"total", number(usage.sum)}});
}

Value resources_value(const Rollup& rollup) {
    return Value::object({{"cpu_us", usage_value(rollup.cpu_us)},
                          {"memory_bytes", usage_value(rollup.memory_bytes)},
                          {"sent_bytes", usage_value(rollup.sent_bytes)},
                          {"received_bytes", usage_value(rollup.received_bytes)}});
}

Value error_rate(const Rollup& rollup) {
    const std::uint64_t decided = rollup.completed + rollup.failed;
    return decided == 0 ? Value{} : Value{ratio(rollup.failed, decided)};
}

/// `2026-03-29T14:00:00+02:00`.
std::string local_text(core::Time time, std::int64_t offset_ms) {
    const std::string local = core::Time{time.ms + offset_ms}.text().substr(0, 19);
    const std::int64_t minutes = (offset_ms < 0 ? -offset_ms : offset_ms) / 60'000;
    std::array<char, 8> offset{};
    std::snprintf(offset.data(), offset.size(), "%c%02d:%02d", offset_ms < 0 ? '-' : '+',
                  static_cast<int>(minutes / 60 % 24), static_cast<int>(minutes % 60));
    return local + offset.data();
}

std::size_t week_slot(core::Time local) {
    const std::int64_t since_monday = local.ms + epoch_weekday * day_ms;
    const std::int64_t hour = since_monday / hour_ms - (since_monday % hour_ms < 0 ? 1 : 0);
    return static_cast<std::size_t>(((hour % hours_per_week) + hours_per_week) % hours_per_week);
}

std::vector<core::Member> slot_members(const Rollup& rollup) {
    return {{"count", number(rollup.ended())},
            {"completed", number(rollup.completed)},
            {"failed", number(rollup.failed)},
            {"success_rate", success_rate(rollup)}};
}

Value trend_entry(core::Time start, const Rollup& rollup) {
    const store::Histogram& durations = rollup.duration_ms;
    const bool is_timed = durations.count() > 0;
    return Value::object({{"start", start.text()},
                          {"started", number(rollup.started)},
                          {"completed", number(rollup.completed)},
                          {"failed", number(rollup.failed)},
                          {"canceled", number(rollup.canceled)},
                          {"success_rate", success_rate(rollup)},
                          {"average_ms", average(durations.sum(), durations.count())},
                          {"p95_ms", is_timed ? number(durations.quantile(0.95)) : Value{}}});
}

}  // namespace

Value success_rate(const Rollup& rollup) {
    const std::uint64_t decided = rollup.completed + rollup.failed;
    return decided == 0 ? Value{} : Value{ratio(rollup.completed, decided)};
}

Value errors_value(const Rollup& rollup, std::size_t limit) {
    std::vector<std::pair<std::uint64_t, std::string_view>> errors;
    std::uint64_t all = 0;
    for (const auto& [code, count] : rollup.errors) {
        errors.emplace_back(count, code);
        all += count;
    }
    // Equal ones in order of their codes.
    std::ranges::stable_sort(errors, std::ranges::greater{},
                             [](const auto& error) { return error.first; });
    std::vector<Value> items;
    for (const auto& [count, code] : errors) {
        if (items.size() == limit) break;
        items.push_back(Value::object(
            {{"code", code}, {"count", number(count)}, {"share", ratio(count, all)}}));
    }
    return Value::array(std::move(items));
}

std::vector<core::Member> rollup_members(const Rollup& rollup, bool of_node) {
    std::vector<core::Member> members{{"started", number(rollup.started)},
                                      {"completed", number(rollup.completed)},
                                      {"failed", number(rollup.failed)},
                                      {"canceled", number(rollup.canceled)}};
    if (of_node) {
        members.push_back({"skipped", number(rollup.skipped)});
        members.push_back({"attempts", number(rollup.attempts)});
    }
    members.push_back({"retries", number(rollup.retries)});
    members.push_back({"success_rate", success_rate(rollup)});
    members.push_back({"error_rate", error_rate(rollup)});
    members.push_back({"duration_ms", duration_value(rollup.duration_ms)});
    members.push_back({"errors", errors_value(rollup, Rollup::errors_max + 1)});
    members.push_back({"resources", resources_value(rollup)});
    return members;
}

Value trend_value(const std::vector<store::RollupRow>& rows, const AnalyticsWindow& window) {
    std::vector<Value> entries;
    const core::Duration length = store::length_of(window.parts.front().span);
    auto row = rows.begin();
    for (core::Time start = window.from; start < window.before; start = start + length) {
        const bool is_there = row != rows.end() && row->start == start;
        entries.push_back(trend_entry(start, is_there ? row->rollup : Rollup{}));
        if (is_there) ++row;
    }
    return Value::array(std::move(entries));
}

Value gaps_value(const std::vector<store::RollupGap>& gaps) {
    std::vector<Value> items;
    for (const store::RollupGap& gap : gaps)
        items.push_back(Value::object(
            {{"from", gap.from ? Value{gap.from->text()} : Value{}}, {"to", gap.to.text()}}));
    return Value::array(std::move(items));
}

Value week_value(const std::vector<store::RollupRow>& rows, std::string_view zone) {
    std::vector<Rollup> slots(hours_per_week);
    for (const store::RollupRow& row : rows) {
        const std::int64_t offset = format::expression_host().offset_at(zone, row.start.ms);
        slots[week_slot(core::Time{row.start.ms + offset})].merge(row.rollup);
    }
    std::vector<Value> items;
    for (std::size_t slot = 0; slot < slots.size(); ++slot) {
        std::vector<core::Member> members = slot_members(slots[slot]);
        members.insert(members.begin(), {{"weekday", static_cast<std::int64_t>(slot / 24 + 1)},
                                         {"hour", static_cast<std::int64_t>(slot % 24)}});
        items.push_back(Value::object(std::move(members)));
    }
    return Value::array(std::move(items));
}

Value hours_value(const std::vector<store::RollupRow>& rows, const AnalyticsWindow& window,
                  std::string_view zone) {
    std::vector<Value> items;
    auto row = rows.begin();
    for (core::Time start = window.from; start < window.before;
         start = start + core::Duration{hour_ms}) {
        const bool is_there = row != rows.end() && row->start == start;
        std::vector<core::Member> members = slot_members(is_there ? row->rollup : Rollup{});
        if (is_there) ++row;
        const std::int64_t offset = format::expression_host().offset_at(zone, start.ms);
        members.insert(members.begin(),
                       {{"start", start.text()}, {"local_start", local_text(start, offset)}});
        items.push_back(Value::object(std::move(members)));
    }
    return Value::array(std::move(items));
}

std::string_view to_text(RollupSpan span) {
    switch (span) {
        case RollupSpan::minute: return "minute";
        case RollupSpan::hour: return "hour";
        case RollupSpan::day: return "day";
    }
    return "hour";
}

std::optional<RollupSpan> parse_span(std::string_view text) {
    for (const RollupSpan span : {RollupSpan::minute, RollupSpan::hour, RollupSpan::day})
        if (to_text(span) == text) return span;
    return std::nullopt;
}

}  // namespace millrace::server
