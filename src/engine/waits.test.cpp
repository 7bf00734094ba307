// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/shard_fixture.hpp"

// Runs that wait for somebody outside, and executions that answer whoever has started them.

namespace millrace::engine {
namespace {

using core::Duration;
using core::ExecutionStatus;
using core::NodeStatus;
using core::Value;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

PlanBuilder waiting(std::string_view data) {
    PlanBuilder plan{"waiting"};
    plan.node("start", "trigger.manual").node("wait", "test.wait", data);
    plan.node("late", "test.pass").node("next", "test.pass");
    plan.connect("start -> wait -> next").connect("wait.timeout -> late");
    return plan;
}

RunKey key_of(const ShardFixture& shard, std::string_view node) {
    return {0, *shard.plan().find(node), 0};
}

core::Result<> answer_of(const ShardFixture& shard) {
    return shard.frame.answers.empty() ? core::Result<>{} : shard.frame.answers.back().result;
}

core::Result<> signal(ShardFixture& shard, std::string name, Value data) {
    shard.tell(SendSignal{1, shard.id(), std::move(name), std::move(data)});
    shard.advance();
    return answer_of(shard);
}

core::Result<> give(ShardFixture& shard, std::string_view node, Value data, bool early = false) {
    shard.tell(AnswerWait{1, shard.id(), key_of(shard, node), std::move(data), early});
    shard.advance();
    return answer_of(shard);
}

std::vector<WaitRow::State> states(const ShardFixture& shard) {
    std::vector<WaitRow::State> found;
    for (const WaitRow& row : shard.frame.waits)
        found.push_back(row.state);
    return found;
}

void expect_replayed(const ShardFixture& shard) {
    EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
}

TEST(Waits, ForASignalWhateverComesBefore) {
    ShardFixture shard;
    shard.start(waiting(R"({"signal": "paid"})"), 1);
    EXPECT_EQ(shard.status(), ExecutionStatus::waiting);
    EXPECT_EQ(shard.node("wait").status, NodeStatus::waiting);
    EXPECT_THAT(states(shard), ElementsAre(WaitRow::State::open));
    EXPECT_EQ(shard.frame.waits[0].name, "paid");
    EXPECT_EQ(shard.frame.waits[0].path, "wait");
    EXPECT_FALSE(shard.shard.next_due().has_value());
    EXPECT_TRUE(signal(shard, "other", 0));
    EXPECT_EQ(shard.status(), ExecutionStatus::waiting);
    EXPECT_TRUE(signal(shard, "paid", 7));
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.node("next").outputs[0].value, Value{7});
    EXPECT_EQ(shard.node("late").status, NodeStatus::skipped);
    EXPECT_THAT(states(shard), ElementsAre(WaitRow::State::answered));
    EXPECT_FALSE(signal(shard, "paid", 8));
    expect_replayed(shard);
}

TEST(Waits, ASignalBeforeItsWaitIsKept) {
    PlanBuilder plan = waiting(R"({"signal": "paid"})");
    plan.node("call", "test.effect");
    ShardFixture shard;
    PlanBuilder early{"early"};
    early.node("start", "trigger.manual").node("call", "test.effect");
    early.node("wait", "test.wait", R"({"signal": "paid"})").connect("start -> call -> wait");
    shard.start(early);
    EXPECT_TRUE(signal(shard, "paid", 1));
    EXPECT_TRUE(signal(shard, "paid", 2));
    shard.restart(RebuildFrom::journal);
    shard.recover();
    shard.complete("call");
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.node("wait").outputs[0].value, Value{1});
    EXPECT_THAT(states(shard), ElementsAre(WaitRow::State::open, WaitRow::State::answered));
    expect_replayed(shard);
}

