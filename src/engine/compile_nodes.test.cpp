// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PlanBuilder with(std::string_view type, std::string_view data = {}) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual").node("n", type, data).connect("start -> n");
    return builder;
}

TEST(CompileNodes, NamesTheNearestTypeOfAnUnknownOne) {
    const CompileResult result = with("test.pas").compile();
    EXPECT_THAT(places(result.problems), ElementsAre("unknown_type /nodes/1/type"));
    EXPECT_EQ(result.problems[0].suggestion, "test.pass");
    EXPECT_EQ(result.plan, nullptr);
}

TEST(CompileNodes, NamesTheVersionsOfAKnownType) {
    const CompileResult result = with("test.pass@7").compile();
    EXPECT_THAT(places(result.problems), ElementsAre("unknown_type /nodes/1/type"));
    EXPECT_EQ(result.problems[0].message,
              "node type `test.pass` has no version 7; there is version 1, 2");
    EXPECT_EQ(result.problems[0].suggestion, "test.pass@2");
}

TEST(CompileNodes, TellsTypesOfTheFormatFromUnknownOnes) {
    EXPECT_THAT(places(with("flow.wait").compile().problems),
                ElementsAre("not_supported /nodes/1/type"));
}

TEST(CompileNodes, TakesTheVersionThatIsAskedFor) {
    EXPECT_EQ(with("test.pass@2").plan()->nodes()[1].definition->type.version, 2u);
}

TEST(CompileNodes, ReportsEachViolationOfTheDataSchema) {
    EXPECT_THAT(places(with("test.checked", R"({"size": "big", "colour": 1})").compile().problems),
                ElementsAre("schema /nodes/1/data/size", "schema /nodes/1/data"));
    EXPECT_THAT(places(with("test.checked").compile().problems),
                ElementsAre("schema /nodes/1/data"));
}

TEST(CompileNodes, LeavesAFieldAloneWhoseTemplateMayGiveTheRightType) {
    EXPECT_THAT(with("test.checked", R"({"size": "{{ inputs.size }}"})").compile().problems,
                IsEmpty());
}

TEST(CompileNodes, StillReportsAnEscapedTemplate) {
    EXPECT_THAT(places(with("test.checked", R"({"size": "\\{{ size }}"})").compile().problems),
                ElementsAre("schema /nodes/1/data/size"));
}

TEST(CompileNodes, AsksTheBehaviourAsWell) {
    const CompileResult result = with("test.checked", R"({"size": 13})").compile();
    EXPECT_THAT(places(result.problems), ElementsAre("bad_value /nodes/1/data/size"));
    EXPECT_EQ(result.problems[0].suggestion, "12");
}

TEST(CompileNodes, RefusesDataThatIsNoObject) {
    EXPECT_THAT(places(with("test.pass", "[1]").compile().problems),
                ElementsAre("schema /nodes/1/data"));
}

TEST(CompileNodes, RefusesADocumentWithoutTrigger) {
    const CompileResult result = PlanBuilder{}.node("n", "test.optional").compile();
    EXPECT_THAT(places(result.problems), ElementsAre("missing_key /nodes"));
}

TEST(CompileNodes, RefusesASecondNodeOfTheSameId) {
    const CompileResult result = PlanBuilder{}
                                     .node("start", "trigger.manual")
                                     .node("n", "test.optional")
                                     .node("n", "test.optional")
                                     .compile();
    EXPECT_THAT(places(result.problems), ElementsAre("duplicate_id /nodes/2/id"));
    EXPECT_THAT(result.problems[0].message, HasSubstr("/nodes/1"));
}

TEST(CompileNodes, RefusesParentsThatAreNoContainers) {
    PlanBuilder builder = with("test.pass");
    builder.last_node().parent = "start";
    EXPECT_THAT(places(builder.compile().problems), ElementsAre("bad_scope /nodes/1/parent"));
    builder.last_node().parent = "stat";
    const CompileResult result = builder.compile();
    EXPECT_THAT(places(result.problems), ElementsAre("unknown_node /nodes/1/parent"));
    EXPECT_EQ(result.problems[0].suggestion, "start");
}

