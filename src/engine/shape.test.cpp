// SPDX-License-Identifier: Apache-2.0
#include "shape.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> names(const Plan& plan, const std::vector<core::NodeIndex>& nodes) {
    std::vector<std::string> ids;
    for (const core::NodeIndex node : nodes)
        ids.push_back(plan.node(node).id);
    return ids;
}

TEST(Shape, GroupsWhatCanRunSideBySide) {
    const auto plan = PlanBuilder{}
                          .node("merge", "test.merge")
                          .node("b2", "test.pass")
                          .node("b", "test.pass")
                          .node("a", "test.pass")
                          .node("start", "trigger.manual")
                          .connect("start -> a -> merge")
                          .connect("start -> b -> b2 -> merge")
                          .plan();
    const PlanShape& shape = plan->shape();
    EXPECT_THAT(names(*plan, shape.order), ElementsAre("start", "b", "b2", "a", "merge"));
    ASSERT_EQ(shape.groups.size(), 4u);
    EXPECT_THAT(names(*plan, shape.groups[1]), ElementsAre("b", "a"));
    EXPECT_THAT(names(*plan, shape.critical_path), ElementsAre("start", "b", "b2", "merge"));
}

TEST(Shape, PutsFallbacksBehindWhatTheyStandInForButNotOnTheCriticalPath) {
    const auto plan = PlanBuilder{}
                          .node("start", "trigger.manual")
                          .node("call", "test.effect")
                          .fallback("spare")
                          .node("spare", "test.effect")
                          .node("after", "test.pass")
                          .connect("start -> call -> after")
                          .plan();
    const PlanShape& shape = plan->shape();
    EXPECT_THAT(names(*plan, shape.order), ElementsAre("start", "call", "spare", "after"));
    EXPECT_EQ(shape.groups.size(), 4u);
    EXPECT_THAT(names(*plan, shape.critical_path), ElementsAre("start", "call", "after"));
}

}  // namespace
}  // namespace millrace::engine
