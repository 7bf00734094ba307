// SPDX-License-Identifier: Apache-2.0
#include "timers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace millrace::engine {
namespace {

Timer timer(std::int64_t due, std::uint32_t node = 0) {
    return {core::Time{due}, {}, {0, {node}, 0}, TimerPurpose::retry, 1};
}

TEST(Timers, FireByDueTimeAndThenByPath) {
    TimerQueue queue;
    queue.push(timer(20, 1));
    queue.push(timer(10, 2));
    queue.push(timer(10, 1));
    EXPECT_EQ(queue.next_due(), core::Time{10});
    EXPECT_EQ(queue.pop_due(core::Time{30}), timer(10, 1));
    EXPECT_EQ(queue.pop_due(core::Time{30}), timer(10, 2));
    EXPECT_EQ(queue.pop_due(core::Time{30}), timer(20, 1));
    EXPECT_EQ(queue.pop_due(core::Time{30}), std::nullopt);
}

TEST(Timers, FireAtTheirDueTimeAndNotBefore) {
    TimerQueue queue;
    queue.push(timer(10));
    EXPECT_EQ(queue.pop_due(core::Time{9}), std::nullopt);
    EXPECT_EQ(queue.size(), 1u);
    EXPECT_EQ(queue.pop_due(core::Time{10}), timer(10));
    EXPECT_EQ(queue.next_due(), std::nullopt);
}

RC_GTEST_PROP(Timers, ComeOutSortedInWhateverOrderTheyWentIn, (std::vector<std::int16_t> dues)) {
    TimerQueue queue;
    for (const std::int16_t due : dues)
        queue.push(timer(due));
    std::sort(dues.begin(), dues.end());
    for (const std::int16_t due : dues)
        RC_ASSERT(queue.pop_due(core::Time{40'000})->due.ms == due);
    RC_ASSERT(!queue.pop_due(core::Time{40'000}));
}

}  // namespace
}  // namespace millrace::engine