TEST(CompileNodes, FillsInWhatIsRetriedByDefault) {
    PlanBuilder builder = with("test.effect");
    builder.retry({});
    EXPECT_THAT(builder.plan()->nodes()[1].retry->retry_on,
                ElementsAre("timeout", "connection", "http_5xx", "http_429"));
    builder.last_node().retry->retry_on = {"http_503"};
    EXPECT_THAT(builder.plan()->nodes()[1].retry->retry_on, ElementsAre("http_503"));
}

TEST(CompileNodes, RefusesRetriesThatCannotBe) {
    PlanBuilder builder = with("test.effect");
    core::RetryPolicy policy;
    policy.max_attempts = 0;
    policy.backoff = 0.5;
    policy.jitter = 2;
    EXPECT_THAT(places(builder.retry(policy).compile().problems),
                ElementsAre("bad_value /nodes/1/retry/max_attempts",
                            "bad_value /nodes/1/retry/backoff", "bad_value /nodes/1/retry/jitter"));
}

/// The node with every option that is about calls.
CompileResult with_options(std::string_view type, std::string_view data = {}) {
    PlanBuilder builder = with(type, data);
    builder.retry({});
    builder.last_node().timeout = core::Duration{1'000};
    builder.last_node().deadline = core::Duration{1'000};
    builder.last_node().on_interrupt = core::OnInterrupt::fail;
    return builder.compile();
}

TEST(CompileNodes, RefusesOptionsThatANodeNeverUses) {
    const CompileResult result = with_options("test.delay", R"({"ms": 1})");
    EXPECT_THAT(places(result.problems),
                ElementsAre("bad_value /nodes/1/timeout", "bad_value /nodes/1/on_interrupt"));
    EXPECT_THAT(result.problems[0].message, HasSubstr("remove it"));
    EXPECT_THAT(with_options("test.effect").problems, IsEmpty());
    EXPECT_THAT(with_options("test.effect").warnings, IsEmpty());
}

TEST(CompileNodes, RefusesOptionsOnTriggers) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual").retry({});
    builder.last_node().timeout = core::Duration{1'000};
    builder.last_node().deadline = core::Duration{1'000};
    builder.last_node().on_interrupt = core::OnInterrupt::rerun;
    EXPECT_THAT(places(builder.compile().problems),
                ElementsAre("bad_value /nodes/0/retry", "bad_value /nodes/0/timeout",
                            "bad_value /nodes/0/deadline", "bad_value /nodes/0/on_interrupt"));
}

TEST(CompileNodes, WarnsOfOptionsThatCountForLargeInputsOnly) {
    for (const std::string_view type : {"test.pass", "test.if"}) {
        PlanBuilder builder = with(type, R"({"condition": "true"})");
        builder.last_node().timeout = core::Duration{1'000};
        builder.last_node().deadline = core::Duration{1'000};
        builder.last_node().on_interrupt = core::OnInterrupt::fail;
        EXPECT_NE(builder.compile().plan, nullptr);
        EXPECT_THAT(places(builder.compile().warnings),
                    ElementsAre("bad_value /nodes/1/timeout", "bad_value /nodes/1/deadline",
                                "bad_value /nodes/1/on_interrupt"));
        EXPECT_THAT(places(builder.retry({}).compile().warnings),
                    ElementsAre("bad_value /nodes/1/timeout", "bad_value /nodes/1/on_interrupt"));
    }
}

TEST(CompileNodes, LetsEveryNodeThatCanFailBeRetried) {
    for (const std::string_view type : {"test.pass", "test.fail", "test.delay", "test.if"}) {
        PlanBuilder builder = with(type, R"({"condition": "true", "ms": 1})");
        const CompileResult result = builder.retry({}).compile();
        EXPECT_THAT(result.problems, IsEmpty());
        EXPECT_THAT(result.warnings, IsEmpty());
    }
}

}  // namespace
}  // namespace millrace::engine
