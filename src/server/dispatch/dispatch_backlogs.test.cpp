// SPDX-License-Identifier: Apache-2.0
#include "dispatch/dispatch_backlogs.hpp"

#include <gtest/gtest.h>

namespace millrace::server {
namespace {

EventRulePtr rule_of(const std::string& workflow_id) {
    store::ActiveTrigger trigger;
    trigger.workflow_id = workflow_id;
    auto rule = std::make_shared<EventRule>();
    rule->trigger = std::make_shared<const store::ActiveTrigger>(std::move(trigger));
    rule->types = all_event_types;
    return rule;
}

/// Of the only row of this frame.
Delivery delivery(const EventRulePtr& rule, std::uint64_t frame) {
    return {nullptr, rule, {}, {}, {frame, 1}};
}

class Backlogs : public ::testing::Test {
protected:
    /// Fails all of a round but the first ones.
    DispatchBacklogs::Round go_round(std::size_t well) {
        std::vector<Delivery> taken = backlogs.begin_round();
        tried = taken.size();
        for (std::size_t i = well; i < taken.size(); ++i)
            backlogs.put(std::move(taken[i]), true);
        return backlogs.end_round();
    }

    const EventRulePtr first = rule_of("first");
    const EventRulePtr second = rule_of("second");
    const EventRules all{{first, second}, all_event_types};
    DispatchBacklogs backlogs{{10, 20}};
    std::size_t tried = 0;
};

TEST_F(Backlogs, AskMoreOfWhatGoesWell) {
    for (std::uint64_t frame = 1; frame <= 10; ++frame)
        backlogs.put(delivery(first, frame), false);
    EXPECT_TRUE(go_round(1).goes_on);
    EXPECT_EQ(tried, 1u);
    EXPECT_TRUE(go_round(2).goes_on);
    EXPECT_EQ(tried, 2u);
    const DispatchBacklogs::Round some = go_round(1);
    EXPECT_EQ(tried, 4u);
    EXPECT_TRUE(some.has_progress);
    EXPECT_FALSE(some.goes_on);
    EXPECT_FALSE(go_round(0).has_progress);
    EXPECT_EQ(tried, 2u);
    (void)go_round(0);
    EXPECT_EQ(tried, 1u);
    EXPECT_EQ(backlogs.size(), 6u);
}

TEST_F(Backlogs, KeepTheirPlaceWhereSomethingIsLeft) {
    EXPECT_EQ(backlogs.safe({9, 4}), (store::FeedPosition{9, 4}));
    backlogs.put(delivery(first, 7), false);
    EXPECT_EQ(backlogs.safe({9, 4}), (store::FeedPosition{7, 0}));
    (void)go_round(1);
    EXPECT_EQ(backlogs.safe({9, 4}), (store::FeedPosition{9, 4}));
}

TEST_F(Backlogs, OneThatHasTooMuchIsLateAlone) {
    for (std::uint64_t frame = 1; frame <= 12; ++frame)
        backlogs.put(delivery(first, frame), false);
    backlogs.put(delivery(second, 12), false);
    EXPECT_EQ(backlogs.size(), 11u);
    EXPECT_EQ(backlogs.late(), 1u);
    const auto on_time = backlogs.on_time(std::make_shared<const EventRules>(all));
    EXPECT_EQ(on_time->rules, std::vector{second});
    EXPECT_TRUE(backlogs.late_rules(all).rules.empty()) << "it has no room";
    while (backlogs.size() > 4)
        (void)go_round(99);
    const EventRules late = backlogs.late_rules(all);
    ASSERT_EQ(late.rules, std::vector{first});
    EXPECT_EQ(backlogs.first_place(late), (store::FeedPosition{11, 0}));
    EXPECT_EQ(backlogs.safe({12, 1}), (store::FeedPosition{8, 0}));
    backlogs.advance(late, {11, 1});
    // What it has seen is kept again, what it has not seen is seen later.
    backlogs.put(delivery(first, 11), false);
    backlogs.put(delivery(first, 12), false);
    EXPECT_EQ(backlogs.size(), 4u);
    backlogs.end_late(late);
    EXPECT_EQ(backlogs.late(), 0u);
}

TEST_F(Backlogs, OneThatIsThereNoLongerIsNotLate) {
    for (std::uint64_t frame = 1; frame <= 12; ++frame)
        backlogs.put(delivery(first, frame), false);
    EXPECT_TRUE(backlogs.late_rules({{second}, all_event_types}).rules.empty());
    EXPECT_EQ(backlogs.late(), 0u);
}

TEST_F(Backlogs, OnesThatAreFullLeaveRoomForOthers) {
    for (std::uint64_t frame = 1; frame <= 10; ++frame) {
        backlogs.put(delivery(first, frame), false);
        backlogs.put(delivery(second, frame), false);
    }
    const EventRulePtr third = rule_of("third");
    backlogs.put(delivery(third, 11), false);
    EXPECT_EQ(backlogs.size(), 21u);
    EXPECT_EQ(backlogs.late(), 0u);
}

TEST_F(Backlogs, AnswersToRunsAreAllKept) {
    for (std::uint64_t frame = 1; frame <= 20; ++frame) {
        EXPECT_FALSE(backlogs.is_full());
        backlogs.put(delivery(nullptr, frame), false);
    }
    EXPECT_TRUE(backlogs.is_full());
    EXPECT_EQ(backlogs.late(), 0u);
}

}  // namespace
}  // namespace millrace::server
