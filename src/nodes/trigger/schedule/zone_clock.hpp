// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "millrace/expr/host.hpp"
#include "trigger/schedule/cron.hpp"

namespace millrace::nodes {

/// What the clocks of one zone show. Instants are seconds since 1970, local times the same as if
/// the clock showed UTC. A zone's clock is taken to change at most once within two days.
class ZoneClock {
public:
    ZoneClock() = default;  ///< UTC
    /// The zone is one of the host's, which outlives this.
    ZoneClock(const expr::Host& host, std::string zone) : host_{&host}, zone_{std::move(zone)} {}

    std::int64_t shown_at(std::int64_t instant) const { return instant + offset_at(instant); }
    /// The latest time that the clock has shown up to this instant: when it was turned back of
    /// late, more than it shows now.
    std::int64_t latest_shown(std::int64_t instant) const;
    /// When the clock shows this time or a later one for the first time. Of a time that it shows
    /// twice that is the first, of one that it skips the end of the gap.
    std::int64_t reached_at(std::int64_t local) const;
    /// The first instant after `after`, and not after `until`, at which the clock is turned.
    std::optional<std::int64_t> turned_within(std::int64_t after, std::int64_t until) const;

private:
    std::int64_t offset_at(std::int64_t instant) const;

    const expr::Host* host_ = nullptr;
    std::string zone_;
};

/// When an expression is due for the next time after an instant.
///
/// One that names hours follows the local clock: what it skips is due at the end of the gap, once,
/// and what it shows twice at the first time only. One with `*` for the hours goes on through both,
/// at all instants at which the clock shows what fits.
std::optional<std::int64_t> next_due(const Cron& cron, const ZoneClock& clock, std::int64_t after);

}  // namespace millrace::nodes
