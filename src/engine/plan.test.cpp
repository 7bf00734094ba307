// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using ::testing::HasSubstr;

PlanBuilder one_trigger() {
    PlanBuilder builder;
    builder.node("start", "trigger.manual").node("n", "test.pass").connect("start -> n");
    return builder;
}

TEST(Plan, FindsNodesByTheirIds) {
    const auto plan = one_trigger().plan();
    EXPECT_EQ(plan->find("n"), core::NodeIndex{1});
    EXPECT_EQ(plan->find("start"), core::NodeIndex{0});
    EXPECT_EQ(plan->find("m"), std::nullopt);
    EXPECT_EQ(plan->find(""), std::nullopt);
}

TEST(ChooseTrigger, TakesTheOnlyOne) {
    const auto plan = PlanBuilder{}.node("hook", "trigger.other").plan();
    EXPECT_EQ(*choose_trigger(*plan, ""), core::NodeIndex{0});
}

TEST(ChooseTrigger, TakesTheOnlyManualOneOfSeveral) {
    const auto plan =
        PlanBuilder{}.node("hook", "trigger.other").node("hand", "trigger.manual").plan();
    EXPECT_EQ(*choose_trigger(*plan, ""), index_of(*plan, "hand"));
    EXPECT_EQ(*choose_trigger(*plan, "hook"), index_of(*plan, "hook"));
}

TEST(ChooseTrigger, ListsThemWhenItCannotKnow) {
    const auto plan =
        PlanBuilder{}.node("one", "trigger.manual").node("two", "trigger.manual").plan();
    const auto chosen = choose_trigger(*plan, "");
    ASSERT_FALSE(chosen.has_value());
    EXPECT_TRUE(chosen.error().is(StartErrc::ambiguous_trigger));
    EXPECT_THAT(chosen.error().message(), HasSubstr("`one`, `two`"));
}

TEST(ChooseTrigger, SaysWhatIsWrongWithTheNamedOne) {
    const auto plan = one_trigger().plan();
    EXPECT_THAT(choose_trigger(*plan, "n").error().message(), HasSubstr("`n` is no trigger"));
    const auto chosen = choose_trigger(*plan, "strat");
    EXPECT_TRUE(chosen.error().is(StartErrc::unknown_trigger));
    EXPECT_THAT(chosen.error().message(), HasSubstr("did you mean `start`?"));
}

TEST(ResolveVariables, PutsOverridesOverDefaults) {
    const auto plan = one_trigger().variable("a", 1).variable("b").plan();
    EXPECT_EQ(*resolve_variables(*plan, json(R"({"b": "x"})")), json(R"({"a": 1, "b": "x"})"));
    EXPECT_EQ(*resolve_variables(*plan, json(R"({"b": false, "a": 2})")),
              json(R"({"a": 2, "b": false})"));
}

TEST(ResolveVariables, NamesEveryMissingOne) {
    const auto plan = one_trigger().variable("a").variable("b").variable("c", 1).plan();
    const auto values = resolve_variables(*plan, {});
    ASSERT_FALSE(values.has_value());
    EXPECT_TRUE(values.error().is(StartErrc::bad_variable));
    EXPECT_THAT(values.error().message(), HasSubstr("`a`, `b`"));
}

TEST(ResolveVariables, RefusesUnknownOnesAndNonObjects) {
    const auto plan = one_trigger().variable("threshold", 1).plan();
    EXPECT_THAT(resolve_variables(*plan, json(R"({"treshold": 2})")).error().message(),
                HasSubstr("did you mean `threshold`?"));
    EXPECT_FALSE(resolve_variables(*plan, json("[1]")).has_value());
}

TEST(CheckInput, AcceptsAnythingWithoutASchema) {
    EXPECT_TRUE(check_input(*one_trigger().plan(), json("[1]")).has_value());
}

TEST(CheckInput, ListsEveryViolation) {
    const auto plan =
        one_trigger().inputs(R"({"type": "object", "required": ["id", "total"]})").plan();
    EXPECT_TRUE(check_input(*plan, json(R"({"id": 1, "total": 2})")).has_value());
    const auto checked = check_input(*plan, json("{}"));
    ASSERT_FALSE(checked.has_value());
    EXPECT_TRUE(checked.error().is(StartErrc::bad_input));
    EXPECT_THAT(checked.error().message(), HasSubstr("`id` is required; `total` is required"));
}

}  // namespace
}  // namespace millrace::engine
