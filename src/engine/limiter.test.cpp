// SPDX-License-Identifier: Apache-2.0
#include "limiter.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace millrace::engine {
namespace {

core::ExecutionId id_of(std::uint64_t number) {
    return {core::Uuid::v7(core::Time{1'000}, number, number)};
}

TEST(Limiter, LetsNobodyPastTheFirstInTheQueue) {
    Limiter limiter;
    limiter.enqueue("w", 1, {0, core::Time{1}, id_of(1)});
    limiter.enqueue("w", 1, {0, core::Time{2}, id_of(2)});
    EXPECT_FALSE(limiter.admit("w", id_of(2)));
    EXPECT_TRUE(limiter.admit("w", id_of(1)));
    EXPECT_FALSE(limiter.admit("w", id_of(2)));
    EXPECT_TRUE(limiter.is_running("w", id_of(1)));
}

RC_GTEST_PROP(Limiter, NeverRunsMoreThanItMayAndLosesNobody, ()) {
    const auto limit = static_cast<std::uint32_t>(*rc::gen::inRange(1, 5));
    const auto moves = *rc::gen::container<std::vector<bool>>(rc::gen::arbitrary<bool>());
    Limiter limiter;
    std::vector<core::ExecutionId> running;
    std::uint64_t made = 0;
    std::size_t ended = 0;
    for (const bool arrives : moves) {
        if (arrives) {
            ++made;
            limiter.enqueue("w", limit, {0, core::Time{1}, id_of(made)});
        } else if (!running.empty()) {
            limiter.release("w", {0, core::Time{1}, running.front()});
            running.erase(running.begin());
            ++ended;
        }
        while (const auto next = limiter.next())
            running.push_back(*next);
        RC_ASSERT(running.size() <= limit);
        RC_ASSERT(running.size() == std::min<std::size_t>(limit, made - ended));
    }
}

}  // namespace
}  // namespace millrace::engine