TEST(Waits, EndAtTheirTime) {
    ShardFixture shard;
    shard.start(waiting(R"({"ms": 5000})"), 3);
    EXPECT_EQ(shard.frame.waits[0].until, shard.now + Duration{5'000});
    shard.pass(Duration{5'000});
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.node("late").outputs[0].value, Value{3});
    EXPECT_THAT(states(shard), ElementsAre(WaitRow::State::expired));
    EXPECT_FALSE(give(shard, "wait", 1));
    expect_replayed(shard);
}

class PausedWaits : public ::testing::TestWithParam<RebuildFrom> {};

TEST_P(PausedWaits, HaveClocksThatStandStill) {
    ShardFixture shard;
    shard.start(waiting(R"({"ms": 5000})"), 3);
    shard.pass(Duration{2'000});
    shard.tell(PauseExecution{1, shard.id(), "look"});
    shard.advance();
    shard.pass(Duration{3'600'000});
    shard.restart(GetParam());
    EXPECT_EQ(shard.status(), ExecutionStatus::paused);
    shard.tell(ResumeExecution{2, shard.id()});
    shard.advance();
    EXPECT_THAT(states(shard), IsEmpty()) << "its time is not up";
    ASSERT_THAT(shard.frame.postponed, SizeIs(1));
    EXPECT_EQ(shard.frame.postponed[0].run, key_of(shard, "wait"));
    EXPECT_EQ(shard.frame.postponed[0].until, shard.now + Duration{3'000});
    shard.restart(GetParam());
    shard.pass(Duration{2'999});
    EXPECT_EQ(shard.status(), ExecutionStatus::waiting);
    shard.pass(Duration{1});
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.node("late").outputs[0].value, Value{3});
    expect_replayed(shard);
}

INSTANTIATE_TEST_SUITE_P(All, PausedWaits,
                         ::testing::Values(RebuildFrom::journal, RebuildFrom::snapshot));

TEST(Waits, WithoutALimitHaveNothingToPostpone) {
    ShardFixture shard;
    shard.start(waiting("{}"));
    shard.tell(PauseExecution{1, shard.id(), "look"});
    shard.advance();
    shard.pass(Duration{1'000});
    shard.tell(ResumeExecution{2, shard.id()});
    shard.advance();
    EXPECT_THAT(shard.frame.postponed, IsEmpty());
    EXPECT_TRUE(give(shard, "wait", 1));
}

TEST(Waits, TakeOneAnswer) {
    ShardFixture shard;
    shard.start(waiting(R"({"ms": 5000, "details": {"title": "Pay?"}})"));
    EXPECT_EQ(shard.frame.waits[0].details, json(R"({"title": "Pay?"})"));
    shard.tell(AnswerWait{1, shard.id(), key_of(shard, "wait"), Value{"yes"}, false});
    shard.tell(AnswerWait{2, shard.id(), key_of(shard, "wait"), Value{"no"}, false});
    shard.advance();
    ASSERT_THAT(shard.frame.answers, SizeIs(2));
    EXPECT_TRUE(shard.frame.answers[0].result);
    EXPECT_TRUE(shard.frame.answers[1].result.error().is(CommandErrc::already_finished));
    EXPECT_EQ(shard.node("next").outputs[0].value, Value{"yes"});
    expect_replayed(shard);
}

TEST(Waits, RefuseAnswersForWhatDoesNotWait) {
    ShardFixture shard;
    shard.start(waiting("{}"));
    EXPECT_FALSE(give(shard, "next", 1));
    EXPECT_FALSE(give(shard, "next", 1, true));
    shard.tell(AnswerWait{1, shard.id(), {9, {1}, 0}, 1, true});
    shard.advance();
    EXPECT_TRUE(answer_of(shard).error().is(CommandErrc::not_allowed));
    PlanBuilder plan{"plain"};
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    shard.start(plan);
    EXPECT_TRUE(signal(shard, "paid", 1).error().is(CommandErrc::not_allowed));
}

TEST(Waits, AnEarlyAnswerIsKeptWhereThatIsWanted) {
    ShardFixture shard;
    PlanBuilder plan{"early"};
    plan.node("start", "trigger.manual").node("call", "test.effect");
    plan.node("wait", "test.wait").connect("start -> call -> wait");
    shard.start(plan);
    EXPECT_FALSE(give(shard, "wait", 1));
    EXPECT_TRUE(give(shard, "wait", 1, true));
    EXPECT_FALSE(give(shard, "wait", 2, true));
    shard.restart(RebuildFrom::snapshot);
    shard.recover();
    shard.complete("call");
    EXPECT_EQ(shard.node("wait").outputs[0].value, Value{1});
    expect_replayed(shard);
}

TEST(Waits, LeaveMemoryAndComeBack) {
    ShardFixture shard{{}, Parking::on};
    const core::ExecutionId id = shard.start(waiting(R"({"signal": "paid", "ms": 86400000})"));
    EXPECT_EQ(shard.shard.live_count(), 0u);
    ASSERT_TRUE(shard.stored().parked.has_value());
    EXPECT_EQ(shard.stored().parked->wake_at, shard.now + Duration{86'400'000});
    shard.unpark(id);
    EXPECT_TRUE(signal(shard, "paid", 5));
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    expect_replayed(shard);
}

TEST(Waits, ArePausedAndCanceled) {
    ShardFixture shard;
    shard.start(waiting(R"({"ms": 1000})"));
    shard.tell(PauseExecution{1, shard.id(), ""});
    shard.advance();
    EXPECT_TRUE(give(shard, "wait", 4));
    EXPECT_EQ(shard.status(), ExecutionStatus::paused);
    shard.tell(ResumeExecution{2, shard.id()});
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    expect_replayed(shard);
    shard.start(waiting("{}"));
    shard.cancel();
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_THAT(states(shard), ElementsAre(WaitRow::State::ended));
}

TEST(Responses, AreGivenOnce) {
    ShardFixture shard;
    PlanBuilder plan{"twice"};
    plan.node("start", "trigger.manual").node("a", "test.respond").node("b", "test.respond");
    plan.connect("start -> a -> b");
    shard.start(plan, 5);
    ASSERT_THAT(shard.frame.responses, SizeIs(1));
    EXPECT_EQ(shard.frame.responses[0].value, json(R"({"body": 5})"));
    EXPECT_EQ(shard.node("b").error->code, "already_responded");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    expect_replayed(shard);
}

TEST(Responses, AreGivenHoweverLargeTheInputIs) {
    ShardLimits limits;
    limits.inline_weight_max = 8;
    ShardFixture shard{limits};
    PlanBuilder plan{"large"};
    plan.node("start", "trigger.manual").node("answer", "test.respond").connect("start -> answer");
    shard.start(plan, std::string(100, 'x'));
    ASSERT_THAT(shard.frame.responses, SizeIs(1));
    EXPECT_EQ(shard.frame.responses[0].value.find("body")->as_string().size(), 100u);
    expect_replayed(shard);
}

TEST(Links, AreMarkersThatNameTheRun) {
    ShardFixture shard;
    PlanBuilder plan{"links"};
    plan.node("start", "trigger.manual");
    plan.node("mail", "test.send", R"({"url": "http://a", "body": "at {{ links.wait }}"})");
    plan.node("wait", "test.wait").connect("start -> mail -> wait");
    shard.start(plan);
    const Effect& mail = shard.effect("mail");
    ASSERT_THAT(mail.secrets, SizeIs(1));
    EXPECT_EQ(mail.secrets[0].name, "link:wait");
    EXPECT_EQ(mail.secrets[0].link, key_of(shard, "wait"));
    EXPECT_EQ(std::get<HttpCall>(mail.request).body, "at " + mail.secrets[0].marker);
}

}  // namespace
}  // namespace millrace::engine
