// SPDX-License-Identifier: Apache-2.0
#include "frames/frame_clock.hpp"

#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

using core::Duration;
using core::Time;

TEST(FrameClock, FollowsTheWallClock) {
    FrameClock clock;
    clock.start(Time{500}, Time{1'000}, Duration{0});
    EXPECT_EQ(clock.read(Time{1'000}, Duration{0}).time, Time{1'000});
    EXPECT_EQ(clock.read(Time{1'250}, Duration{250}).time, Time{1'250});
}

TEST(FrameClock, GoesOnByTheMonotonicClockWhileTheWallClockIsBehind) {
    FrameClock clock;
    clock.start(Time{10'000}, Time{4'000}, Duration{0});
    const FrameClock::Reading first = clock.read(Time{4'100}, Duration{100});
    EXPECT_EQ(first.time, Time{10'100});
    EXPECT_EQ(first.behind, Duration{6'000});
    EXPECT_EQ(clock.read(Time{4'300}, Duration{300}).time, Time{10'300});
}

TEST(FrameClock, NeverDecreasesWhenTheWallClockIsSetBack) {
    FrameClock clock;
    clock.start(Time{0}, Time{50'000}, Duration{0});
    EXPECT_EQ(clock.read(Time{50'000}, Duration{0}).time, Time{50'000});
    EXPECT_EQ(clock.read(Time{20'000}, Duration{5}).time, Time{50'005});
    EXPECT_EQ(clock.read(Time{60'000}, Duration{9}).time, Time{60'000});
}

TEST(FrameClock, TellsOfAForwardJumpButNotOfCorrections) {
    FrameClock clock;
    clock.start(Time{0}, Time{1'000}, Duration{0});
    EXPECT_EQ(clock.read(Time{2'050}, Duration{1'000}).jumped, Duration{0});
    EXPECT_EQ(clock.read(Time{3'602'050}, Duration{1'000}).jumped, Duration{3'600'000});
}

}  // namespace
}  // namespace millrace::runtime
