// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = core::NodeOnError::Kind;

/// start -> call -> after, with `call` added last.
PlanBuilder calling() {
    PlanBuilder builder;
    builder.node("start", "trigger.manual").node("after", "test.pass").node("call", "test.effect");
    builder.connect("start -> call -> after");
    return builder;
}

FailureHandling handling(const PlanBuilder& builder) {
    const auto plan = builder.plan();
    return plan->node(index_of(*plan, "call")).on_failure;
}

TEST(CompileFailures, TakesTheNodesOwnWordFirst) {
    EXPECT_EQ(handling(calling().on_error(Kind::stop)), FailureHandling::stop);
    EXPECT_EQ(handling(calling().on_error(Kind::proceed)), FailureHandling::proceed);
    PlanBuilder builder = calling();
    builder.settings().on_error.kind = core::WorkflowOnError::Kind::proceed;
    EXPECT_EQ(handling(builder.on_error(Kind::stop)), FailureHandling::stop);
}

TEST(CompileFailures, KeepsADefaultThatIsFalse) {
    PlanBuilder builder = calling();
    const auto plan = builder.default_value(false).plan();
    const PlanNode& node = plan->node(index_of(*plan, "call"));
    EXPECT_EQ(node.on_failure, FailureHandling::default_value);
    EXPECT_EQ(node.default_value, core::Value{false});
}

TEST(CompileFailures, ThenTheErrorPortThenTheWorkflow) {
    PlanBuilder builder = calling();
    EXPECT_EQ(handling(builder), FailureHandling::stop);
    builder.settings().on_error.kind = core::WorkflowOnError::Kind::proceed;
    EXPECT_EQ(handling(builder), FailureHandling::proceed);
    builder.node("log", "test.sink").connect("call.error -> log");
    EXPECT_EQ(handling(builder), FailureHandling::error_port);
}

TEST(CompileFailures, RefusesOnErrorBesideAConnectedErrorPort) {
    PlanBuilder builder = calling();
    builder.on_error(Kind::proceed).node("log", "test.sink").connect("call.error -> log");
    EXPECT_THAT(places(builder.compile().problems), ElementsAre("bad_value /nodes/2/on_error"));
}

TEST(CompileFailures, LinksANodeAndItsFallback) {
    PlanBuilder builder = calling();
    const auto plan = builder.fallback("spare").node("spare", "test.effect").plan();
    const core::NodeIndex call = index_of(*plan, "call");
    const core::NodeIndex spare = index_of(*plan, "spare");
    EXPECT_EQ(plan->node(call).on_failure, FailureHandling::fallback);
    EXPECT_EQ(plan->node(call).fallback, spare);
    EXPECT_EQ(plan->node(spare).fallback_for, call);
}

TEST(CompileFailures, LetsAFallbackHaveItsOwn) {
    PlanBuilder builder = calling();
    builder.fallback("spare").node("spare", "test.effect").fallback("last");
    const auto plan = builder.node("last", "test.pass").plan();
    EXPECT_EQ(plan->node(index_of(*plan, "last")).fallback_for, index_of(*plan, "spare"));
}

TEST(CompileFailures, RefusesFallbacksThatCannotStandIn) {
    const auto refusal = [](std::string_view named) {
        PlanBuilder builder = calling();
        builder.fallback(named).node("other", "trigger.other").node("free", "test.optional");
        const core::Problems problems = builder.compile().problems;
        EXPECT_THAT(places(problems), ElementsAre("bad_value /nodes/2/on_error/fallback"));
        return problems.empty() ? std::string{} : problems.front().message;
    };
    EXPECT_THAT(refusal("call"), HasSubstr("its own fallback"));
    EXPECT_THAT(refusal("after"), HasSubstr("connections of its own"));
    EXPECT_THAT(refusal("other"), HasSubstr("is a trigger"));
}

TEST(CompileFailures, RefusesFallbacksWhosePortsDoNotFit) {
    const auto refusal = [](std::string_view type, std::string_view data) {
        PlanBuilder builder = calling();
        const auto problems =
            builder.fallback("spare").node("spare", type, data).compile().problems;
        EXPECT_THAT(places(problems), ElementsAre("bad_value /nodes/2/on_error/fallback"));
        return problems.empty() ? std::string{} : problems.front().message;
    };
    EXPECT_THAT(refusal("test.pair", ""), HasSubstr("needs a value at `right`"));
    EXPECT_THAT(refusal("test.if", R"({"condition": "true"})"), HasSubstr("has no output `out`"));
}

TEST(CompileFailures, NamesTheNearestNodeOfAnUnknownFallback) {
    PlanBuilder builder = calling();
    const auto problems =
        builder.fallback("sparse").node("spare", "test.optional").compile().problems;
    EXPECT_THAT(places(problems), ElementsAre("unknown_node /nodes/2/on_error/fallback"));
    EXPECT_EQ(problems[0].suggestion, "spare");
}

TEST(CompileFailures, RefusesAFallbackForTwoNodes) {
    PlanBuilder builder = calling();
    builder.fallback("spare").node("second", "test.effect").fallback("spare");
    builder.node("spare", "test.effect").connect("start -> second");
    EXPECT_THAT(places(builder.compile().problems),
                ElementsAre("bad_value /nodes/3/on_error/fallback"));
}

TEST(CompileFailures, RefusesFallbacksInARing) {
    PlanBuilder builder = calling();
    builder.node("a", "test.effect").fallback("b").node("b", "test.effect").fallback("a");
    const auto problems = builder.compile().problems;
    EXPECT_THAT(places(problems), ElementsAre("bad_value /nodes/3/on_error/fallback"));
    EXPECT_THAT(problems[0].message, HasSubstr("`a -> b -> a` form a ring"));
}

TEST(CompileFailures, RefusesAStandInValueWhereNoneCouldLeave) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual").node("if", "test.if", R"({"condition": "true"})");
    builder.default_value(1).connect("start -> if");
    EXPECT_THAT(places(builder.compile().problems), ElementsAre("bad_value /nodes/1/on_error"));
}

}  // namespace
}  // namespace millrace::engine
