// SPDX-License-Identifier: Apache-2.0
#include "fifo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <deque>

namespace millrace::engine {
namespace {

using ::testing::ElementsAre;

TEST(Fifo, ShowsOnlyWhatIsStillInIt) {
    Fifo<int> fifo;
    fifo.push(1);
    fifo.push(2);
    fifo.push(3);
    fifo.pop();
    EXPECT_THAT(fifo.items(), ElementsAre(2, 3));
    EXPECT_EQ(fifo.front(), 2);
    EXPECT_EQ(fifo.size(), 2u);
}

TEST(Fifo, CanBeClearedHalfWay) {
    Fifo<int> fifo;
    fifo.push(1);
    fifo.push(2);
    fifo.pop();
    fifo.clear();
    EXPECT_TRUE(fifo.empty());
    fifo.push(7);
    EXPECT_THAT(fifo.items(), ElementsAre(7));
}

RC_GTEST_PROP(Fifo, ActsLikeADeque, (std::vector<std::uint8_t> steps)) {
    Fifo<int> fifo;
    std::deque<int> model;
    for (const std::uint8_t step : steps) {
        if (step % 3 != 0) {
            fifo.push(step);
            model.push_back(step);
        } else if (!model.empty()) {
            RC_ASSERT(fifo.front() == model.front());
            fifo.pop();
            model.pop_front();
        }
        RC_ASSERT(fifo.size() == model.size());
        RC_ASSERT(fifo.empty() == model.empty());
        RC_ASSERT(std::ranges::equal(fifo.items(), model));
    }
}

}  // namespace
}  // namespace millrace::engine
