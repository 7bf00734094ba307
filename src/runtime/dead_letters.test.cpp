// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "testing/runtime_fixture.hpp"

namespace millrace::runtime {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

namespace {

/// start -> a -> b, where b is `moody`: it fails unless it is given `true`.
class DeadLettersTest : public testing::RuntimeFixture {
protected:
    std::shared_ptr<const engine::Plan> begin() {
        start();
        runtime->functions().add(
            "moody", [](const Value& input, const FunctionContext&) -> Outcome {
                if (input == Value{true}) return input;
                return std::unexpected{core::Failure{.code = "moody", .message = "not today"}};
            });
        return save(engine::PlanBuilder{"moods"}
                        .node("start", "trigger.manual")
                        .node("a", "test.effect", R"({"function": "count"})")
                        .node("b", "test.effect", R"({"function": "moody"})")
                        .connect("start -> a -> b")
                        .document());
    }
    store::DeadLetter letter(std::uint64_t number) {
        const auto found = runtime->store().dead_letters().find(number);
        if (!found) ADD_FAILURE() << found.error().message();
        return found.value_or(store::DeadLetter{});
    }
};

}  // namespace

TEST_F(DeadLettersTest, AReplayGoesOnFromTheFailedRunWithOtherInput) {
    const auto plan = begin();
    const core::ExecutionId failed = execute(plan, false);
    ASSERT_EQ(end_of(failed), core::ExecutionStatus::failed);
    EXPECT_EQ(letter(1).row.path, "b");
    EXPECT_EQ(letter(1).row.failure.code, "moody");
    const auto replayed = runtime->replay_dead_letter(1, {.input = Value{true}});
    ASSERT_TRUE(replayed) << replayed.error().message();
    EXPECT_EQ(end_of(*replayed), core::ExecutionStatus::completed);
    EXPECT_EQ(calls, 1) << "what had completed is not run again";
    EXPECT_EQ(letter(1).status, store::DeadLetterStatus::replayed);
    EXPECT_EQ(letter(1).replayed_as, *replayed);
    EXPECT_EQ(runtime->store().execution(*replayed)->forked_from, failed);
}

TEST_F(DeadLettersTest, AreDecidedOnce) {
    const auto plan = begin();
    ASSERT_EQ(end_of(execute(plan, false)), core::ExecutionStatus::failed);
    ASSERT_TRUE(runtime->discard_dead_letter(1));
    EXPECT_EQ(letter(1).status, store::DeadLetterStatus::discarded);
    EXPECT_TRUE(runtime->replay_dead_letter(1, {}).error().is(store::StoreErrc::conflict));
    EXPECT_TRUE(runtime->discard_dead_letter(1).error().is(store::StoreErrc::conflict));
    EXPECT_TRUE(runtime->replay_dead_letter(9, {}).error().is(store::StoreErrc::not_found));
}

TEST_F(DeadLettersTest, ManyAreReplayedAndWhatFailsAgainIsANewLetter) {
    const auto plan = begin();
    for (int i = 0; i < 3; ++i)
        ASSERT_EQ(end_of(execute(plan, false)), core::ExecutionStatus::failed);
    ASSERT_TRUE(runtime->discard_dead_letter(2));
    const auto report = runtime->replay_dead_letters({.node_id = "b"}, {});
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_THAT(report->failed, SizeIs(0));
    ASSERT_THAT(report->replayed, ElementsAre(Pair(1, ::testing::_), Pair(3, ::testing::_)));
    for (const auto& [number, id] : report->replayed)
        EXPECT_EQ(end_of(id), core::ExecutionStatus::failed);
    const auto open =
        runtime->store().dead_letters().list({.status = store::DeadLetterStatus::open}, 10, "");
    EXPECT_THAT(open->items, SizeIs(2));
    EXPECT_THAT(runtime->replay_dead_letters({.node_id = "a"}, {})->replayed, SizeIs(0));
}

TEST_F(DeadLettersTest, AResultThatIsKeptServesAnotherExecution) {
    start();
    const auto plan = save(engine::PlanBuilder{"cached"}
                               .node("start", "trigger.manual")
                               .node("a", "test.effect", R"({"function": "count"})")
                               .cache({.ttl = core::Duration{60'000}, .key = "", .tags = {"t"}})
                               .connect("start -> a")
                               .document());
    ASSERT_EQ(end_of(execute(plan, 1)), core::ExecutionStatus::completed);
    ASSERT_EQ(end_of(execute(plan, 1)), core::ExecutionStatus::completed);
    EXPECT_EQ(calls, 1);
    ASSERT_EQ(end_of(execute(plan, 2)), core::ExecutionStatus::completed);
    EXPECT_EQ(calls, 2) << "another input is another call";
    ASSERT_TRUE(runtime->clear_cache({.workflow_id = "cached"}));
    const core::ExecutionId again = execute(plan, 1);
    ASSERT_EQ(end_of(again), core::ExecutionStatus::completed);
    EXPECT_EQ(calls, 3);
}

}  // namespace millrace::runtime
