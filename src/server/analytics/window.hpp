// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/store/rollups.hpp"

namespace millrace::server {

/// How long rollups are there, by the length of their span.
struct RollupKeeping {
    core::Duration minutes{6LL * 3'600'000};
    core::Duration hours{35LL * 24 * 3'600'000};
    core::Duration days{400LL * 24 * 3'600'000};
};

/// A time as rollups can tell it: widened to where their rows begin, and cut where they end.
struct AnalyticsWindow {
    core::Time from;
    core::Time before;
    std::vector<store::RollupPart> parts;  ///< cover it, each moment once; the fewest rows
};

/// From `from` to `before` with rows no shorter than `finest`, as far as those of that length are
/// kept; else by longer ones.
AnalyticsWindow cover(core::Time from, core::Time before, store::RollupSpan finest, core::Time now,
                      const RollupKeeping& keeping = {});

/// The same by rows of one length only.
AnalyticsWindow cover_evenly(core::Time from, core::Time before, store::RollupSpan span,
                             core::Time now, const RollupKeeping& keeping = {});

core::Duration kept_for(const RollupKeeping& keeping, store::RollupSpan span);

/// Rows of this length that begin earlier are in no window of `now` or later.
core::Time needed_from(store::RollupSpan span, core::Time now, const RollupKeeping& keeping = {});

}  // namespace millrace::server
