// SPDX-License-Identifier: Apache-2.0
#include "phase.hpp"

#include <gtest/gtest.h>

namespace millrace::engine {
namespace {

std::vector<Phase> all_phases() {
    std::vector<Phase> all;
    for (unsigned i = 0; i <= static_cast<unsigned>(phase_last); ++i)
        all.push_back(static_cast<Phase>(i));
    return all;
}

TEST(Phase, EndsForGood) {
    for (const Phase phase : all_phases())
        EXPECT_FALSE(may_follow(Phase::done, phase)) << to_text(phase);
}

TEST(Phase, LetsEveryOpenRunEndSoThatAnExecutionCanBeWoundUp) {
    for (const Phase phase : all_phases())
        EXPECT_EQ(may_follow(phase, Phase::done), phase != Phase::done) << to_text(phase);
}

TEST(Phase, LetsNoAttemptBeginBeforeTheRunIsReady) {
    EXPECT_FALSE(may_follow(Phase::blocked, Phase::attempting));
    EXPECT_FALSE(may_follow(Phase::backing_off, Phase::attempting));
    EXPECT_TRUE(may_follow(Phase::ready, Phase::attempting));
}

TEST(Phase, KeepsAResultThatIsRecorded) {
    EXPECT_FALSE(may_follow(Phase::succeeded, Phase::recovering));
    EXPECT_FALSE(may_follow(Phase::succeeded, Phase::attempting));
}

TEST(Phase, HasANameForEachNumber) {
    EXPECT_EQ(to_text(Phase::blocked), "blocked");
    EXPECT_EQ(to_text(Phase::awaiting_fallback), "awaiting_fallback");
    EXPECT_EQ(to_text(Phase::done), "done");
}

}  // namespace
}  // namespace millrace::engine
