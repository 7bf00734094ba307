// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/profiler.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "millrace/core/check.hpp"
#include "millrace/ecs/world.hpp"

namespace millrace::ecs {
namespace {

std::string fixed(double value, int digits) {
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return {text.data(), static_cast<std::size_t>(std::max(length, 0))};
}

using Cells = std::vector<std::string>;

/// Columns as wide as their widest cell: the first one to the left, the others to the right.
std::string table(const std::vector<Cells>& rows) {
    std::vector<std::size_t> widths(rows.front().size(), 0);
    for (const Cells& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const Cells& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string space(widths[i] - row[i].size(), ' ');
            text += i == 0 ? row[i] + space : "  " + space + row[i];
        }
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    }
    return text;
}

Cells cells_of(const std::string& name, const Timing& time, double tick_ns) {
    const auto ms = [&](std::uint64_t ticks) {
        return fixed(static_cast<double>(ticks) * tick_ns / 1e6, 3);
    };
    return {name,
            std::to_string(time.count),
            ms(time.total),
            ms(time.mean()),
            time.count == 0 ? ms(0) : ms(time.min),
            ms(time.max),
            ms(time.last)};
}

std::string kib(std::size_t bytes) {
    return fixed(static_cast<double>(bytes) / 1024, 1);
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : " ") + name;
    return text.empty() ? "(no components)" : text;
}

}  // namespace

void Timing::add(std::uint64_t ticks) noexcept {
    ++count;
    total += ticks;
    min = std::min(min, ticks);
    max = std::max(max, ticks);
    last = ticks;
}

std::string ProfileReport::text(double tick_ns) const {
    std::vector<Cells> times{{"ms", "runs", "total", "mean", "min", "max", "last"}};
    times.push_back(cells_of("frame", frame, tick_ns));
    for (const SystemProfile& system : systems)
        times.push_back(cells_of("  " + system.name, system.time, tick_ns));

    std::vector<Cells> memory{{"KiB", "entities", "chunks", "used", "reserved"}};
    memory.push_back({"world", std::to_string(world.entities), std::to_string(world.chunks),
                      kib(world.bytes_used), kib(world.bytes_reserved)});
    for (const ArchetypeStats& each : archetypes)
        memory.push_back({"  " + joined(each.components), std::to_string(each.entities),
                          std::to_string(each.chunks), kib(each.bytes_used),
                          kib(each.bytes_reserved)});
    return table(times) + "\n" + table(memory);
}

Profiler::Profiler(TickSource now) : now_(std::move(now)) {
    MR_CHECK(now_ != nullptr);
}

SystemProfile& Profiler::profile(const std::string& name) {
    const auto found = std::find_if(systems_.begin(), systems_.end(),
                                    [&](const auto& each) { return each.name == name; });
    if (found != systems_.end()) return *found;
    SystemProfile fresh;
    fresh.name = name;
    return systems_.emplace_back(std::move(fresh));
}

void Profiler::frame_started(const World& /*world*/) {
    frame_began_ = now_();
}

void Profiler::frame_finished(const World& world) {
    frame_.add(now_() - frame_began_);
    entities_max_ = std::max(entities_max_, world.size());
}

void Profiler::started(const World& world, const System& /*system*/) {
    entities_before_ = world.size();
    system_began_ = now_();
}

void Profiler::finished(const World& world, const System& system) {
    const std::uint64_t ticks = now_() - system_began_;
    SystemProfile& each = profile(system.name);
    each.time.add(ticks);
    const std::size_t after = world.size();
    if (after >= entities_before_)
        each.entities_gained += after - entities_before_;
    else
        each.entities_lost += entities_before_ - after;
}

ProfileReport Profiler::report(const World& world) const {
    ProfileReport result;
    result.frame = frame_;
    result.entities_max = entities_max_;
    result.systems = systems_;
    result.world = world.stats();
    result.archetypes = world.archetype_stats();
    return result;
}

void Profiler::reset() {
    frame_ = {};
    entities_max_ = 0;
    systems_.clear();
}

}  // namespace millrace::ecs
