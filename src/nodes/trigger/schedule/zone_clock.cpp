// SPDX-License-Identifier: Apache-2.0
#include "trigger/schedule/zone_clock.hpp"

#include <algorithm>

namespace millrace::nodes {
namespace {

constexpr std::int64_t hour = 3'600;
/// More than any zone is off UTC, and than any clock was ever turned at once.
constexpr std::int64_t turn_max = 26 * hour;

std::optional<std::int64_t> next_by_the_clock(const Cron& cron, const ZoneClock& clock,
                                              std::int64_t after) {
    // The instant at which a local time is reached first never falls as that time rises. So the
    // least time that has not been shown yet is the next one.
    const auto local = cron.next_after(clock.latest_shown(after));
    return local ? std::optional{clock.reached_at(*local)} : std::nullopt;
}

std::optional<std::int64_t> next_in_real_time(const Cron& cron, const ZoneClock& clock,
                                              std::int64_t after) {
    for (;;) {
        const std::int64_t shown = clock.shown_at(after);
        const auto local = cron.next_after(shown);
        if (!local) return std::nullopt;
        const std::int64_t found = after + (*local - shown);  // unless the clock is turned before
        const std::int64_t horizon = std::min(found, after + turn_max);
        if (const auto turned = clock.turned_within(after, horizon)) {
            if (cron.fits(clock.shown_at(*turned))) return turned;
            after = *turned;
        } else if (found == horizon) {
            return found;
        } else {
            // Far off. However the clock is turned until a day before, it shows nothing that fits:
            // that far it is turned neither forward, nor back to what has been.
            after = std::max(horizon, *local - 2 * turn_max);
        }
    }
}

}  // namespace

std::int64_t ZoneClock::offset_at(std::int64_t instant) const {
    return host_ == nullptr ? 0 : host_->offset_at(zone_, instant * 1'000) / 1'000;
}

std::optional<std::int64_t> ZoneClock::turned_within(std::int64_t after, std::int64_t until) const {
    const std::int64_t before = offset_at(after);
    if (after >= until || offset_at(until) == before) return std::nullopt;
    std::int64_t low = after;
    std::int64_t high = until;
    while (high - low > 1) {
        const std::int64_t middle = low + (high - low) / 2;
        (offset_at(middle) == before ? low : high) = middle;
    }
    return high;
}

std::int64_t ZoneClock::latest_shown(std::int64_t instant) const {
    const std::int64_t shown = shown_at(instant);
    const auto turned = turned_within(instant - turn_max, instant);
    return turned ? std::max(shown, shown_at(*turned - 1)) : shown;
}

std::int64_t ZoneClock::reached_at(std::int64_t local) const {
    const std::int64_t from = local - turn_max;
    const std::int64_t by_old = local - offset_at(from);
    const auto turned = turned_within(from, local + turn_max);
    if (!turned || by_old < *turned) return by_old;
    return std::max(*turned, local - offset_at(*turned));
}

std::optional<std::int64_t> next_due(const Cron& cron, const ZoneClock& clock, std::int64_t after) {
    return cron.is_every_hour() ? next_in_real_time(cron, clock, after)
                                : next_by_the_clock(cron, clock, after);
}

}  // namespace millrace::nodes
