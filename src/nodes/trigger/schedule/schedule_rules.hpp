// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "millrace/nodes/schedule.hpp"
#include "trigger/schedule/cron.hpp"
#include "trigger/schedule/zone_clock.hpp"

namespace millrace::nodes {

class CronRule final : public Schedule::Rule {
public:
    CronRule(Cron cron, ZoneClock clock) : cron_{cron}, clock_{std::move(clock)} {}

    std::optional<core::Time> next_after(core::Time after) const override {
        const std::int64_t second = after.ms / 1'000 - static_cast<int>(after.ms % 1'000 < 0);
        const auto next = next_due(cron_, clock_, second);
        return next ? std::optional{core::Time{*next * 1'000}} : std::nullopt;
    }

private:
    Cron cron_;
    ZoneClock clock_;
};

/// Every so often, counted from an origin in both directions.
class IntervalRule final : public Schedule::Rule {
public:
    IntervalRule(core::Duration interval, core::Time origin)
        : interval_{interval}, origin_{origin} {}

    std::optional<core::Time> next_after(core::Time after) const override {
        const std::int64_t since = after.ms - origin_.ms;
        const std::int64_t count =
            since / interval_.ms - static_cast<int>(since % interval_.ms < 0) + 1;
        return core::Time{origin_.ms + count * interval_.ms};
    }

private:
    core::Duration interval_;
    core::Time origin_;
};

/// At times that are given one by one, in order.
class ListRule final : public Schedule::Rule {
public:
    explicit ListRule(std::vector<core::Time> times) : times_{std::move(times)} {}

    std::optional<core::Time> next_after(core::Time after) const override {
        const auto next = std::ranges::upper_bound(times_, after);
        return next == times_.end() ? std::nullopt : std::optional{*next};
    }

private:
    std::vector<core::Time> times_;
};

}  // namespace millrace::nodes
