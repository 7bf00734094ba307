// SPDX-License-Identifier: Apache-2.0
// Sequences in which two right decisions once made a wrong one together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "testing/library.hpp"
#include "testing/shard_fixture.hpp"

namespace millrace::engine {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(SameFrame, AnEffectThatAFailureEndsIsNeverReleased) {
    ShardFixture shard;
    shard.start(PlanBuilder{}
                    .node("start", "trigger.manual")
                    .node("charge", "test.effect")
                    .node("bad", "test.merge")
                    .connect("start -> charge")
                    .connect("start -> bad")
                    .filter("inputs.missing.field"));
    EXPECT_EQ(shard.status(), core::ExecutionStatus::failed);
    EXPECT_THAT(shard.effects(), IsEmpty());
    EXPECT_EQ(shard.node("charge").status, core::NodeStatus::canceled);
}

TEST(SameFrame, CancelsOfTwoExecutionsTakeBackTheEffectsOfBoth) {
    ShardFixture shard;
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    CreateExecution first = shard.creation(plan.plan());
    CreateExecution second = shard.creation(plan.plan());
    const auto a = first.id;
    const auto b = second.id;
    shard.tell(std::move(first));
    shard.tell(std::move(second));
    shard.tell(CancelExecution{1, a, ""});
    shard.tell(CancelExecution{2, b, ""});
    shard.advance();
    EXPECT_THAT(shard.frame.effects, testing::IsEmpty());
    EXPECT_THAT(shard.frame.aborts, testing::IsEmpty());
    EXPECT_EQ(shard.executions.at(b).status, core::ExecutionStatus::canceled);
}

TEST(SameFrame, ACancelTakesBackAnEffectThatHasNotLeft) {
    ShardFixture shard;
    const auto plan = PlanBuilder{}
                          .node("start", "trigger.manual")
                          .node("charge", "test.effect")
                          .connect("start -> charge")
                          .plan();
    CreateExecution creation = shard.creation(plan);
    const core::ExecutionId id = creation.id;
    shard.tell(std::move(creation));
    shard.tell(CancelExecution{7, id, "at once"});
    shard.advance();
    EXPECT_THAT(shard.frame.effects, IsEmpty());
    EXPECT_THAT(shard.frame.aborts, IsEmpty());
    ASSERT_EQ(shard.frame.inserted.size(), 1u);
    // Nobody would answer for it, so the cancel does not wait.
    EXPECT_EQ(shard.frame.inserted[0].status, core::ExecutionStatus::canceled);
}

TEST(TooLarge, AValueThatDoublesWithEachNodeFailsInsteadOfFillingTheDisk) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual");
    std::string before = "start";
    for (int i = 0; i < 40; ++i) {
        const std::string id = "n" + std::to_string(i);
        plan.node(id, "test.set", R"({"value": "{{ [input, input] }}"})");
        plan.connect(before + " -> " + id);
        before = id;
    }
    ShardLimits limits;
    limits.value_weight_max = 1u << 16;
    limits.inline_weight_max = 1u << 20;
    ShardFixture shard{limits};
    shard.start(plan, "a text that takes some bytes");
    shard.drain();
    EXPECT_EQ(shard.status(), core::ExecutionStatus::failed);
    ASSERT_TRUE(shard.view().error());
    EXPECT_EQ(shard.view().error()->code, "value_too_large");
    EXPECT_EQ(shard.view().error()->error_class, core::ErrorClass::limit);
}

TEST(TooLarge, AnInputIsRefusedBeforeAnythingIsRecorded) {
    ShardLimits limits;
    limits.value_weight_max = 100;
    ShardFixture shard{limits};
    const auto plan = PlanBuilder{}.node("start", "trigger.manual").plan();
    CreateExecution creation = shard.creation(plan, std::string(200, 'x'));
    creation.token = 5;
    shard.tell(std::move(creation));
    shard.advance();
    ASSERT_EQ(shard.frame.answers.size(), 1u);
    EXPECT_TRUE(shard.frame.answers[0].result.error().is(CommandErrc::too_large));
    EXPECT_FALSE(shard.frame.has_records());
}

TEST(Note, OfALargePureNodeIsToldLikeThatOfASmallOne) {
    ShardLimits limits;
    limits.inline_weight_max = 8;
    ShardFixture shard{limits};
    shard.start(PlanBuilder{}
                    .node("start", "trigger.manual")
                    .node("tell", "test.note", R"({"note": "it happened"})")
                    .connect("start -> tell"),
                std::string(100, 'x'));
    shard.run_job("tell");
    EXPECT_EQ(shard.all<AttemptSucceeded>().at(0).note, core::Value{"it happened"});
    EXPECT_EQ(shard.status(), core::ExecutionStatus::completed);
}

TEST(LinkFailure, WaitsForTheOtherInputsBeforeTheFallbackReadsThem) {
    ShardFixture shard;
    shard.start(PlanBuilder{}
                    .node("start", "trigger.manual")
                    .node("slow", "test.effect")
                    .node("both", "test.pair")
                    .fallback("instead")
                    .node("instead", "test.pass")
                    .connect("start -> both.left")
                    .transform("inputs.missing.field")
                    .connect("start -> slow -> both.right"));
    EXPECT_THAT(shard.history(), Not(Contains(HasSubstr("instead"))));
    shard.complete("slow", 1);
    EXPECT_EQ(shard.node("both").recovered_by, "instead");
    EXPECT_EQ(shard.status(), core::ExecutionStatus::completed);
}

TEST(Recovery, NamesTheInterruptedAttemptsBeforeNewOnesBegin) {
    ShardLimits limits;
    limits.execution_transitions_max = 4;
    ShardFixture shard{limits};
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.pass").node("pay", "test.effect");
    plan.last_node().on_interrupt = core::OnInterrupt::fail;
    shard.start(plan.connect("start -> a -> pay"));
    ASSERT_THAT(shard.history(), Not(Contains("attempt_started pay")));
    shard.restart();
    shard.recover();
    shard.drain();
    // It began after the restart, so nothing has interrupted it.
    EXPECT_EQ(shard.node("pay").status, core::NodeStatus::running);
}

TEST(Timers, FireWhileInputsKeepTheFrameFull) {
    ShardLimits limits;
    limits.frame_transitions_max = 40;
    ShardFixture shard{limits};
    PlanBuilder waiting;
    waiting.node("start", "trigger.manual").node("call", "test.effect");
    waiting.last_node().timeout = core::Duration{1'000};
    shard.start(waiting.connect("start -> call"));
    const core::ExecutionId waits = shard.id();
    const auto other = PlanBuilder{}
                           .node("start", "trigger.manual")
                           .node("next", "test.pass")
                           .connect("start -> next")
                           .plan();
    for (int i = 0; i < 1'000; ++i)
        shard.tell(shard.creation(other));
    shard.now = shard.now + core::Duration{2'000};
    shard.advance();
    EXPECT_FALSE(shard.inbox.empty());
    EXPECT_EQ(shard.executions.at(waits).status, core::ExecutionStatus::failed);
}

}  // namespace
}  // namespace millrace::engine
