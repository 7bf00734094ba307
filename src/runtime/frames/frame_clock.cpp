// SPDX-License-Identifier: Apache-2.0
#include "frames/frame_clock.hpp"

#include <algorithm>

namespace millrace::runtime {
namespace {

// Time daemons correct by less; a suspended machine or a person by more.
constexpr core::Duration jump_min{10'000};

}  // namespace

void FrameClock::start(core::Time last, core::Time wall, core::Duration monotonic) {
    last_ = last;
    last_wall_ = wall;
    last_monotonic_ = monotonic;
}

FrameClock::Reading FrameClock::read(core::Time wall, core::Duration monotonic) {
    const core::Duration passed = monotonic - last_monotonic_;
    const core::Duration extra = (wall - last_wall_) - passed;
    Reading reading;
    reading.time = wall >= last_ ? wall : last_ + passed;
    reading.behind = std::max(core::Duration{}, reading.time - wall);
    reading.jumped = extra >= jump_min ? extra : core::Duration{};
    last_ = reading.time;
    last_wall_ = wall;
    last_monotonic_ = monotonic;
    return reading;
}

}  // namespace millrace::runtime
