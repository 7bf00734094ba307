// SPDX-License-Identifier: Apache-2.0
#include "observation/observation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <utility>
#include <vector>

#include "events/testing/fake_store.hpp"
#include "millrace/store/store.hpp"
#include "observation/testing/fact_recorder.hpp"

namespace millrace::server::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Observing : public ::testing::Test {
protected:
    Observation::Parts parts() {
        return {store.journals(),
                [this](std::function<void()> task) { tasks.push_back(std::move(task)); },
                [this](core::Duration, std::function<void()> task) {
                    delayed.push_back(std::move(task));
                }};
    }
    void work() {
        while (!tasks.empty()) {
            const auto task = std::move(tasks.front());
            tasks.pop_front();
            task();
        }
    }
    void let_time_pass() {
        for (const auto& task : std::exchange(delayed, {}))
            task();
        work();
    }
    /// An execution that begins and ends.
    void plan(std::uint8_t number) {
        const auto first = store.row(execution(number), "two", 1);
        store.plan_frame({first, store.last_row(execution(number))});
    }
    void commit_and_tell() {
        while (store.commit()) {
        }
        while (store.tell()) {
        }
    }

    FakeStore store;
    std::deque<std::function<void()>> tasks;
    std::vector<std::function<void()>> delayed;
    std::shared_ptr<FactRecorder> told = std::make_shared<FactRecorder>();
    Observation observation{parts()};
};

TEST_F(Observing, TellsWhatIsCommittedFromItsStartOn) {
    plan(1);
    store.commit();
    observation.add(told);
    ASSERT_TRUE(observation.start());
    work();
    EXPECT_THAT(told->take(), IsEmpty());
    plan(2);
    commit_and_tell();
    EXPECT_EQ(observation.waiting(), 2u);
    work();
    EXPECT_THAT(told->take(), ElementsAre("created two by trigger.manual", "ended completed"));
    EXPECT_EQ(told->place, (store::FeedPosition{2, 2}));
    EXPECT_EQ(store.reads, 0u);
}

TEST_F(Observing, GoesOnWhereASinkHasBeen) {
    const auto other = std::make_shared<FactRecorder>();
    plan(1);
    plan(2);
    while (store.commit()) {
    }
    observation.add(told, store::FeedPosition{1, 2});
    observation.add(other);
    ASSERT_TRUE(observation.start());
    work();
    EXPECT_THAT(told->take(), ElementsAre("created two by trigger.manual", "ended completed"));
    EXPECT_THAT(other->take(), IsEmpty());
}

TEST_F(Observing, ReadsOfTheStoreWhatCameTooFast) {
    observation.add(told);
    ASSERT_TRUE(observation.start());
    work();
    plan(1);
    store.commit();
    store.lag();
    plan(2);
    commit_and_tell();
    work();
    EXPECT_THAT(told->take(), ElementsAre("created two by trigger.manual", "ended completed",
                                          "created two by trigger.manual", "ended completed"));
}

TEST_F(Observing, LeavesNothingOutWhileTheStoreFails) {
    observation.add(told);
    ASSERT_TRUE(observation.start());
    work();
    const store::FeedPosition before = told->place;
    store.fails.emplace(store::StoreErrc::timed_out, "another process has locked it for long");
    plan(1);
    plan(2);
    commit_and_tell();
    work();
    let_time_pass();
    EXPECT_THAT(told->take(), IsEmpty());
    EXPECT_EQ(told->place, before) << "who goes on from there finds what was not told";
    store.fails.reset();
    let_time_pass();
    EXPECT_THAT(told->take(), ElementsAre("created two by trigger.manual", "ended completed",
                                          "created two by trigger.manual", "ended completed"));
    EXPECT_EQ(told->place, (store::FeedPosition{2, 2}));
}

TEST_F(Observing, SaysThatSomethingIsForgotten) {
    plan(1);
    plan(2);
    while (store.commit()) {
    }
    store.forget_all_but(0);
    observation.add(told, store::FeedPosition{1, 1});
    ASSERT_TRUE(observation.start());
    work();
    EXPECT_THAT(told->take(), ElementsAre("gap"));
    plan(3);
    commit_and_tell();
    work();
    EXPECT_THAT(told->take(), ElementsAre("created two by trigger.manual", "ended completed"));
}

TEST_F(Observing, SettlesWhatNobodyHasToldYet) {
    observation.add(told);
    ASSERT_TRUE(observation.start());
    plan(1);
    store.commit();
    observation.settle();
    EXPECT_EQ(told->take().size(), 2u);
    while (store.tell()) {
    }
    work();
    EXPECT_THAT(told->take(), IsEmpty());
}

TEST_F(Observing, CallsNobodyOnceItIsStopped) {
    observation.add(told);
    ASSERT_TRUE(observation.start());
    plan(1);
    commit_and_tell();
    observation.stop();
    work();
    EXPECT_THAT(told->take(), IsEmpty());
    EXPECT_FALSE(store.is_observed());
}

}  // namespace
}  // namespace millrace::server::testing
