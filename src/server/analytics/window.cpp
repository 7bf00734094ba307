// SPDX-License-Identifier: Apache-2.0
#include "analytics/window.hpp"

#include <algorithm>

namespace millrace::server {
namespace {

using store::RollupSpan;

core::Time end_of(RollupSpan span, core::Time time) {
    const core::Time start = store::start_of(span, time);
    return start == time ? time : start + store::length_of(span);
}

/// The shortest rows that are still there of `time`, but none shorter than `finest`.
RollupSpan shortest_at(core::Time time, RollupSpan finest, core::Time now,
                       const RollupKeeping& keeping) {
    for (const RollupSpan span : {RollupSpan::minute, RollupSpan::hour})
        if (span >= finest && time >= now - kept_for(keeping, span)) return span;
    return RollupSpan::day;
}

/// The longest that begins at `time`, ends by `before` and is not longer than a day.
RollupSpan longest_at(core::Time time, core::Time before) {
    for (const RollupSpan span : {RollupSpan::day, RollupSpan::hour})
        if (store::start_of(span, time) == time && time + store::length_of(span) <= before)
            return span;
    return RollupSpan::minute;
}

}  // namespace

core::Duration kept_for(const RollupKeeping& keeping, RollupSpan span) {
    switch (span) {
        case RollupSpan::minute: return keeping.minutes;
        case RollupSpan::hour: return keeping.hours;
        case RollupSpan::day: return keeping.days;
    }
    return keeping.days;
}

core::Time needed_from(RollupSpan span, core::Time now, const RollupKeeping& keeping) {
    // A window that ends where the shorter rows begin to be there has them from the last longer
    // one's end on.
    const RollupSpan longer = span == RollupSpan::minute ? RollupSpan::hour : RollupSpan::day;
    return now - kept_for(keeping, span) - store::length_of(longer);
}

AnalyticsWindow cover(core::Time from, core::Time before, RollupSpan finest, core::Time now,
                      const RollupKeeping& keeping) {
    from = std::max(from, now - keeping.days);
    before = std::max(from, std::min(before, now + core::Duration{1}));
    AnalyticsWindow window;
    window.from = store::start_of(shortest_at(from, finest, now, keeping), from);
    window.before = end_of(shortest_at(before, finest, now, keeping), before);
    for (core::Time at = window.from; at < window.before;) {
        const RollupSpan span = longest_at(at, window.before);
        const core::Time next = at + store::length_of(span);
        if (!window.parts.empty() && window.parts.back().span == span) {
            window.parts.back().before = next;
        } else {
            window.parts.push_back({span, at, next});
        }
        at = next;
    }
    return window;
}

AnalyticsWindow cover_evenly(core::Time from, core::Time before, RollupSpan span, core::Time now,
                             const RollupKeeping& keeping) {
    from = std::max(from, now - kept_for(keeping, span));
    before = std::max(from, std::min(before, now + core::Duration{1}));
    AnalyticsWindow window{store::start_of(span, from), end_of(span, before), {}};
    window.parts.push_back({span, window.from, window.before});
    return window;
}

}  // namespace millrace::server
