// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/rehearsal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <engine/testing/library.hpp>
#include <stdexcept>

namespace millrace::runtime {
namespace {

using core::Value;
using engine::PlanBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<engine::PortValue> first(Value value) {
    return {{core::PortIndex{0}, std::move(value)}};
}

core::Failure failure_of(std::string code, core::ErrorClass error_class) {
    core::Failure failure;
    failure.code = std::move(code);
    failure.error_class = error_class;
    failure.message = "no luck";
    return failure;
}

PlanBuilder one_effect() {
    PlanBuilder builder;
    builder.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    return builder;
}

core::RetryPolicy retries(std::uint32_t attempts, std::int64_t delay_ms) {
    core::RetryPolicy policy;
    policy.max_attempts = attempts;
    policy.delay = {delay_ms};
    policy.backoff = 2;
    return policy;
}

/// Answers every call with its number.
RehearsalOptions counting(core::Duration takes = {0}) {
    RehearsalOptions options;
    options.director = [takes](const OutsideCall& call, const auto&, const auto&) -> Direction {
        return StandIn{first(Value{call.number}), takes};
    };
    return options;
}

core::Result<Rehearsed> rehearse(const PlanBuilder& builder, const RehearsalOptions& options,
                                 Value input = {}) {
    return runtime::rehearse({builder.plan(), {}, std::move(input), {}, {}}, options);
}

core::Duration clock_of(const Rehearsed& rehearsed) {
    return *rehearsed.view.completed_at() - rehearsed.view.created_at();
}

TEST(Rehearsal, AnswersEffectsAndTellsWhatWasAskedFor) {
    const auto rehearsed = rehearse(one_effect(), counting({250}), Value{"tea"});
    ASSERT_TRUE(rehearsed) << rehearsed.error().message();
    EXPECT_EQ(rehearsed->view.outputs(), engine::json(R"({"call": 1})"));
    EXPECT_EQ(clock_of(*rehearsed).ms, 250);
    ASSERT_EQ(rehearsed->calls.size(), 1u);
    EXPECT_EQ(rehearsed->calls[0].path, "call");
    EXPECT_EQ(rehearsed->calls[0].input, Value{"tea"});
    EXPECT_EQ(rehearsed->calls[0].request, engine::json(R"({"function": "echo", "input": "tea"})"));
}

TEST(Rehearsal, TakesNoTimeToWait) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual")
        .node("wait", "test.delay", R"({"ms": 2592000000})")
        .connect("start -> wait");
    const auto rehearsed = rehearse(builder, {});
    ASSERT_TRUE(rehearsed) << rehearsed.error().message();
    EXPECT_EQ(clock_of(*rehearsed).ms, 2'592'000'000);
}

TEST(Rehearsal, TriesAgainAfterItsBackoff) {
    PlanBuilder builder = one_effect();
    builder.retry(retries(3, 1'000));
    RehearsalOptions options;
    options.director = [](const OutsideCall& call, const auto&, const auto&) -> Direction {
        if (call.attempt < 3) return StandIn{failure_of("timeout", core::ErrorClass::timeout), {0}};
        return StandIn{first(Value{"done"}), {0}};
    };
    const auto rehearsed = rehearse(builder, options);
    ASSERT_TRUE(rehearsed) << rehearsed.error().message();
    EXPECT_EQ(rehearsed->calls.size(), 3u);
    EXPECT_EQ(clock_of(*rehearsed).ms, 3'000);
}

TEST(Rehearsal, GivesTheSameHistoryForTheSameSeed) {
    PlanBuilder builder = one_effect();
    core::RetryPolicy jittered = retries(4, 1'000);
    jittered.jitter = 1;
    builder.retry(jittered);
    RehearsalOptions options;
    options.director = [](const auto&, const auto&, const auto&) -> Direction {
        return StandIn{failure_of("timeout", core::ErrorClass::timeout), {0}};
    };
    const auto one = rehearse(builder, options);
    const auto again = rehearse(builder, options);
    options.seed = 2;
    const auto other = rehearse(builder, options);
    ASSERT_TRUE(one && again && other);
    EXPECT_EQ(one->events, again->events);
    EXPECT_NE(clock_of(*one), clock_of(*other));
}

TEST(Rehearsal, RefusesWhatNobodyStandsInFor) {
    RehearsalOptions options;
    options.director = [](const auto&, const auto&, const auto&) -> Direction {
        return Refuse{"nobody calls the bank"};
    };
    const auto rehearsed = rehearse(one_effect(), options);
    ASSERT_FALSE(rehearsed);
    EXPECT_TRUE(rehearsed.error().is(RehearsalErrc::refused));
    EXPECT_EQ(rehearsed.error().message(), "nobody calls the bank");
}

TEST(Rehearsal, EndsAnAttemptThatTakesLongerThanItsTimeout) {
    PlanBuilder builder = one_effect();
    builder.last_node().timeout = core::Duration{5'000};
    const auto rehearsed = rehearse(builder, counting({60'000}));
    ASSERT_TRUE(rehearsed) << rehearsed.error().message();
    EXPECT_EQ(rehearsed->view.status(), core::ExecutionStatus::failed);
    EXPECT_EQ(rehearsed->view.error()->code, "timeout");
    EXPECT_EQ(clock_of(*rehearsed).ms, 5'000);
}

TEST(Rehearsal, CancelsWhenItIsToldTo) {
    RehearsalOptions options = counting({60'000});
    options.cancel_after = core::Duration{2'000};
    const auto rehearsed = rehearse(one_effect(), options);
    ASSERT_TRUE(rehearsed) << rehearsed.error().message();
    EXPECT_EQ(rehearsed->view.status(), core::ExecutionStatus::canceled);
    EXPECT_EQ(clock_of(*rehearsed).ms, 2'000);
}

TEST(Rehearsal, SaysWhatIsOpenWhenItDoesNotEnd) {
    RehearsalOptions options = counting({60'000});
    options.time_max = core::Duration{30'000};
    const auto rehearsed = rehearse(one_effect(), options);
    ASSERT_FALSE(rehearsed);
    EXPECT_TRUE(rehearsed.error().is(RehearsalErrc::did_not_end));
    EXPECT_THAT(rehearsed.error().message(), HasSubstr("call"));
    EXPECT_THAT(rehearsed.error().message(), HasSubstr("30s"));
}

TEST(Rehearsal, PerformsForRealWhatItMay) {
    Functions functions;
    functions.add("echo", [](const Value& input, const FunctionContext&) {
        return std::expected<Value, core::Failure>{Value::array({input, input})};
    });
    RehearsalOptions options;
    options.functions = &functions;
    options.director = [](const auto&, const auto&, const auto&) -> Direction {
        return PerformForReal{};
    };
    const auto rehearsed = rehearse(one_effect(), options, Value{7});
    ASSERT_TRUE(rehearsed) << rehearsed.error().message();
    EXPECT_EQ(rehearsed->view.outputs(), engine::json(R"({"call": [7, 7]})"));
    EXPECT_EQ(clock_of(*rehearsed).ms, 0);
}

TEST(Rehearsal, ChecksTheInputFirst) {
    PlanBuilder builder = one_effect();
    builder.inputs(R"({"type": "object"})");
    const auto rehearsed = rehearse(builder, counting(), Value{5});
    ASSERT_FALSE(rehearsed);
    EXPECT_TRUE(rehearsed.error().is(engine::StartErrc::bad_input));
}

TEST(Rehearsal, NamesTheRunsInsideContainers) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual")
        .node("each", "test.loop", R"({"times": 2})")
        .within("each")
        .node("call", "test.effect")
        .connect("start -> each")
        .connect("each.item -> call")
        .connect("call -> each.result");
    const auto rehearsed = rehearse(builder, counting());
    ASSERT_TRUE(rehearsed) << rehearsed.error().message();
    ASSERT_EQ(rehearsed->calls.size(), 2u);
    EXPECT_EQ(rehearsed->calls[0].path, "each[0].call");
    EXPECT_EQ(rehearsed->calls[1].path, "each[1].call");
    EXPECT_EQ(rehearsed->calls[1].number, 2u);
}

/// Three iterations at once, whose effects may share one result.
PlanBuilder three_alike() {
    PlanBuilder builder;
    builder.node("start", "trigger.manual")
        .node("each", "test.loop", R"({"times": 3, "concurrency": 3})")
        .within("each")
        .node("call", "test.effect", R"({"input": 1})")
        .connect("start -> each")
        .connect("each.item -> call")
        .connect("call -> each.result");
    builder.last_node().cache = core::NodeCache{.ttl = {60'000}, .key = "1", .tags = {}};
    return builder;
}

TEST(Rehearsal, MakesEqualCallsOfANodeWithACacheOnce) {
    const auto rehearsed = rehearse(three_alike(), counting({100}));
    ASSERT_TRUE(rehearsed) << rehearsed.error().message();
    EXPECT_EQ(rehearsed->calls.size(), 1u);
    EXPECT_EQ(rehearsed->view.outputs(), engine::json(R"({"each": [1, 1, 1]})"));
}

TEST(Rehearsal, LetsTheNextOneTryWhenACallThatOthersWaitForFails) {
    PlanBuilder builder = three_alike();
    builder.default_value(Value{"none"});
    RehearsalOptions options;
    options.director = [](const OutsideCall& call, const auto&, const auto&) -> Direction {
        if (call.number == 1) return StandIn{failure_of("timeout", core::ErrorClass::timeout), {9}};
        return StandIn{first(Value{call.number}), {9}};
    };
    const auto rehearsed = rehearse(builder, options);
    ASSERT_TRUE(rehearsed) << rehearsed.error().message();
    EXPECT_EQ(rehearsed->calls.size(), 2u);
    EXPECT_EQ(rehearsed->view.outputs(), engine::json(R"({"each": ["none", 2, 2]})"));
}

TEST(Rehearsal, RefusesTheNextOneToo) {
    PlanBuilder builder = three_alike();
    builder.default_value(Value{"none"});
    RehearsalOptions options;
    options.director = [](const OutsideCall& call, const auto&, const auto&) -> Direction {
        if (call.number == 1) return StandIn{failure_of("timeout", core::ErrorClass::timeout), {9}};
        return Refuse{"one call is enough"};
    };
    const auto rehearsed = rehearse(builder, options);
    ASSERT_FALSE(rehearsed);
    EXPECT_TRUE(rehearsed.error().is(RehearsalErrc::refused));
}

TEST(RequestValue, ShowsAJsonBodyAsTheValueItSays) {
    engine::HttpCall call;
    call.method = "POST";
    call.url = "http://127.0.0.1/charges";
    call.headers = {{"X-Shop", "7"}};
    call.body = R"({"amount": 5})";
    EXPECT_EQ(request_value(call),
              engine::json(R"({"method": "POST", "url": "http://127.0.0.1/charges",
                               "headers": {"X-Shop": "7"}, "body": {"amount": 5}})"));
}

TEST(RequestValue, ShowsAFileToWrite) {
    engine::FileCall call;
    call.action = engine::FileCall::Action::append;
    call.path = "out.txt";
    call.contents = Value{"a line"};
    EXPECT_EQ(request_value(call),
              engine::json(R"({"action": "append", "path": "out.txt", "contents": "a line"})"));
}

}  // namespace
}  // namespace millrace::runtime
