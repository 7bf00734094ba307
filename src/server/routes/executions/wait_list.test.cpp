// SPDX-License-Identifier: Apache-2.0
#include "routes/executions/wait_list.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace millrace::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Waits on a clock that the test moves.
class WaitListTest : public ::testing::Test {
protected:
    void advance(std::int64_t ms) {
        now_ms_ += ms;
        auto due = std::exchange(timers_, {});
        for (auto& [at, task] : due) {
            if (at <= now_ms_) {
                task();
            } else {
                timers_.emplace_back(at, task);
            }
        }
    }
    WaitList::Ticket add(std::int64_t ms, const std::string& name) {
        return list->add(core::Duration{ms}, [this, name] { told.push_back(name); });
    }

    std::vector<std::string> told;
    std::vector<std::pair<std::int64_t, std::function<void()>>> timers_;
    std::int64_t now_ms_ = 1'000;
    std::shared_ptr<WaitList> list = std::make_shared<WaitList>(
        [this](core::Duration delay, std::function<void()> task) {
            timers_.emplace_back(now_ms_ + delay.ms, std::move(task));
        },
        [this] { return now_ms_ * 1'000'000; });
};

TEST_F(WaitListTest, TellsWhatIsOverdueInOrder) {
    add(20, "second");
    add(10, "first");
    advance(9);
    EXPECT_THAT(told, IsEmpty());
    advance(1);
    EXPECT_THAT(told, ElementsAre("first"));
    advance(10);
    EXPECT_THAT(told, ElementsAre("first", "second"));
    EXPECT_EQ(list->size(), 0U);
}

TEST_F(WaitListTest, ForgetsWhatIsTakenBack) {
    const WaitList::Ticket ticket = add(10, "taken back");
    EXPECT_TRUE(list->remove(ticket));
    EXPECT_FALSE(list->remove(ticket));
    advance(10);
    EXPECT_THAT(told, IsEmpty());
}

TEST_F(WaitListTest, SetsOneTimerForManyWaits) {
    for (int i = 0; i < 1'000; ++i)
        list->remove(add(30, "never"));
    add(30, "last");
    EXPECT_THAT(timers_, SizeIs(1));
    EXPECT_EQ(list->size(), 1U);
    advance(30);
    EXPECT_THAT(told, ElementsAre("last"));
}

TEST_F(WaitListTest, LetsNothingWaitOnceItIsHurried) {
    add(20, "second");
    add(10, "first");
    list->hurry();
    EXPECT_THAT(told, ElementsAre("first", "second"));
    add(10, "third");
    advance(0);
    EXPECT_THAT(told, ElementsAre("first", "second", "third"));
}

TEST_F(WaitListTest, LeavesTimersBehindThatDoNothing) {
    add(10, "never");
    list.reset();
    advance(10);
    EXPECT_THAT(told, IsEmpty());
}

}  // namespace
}  // namespace millrace::server
