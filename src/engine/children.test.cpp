// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/engine/trace.hpp"
#include "testing/shard_fixture.hpp"

// Executions that others have started.

namespace millrace::engine {
namespace {

using core::Duration;
using core::ExecutionStatus;
using core::NodeStatus;
using core::Value;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const core::ExecutionId child_id =
    *core::ExecutionId::parse("018f0000-0000-7000-8000-000000000007");

PlanBuilder calling(std::string_view data = "{}") {
    PlanBuilder plan{"parent"};
    plan.node("start", "trigger.manual").node("call", "test.child", data);
    plan.connect("start -> call");
    return plan;
}

void detach(ShardFixture& shard, bool abandons = false) {
    const Effect& effect = shard.effect("call");
    shard.tell(Completion{
        effect.id, effect.run, effect.attempt, Detached{child_id, abandons}, "local", {}});
    shard.advance();
}

TEST(Children, LeaveTheirParentWaiting) {
    ShardFixture shard{{}, Parking::on};
    const core::ExecutionId id = shard.start(calling(), 4);
    const Effect effect = shard.effect("call");
    EXPECT_EQ(effect.path, "call");
    EXPECT_EQ(trace_of(effect).trace_id, own_trace_id(id));
    EXPECT_EQ(std::get<SubworkflowCall>(effect.request).depth, 1u);
    detach(shard);
    ASSERT_THAT(shard.frame.waits, SizeIs(1));
    EXPECT_EQ(shard.frame.waits[0].what, WaitRow::What::child);
    EXPECT_EQ(shard.frame.waits[0].name, child_id.text());
    EXPECT_EQ(shard.status(), ExecutionStatus::waiting);
    EXPECT_EQ(shard.node("call").attempts[0].child, child_id.text());
    EXPECT_EQ(shard.shard.live_count(), 0u);
    shard.unpark(id);
    shard.tell(shard.completion(effect, 9));
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.node("call").outputs[0].value, Value{9});
    ASSERT_THAT(shard.frame.waits, SizeIs(1));
    EXPECT_EQ(shard.frame.waits[0].state, WaitRow::State::answered);
    EXPECT_EQ(shard.frame.waits[0].what, WaitRow::What::child);
    EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
}

TEST(Children, AreNotStartedAgainAfterACrash) {
    for (const RebuildFrom from : {RebuildFrom::journal, RebuildFrom::snapshot}) {
        ShardFixture shard;
        shard.start(calling());
        const Effect effect = shard.effect("call");
        detach(shard);
        shard.restart(from);
        shard.recover();
        EXPECT_THAT(shard.frame.effects, IsEmpty());
        shard.tell(shard.completion(effect, 9));
        shard.advance();
        EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    }
}

TEST(Children, AreCanceledWithTheirParent) {
    ShardFixture shard;
    shard.start(calling());
    const Effect effect = shard.effect("call");
    detach(shard);
    shard.cancel();
    ASSERT_THAT(shard.frame.aborts, SizeIs(1));
    EXPECT_EQ(shard.frame.aborts[0].child, child_id);
    EXPECT_NE(shard.status(), ExecutionStatus::canceled);  // it awaits the child's end
    Completion ended = shard.completion(effect);
    ended.outcome = failure_of(core::ErrorClass::canceled, "child_canceled");
    shard.tell(std::move(ended));
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
}

TEST(Children, MayBeAbandoned) {
    ShardFixture shard;
    shard.start(calling());
    detach(shard, true);
    shard.cancel();
    EXPECT_THAT(shard.frame.aborts, IsEmpty());
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
}

TEST(Children, TakeNoPlaceAmongEffects) {
    ShardFixture shard;
    PlanBuilder plan{"parent"};
    plan.node("start", "trigger.manual").node("call", "test.child").node("other", "test.effect");
    plan.connect("start -> call").connect("start -> other");
    plan.settings().max_parallel_nodes = 1;
    shard.start(plan);
    EXPECT_THAT(shard.effects(), ElementsAre("call#1"));
    detach(shard);
    EXPECT_THAT(shard.effects(), ElementsAre("other#1"));
}

TEST(Children, TellTheirParentOfTheirEnd) {
    ShardFixture shard;
    PlanBuilder plan{"child"};
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    plan.settings().max_concurrent_executions = {1, core::ConcurrencyLimit::WhenExceeded::reject};
    const auto compiled = plan.plan();
    const ParentLink link{child_id, {2, {3}, 0}, 1, "loop[0].call", 2, true};
    shard.start(compiled);  // takes the only place
    CreateExecution create = shard.creation(compiled);
    create.options.parent = link;
    create.options.trace = TraceContext{std::string(32, 'a'), std::string(16, 'b'), "k=v", true};
    shard.tell(std::move(create));
    shard.advance();
    EXPECT_EQ(shard.frame.inserted[0].parent, child_id);
    EXPECT_EQ(trace_of(shard.effect("call")).trace_id, std::string(32, 'a'));
    shard.restart(RebuildFrom::snapshot);
    shard.recover();
    shard.complete("call", 8);
    ASSERT_THAT(shard.frame.child_ends, SizeIs(1));
    EXPECT_EQ(shard.frame.child_ends[0].parent.path, "loop[0].call");
    EXPECT_EQ(std::get<Value>(shard.frame.child_ends[0].outcome), json(R"({"call": 8})"));
    EXPECT_EQ(shard.view().parent_id(), child_id.text());
    EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
}

TEST(Limits, QueuesAreBounded) {
    ShardLimits limits;
    limits.pending_max = 2;
    ShardFixture shard{limits};
    PlanBuilder plan{"busy"};
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    plan.settings().max_concurrent_executions = {1, core::ConcurrencyLimit::WhenExceeded::queue};
    const auto compiled = plan.plan();
    for (int i = 0; i < 4; ++i)
        shard.tell(shard.creation(compiled));
    shard.advance();
    ASSERT_THAT(shard.frame.answers, SizeIs(4));
    EXPECT_TRUE(shard.frame.answers[2].result);
    EXPECT_TRUE(shard.frame.answers[3].result.error().is(CommandErrc::too_many_executions));
}

TEST(Trace, SpansHaveNamesOfTheirOwn) {
    EXPECT_EQ(own_trace_id(child_id), "018f0000000070008000000000000007");
    EXPECT_EQ(run_span(child_id, "call", 0, 1).size(), 16u);
    EXPECT_NE(run_span(child_id, "call", 0, 1), run_span(child_id, "call", 0, 2));
    EXPECT_NE(run_span(child_id, "call", 0, 0), execution_span(child_id));
}

}  // namespace
}  // namespace millrace::engine
