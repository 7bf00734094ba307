// SPDX-License-Identifier: Apache-2.0
#include "frames/wake_window.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace millrace::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr core::Time t0{1'000'000};

core::Time at(std::int64_t ms) {
    return t0 + core::Duration{ms};
}

core::ExecutionId execution(std::uint8_t number) {
    core::ExecutionId id;
    id.uuid.bytes[0] = number;
    return id;
}

engine::ParkedRow parked(std::uint8_t number, std::optional<core::Time> wake_at) {
    engine::ParkedRow row;
    row.id = execution(number);
    row.workflow_id = "w";
    row.wake_at = wake_at;
    return row;
}

/// A store that holds some parked executions.
class WakeWindowTest : public ::testing::Test {
protected:
    void store(std::uint8_t number, std::int64_t ms) {
        store::ParkedExecution execution_;
        execution_.id = execution(number);
        execution_.workflow_id = "w";
        execution_.wake_at = at(ms);
        stored_.push_back(execution_);
        std::ranges::sort(stored_, {}, place);
    }
    /// Answers as the store would; false when nothing was asked.
    bool load(std::int64_t now) {
        const auto wanted = window.next_load(at(now));
        if (!wanted) return false;
        std::vector<store::ParkedExecution> found;
        for (const store::ParkedExecution& row : stored_)
            if (wanted->after < place(row) && *row.wake_at < wanted->before &&
                found.size() < wanted->limit)
                found.push_back(row);
        window.loaded(found);
        return true;
    }
    std::vector<int> due(std::int64_t now, std::size_t count = 100) {
        std::vector<int> numbers;
        for (const WakeWindow::Sleeper& sleeper : window.take_due(at(now), count))
            numbers.push_back(sleeper.id.uuid.bytes[0]);
        return numbers;
    }
    static store::WakePosition place(const store::ParkedExecution& row) {
        return {*row.wake_at, row.id};
    }

    WakeWindow window{{core::Duration{60'000}, 4}};
    std::vector<store::ParkedExecution> stored_;
};

TEST_F(WakeWindowTest, KnowsOnlyWhatParkedInFrontOfIt) {
    store(1, 0);
    window.parked(parked(2, at(7'200'000)));
    window.parked(parked(3, std::nullopt));
    EXPECT_FALSE(load(0));
    EXPECT_EQ(window.next_event(), at(7'200'000));
    EXPECT_THAT(due(7'199'999), IsEmpty());
    EXPECT_THAT(due(7'200'000), ElementsAre(2));
    EXPECT_EQ(window.next_event(), std::nullopt);
}

TEST_F(WakeWindowTest, LoadsWhatIsDueWithinItsSpanAndLooksAgainInTime) {
    window.cover_all();
    store(1, 100);
    store(2, 59'999);
    store(3, 60'000);
    ASSERT_TRUE(load(0));
    EXPECT_EQ(window.size(), 2u);
    EXPECT_FALSE(load(29'999)) << "what it knows is enough";
    EXPECT_THAT(due(100), ElementsAre(1));
    EXPECT_EQ(window.next_event(), at(30'000));
    ASSERT_TRUE(load(30'001));
    EXPECT_THAT(due(60'000), ElementsAre(2, 3));
}

TEST_F(WakeWindowTest, HoldsNoMoreThanItsLimit) {
    window.cover_all();
    for (std::uint8_t n = 1; n <= 9; ++n)
        store(n, 0);
    ASSERT_TRUE(load(0));
    EXPECT_EQ(window.size(), 4u);
    EXPECT_FALSE(load(0)) << "there is no room";
    EXPECT_THAT(due(0, 3), ElementsAre(1, 2, 3));
    ASSERT_TRUE(load(0));
    EXPECT_THAT(due(0, 9), ElementsAre(4, 5, 6, 7));
    ASSERT_TRUE(load(0));
    EXPECT_THAT(due(0, 9), ElementsAre(8, 9));
}

TEST_F(WakeWindowTest, LeavesToTheStoreWhatParksBehindItsHorizon) {
    window.cover_all();
    load(0);
    window.parked(parked(1, at(59'999)));
    window.parked(parked(2, at(60'001)));
    EXPECT_EQ(window.size(), 1u);
}

TEST_F(WakeWindowTest, DoesNotMissWhatParksWhileTheStoreIsRead) {
    window.cover_all();
    ASSERT_TRUE(window.next_load(t0));
    window.parked(parked(1, at(500)));
    window.loaded({});
    EXPECT_THAT(due(500), ElementsAre(1));
}

TEST_F(WakeWindowTest, ForgetsTheLatestWhenTooManyParkAndReadsThemLater) {
    window.cover_all();
    load(0);
    for (std::uint8_t n = 1; n <= 6; ++n) {
        store(n, n);
        window.parked(parked(n, at(n)));
    }
    EXPECT_EQ(window.size(), 4u);
    EXPECT_THAT(due(4), ElementsAre(1, 2, 3, 4));
    ASSERT_TRUE(load(4));
    EXPECT_THAT(due(6), ElementsAre(5, 6));
}

TEST_F(WakeWindowTest, GoesByTheLastTimeThatItWasTold) {
    window.parked(parked(1, at(10)));
    window.parked(parked(1, at(20)));
    EXPECT_THAT(due(10), IsEmpty());
    EXPECT_THAT(due(20), ElementsAre(1));
    window.parked(parked(2, at(30)));
    window.forget(execution(2));
    EXPECT_THAT(due(30), IsEmpty());
}

TEST_F(WakeWindowTest, TakesBackWhatCouldNotBeWoken) {
    window.parked(parked(1, at(10)));
    const auto sleepers = window.take_due(at(10), 1);
    window.put_back(sleepers.front(), at(15));
    EXPECT_THAT(due(14), IsEmpty());
    EXPECT_THAT(due(15), ElementsAre(1));
}

}  // namespace
}  // namespace millrace::runtime
