// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::IsEmpty;
using testing::json;
using testing::NodeRun;
using testing::problems_of;

engine::NodeDefinition general() {
    engine::NodeDefinition definition;
    definition.type.outputs.resize(1);
    definition.type.outputs[0].name = "default";
    definition.behaviour = flow_switch();
    return definition;
}

engine::NodeDefinition special(std::string_view data) {
    const engine::NodeDefinition definition = general();
    return *definition.behaviour->specialise(definition, json(data));
}

engine::NodeOutcome outcome_of(std::string_view data, core::Value input) {
    NodeRun run{json(data), std::move(input), {}};
    return run.start_with_deferred(special(data).behaviour, "cases", "when");
}

/// The names of the ports that are live, in the order in which they were chosen.
std::vector<std::string> live(std::string_view data, const core::Value& input) {
    const engine::NodeDefinition definition = special(data);
    const engine::NodeOutcome outcome = outcome_of(data, input);
    std::vector<std::string> names;
    for (const engine::PortValue& port : std::get<engine::Emit>(outcome).ports) {
        EXPECT_EQ(port.value, input);
        names.push_back(definition.type.outputs.at(port.port.value).name);
    }
    return names;
}

TEST(FlowSwitch, TakesTheFirstCaseThatHolds) {
    constexpr std::string_view data = R"({"cases": [
        {"name": "a", "when": "input > 10"}, {"name": "b", "when": "{{ input > 5 }}"},
        {"name": "c", "when": true, "priority": 1}]})";
    EXPECT_THAT(live(data, 20), ElementsAre("a"));
    EXPECT_THAT(live(data, 7), ElementsAre("b"));
    EXPECT_THAT(live(data, 1), ElementsAre("c"));
}

TEST(FlowSwitch, TriesLowerPrioritiesFirstAndTiesInTheirOrder) {
    constexpr std::string_view data = R"({"mode": "all", "cases": [
        {"name": "late", "when": true, "priority": 2}, {"name": "one", "when": true},
        {"name": "two", "path": "$"}, {"name": "soon", "path": "$", "priority": -1}]})";
    EXPECT_THAT(live(data, 1), ElementsAre("soon", "one", "two", "late"));
}

TEST(FlowSwitch, FallsBackToDefault) {
    constexpr std::string_view first = R"({"cases": [{"name": "a", "when": "input.x"}]})";
    EXPECT_THAT(live(first, json("{}")), ElementsAre("default"));
    constexpr std::string_view all =
        R"({"mode": "all", "cases": [{"name": "a", "when": "0"}, {"name": "b", "when": "''"}]})";
    EXPECT_THAT(live(all, json("{}")), ElementsAre("default"));
}

TEST(FlowSwitch, GoesByWhatAPathSelects) {
    constexpr std::string_view data = R"({"mode": "all", "cases": [
        {"name": "late", "path": "$.rows[?@.late == true]"}, {"name": "any", "path": "$.rows"}]})";
    EXPECT_THAT(live(data, json(R"({"rows": [{"late": true}]})")), ElementsAre("late", "any"));
    EXPECT_THAT(live(data, json(R"({"rows": false})")), ElementsAre("any"));
    EXPECT_THAT(live(data, json(R"({"rows": null})")), ElementsAre("any"));
    EXPECT_THAT(live(data, json("[]")), ElementsAre("default"));
}

TEST(FlowSwitch, LooksAtNoCaseAfterTheOneThatHolds) {
    constexpr std::string_view data = R"({"cases": [
        {"name": "a", "when": "input.x.y", "priority": 1}, {"name": "b", "when": "input.ok"}]})";
    EXPECT_THAT(live(data, json(R"({"ok": true})")), ElementsAre("b"));
    const core::Failure failure = failure_of(outcome_of(data, json("{}")));
    EXPECT_EQ(failure.code, "undefined_property");
    EXPECT_EQ(failure.details, json(R"({"pointer": "/cases/0/when"})"));
}

TEST(FlowSwitch, FailsWhereAPathLooksAtTooMuch) {
    constexpr std::string_view data =
        R"({"cases": [{"name": "x", "path": "$..*..*..*..*..*..*[?@.x]"}]})";
    std::string deep = "1";
    for (int i = 0; i < 90; ++i)
        deep = "[" + deep + "]";
    const core::Failure failure = failure_of(outcome_of(data, json(deep)));
    EXPECT_EQ(failure.code, "fuel_exhausted");
    EXPECT_EQ(failure.details, json(R"({"pointer": "/cases/0/path"})"));
}

TEST(FlowSwitch, HasAnOutputForEachCase) {
    const engine::NodeDefinition first = special(
        R"({"cases": [{"name": "b", "when": "1", "priority": 5}, {"name": "a", "path": "$"}]})");
    ASSERT_EQ(first.type.outputs.size(), 3u);
    EXPECT_EQ(first.type.outputs[0].name, "b");
    EXPECT_EQ(first.type.outputs[1].name, "a");
    EXPECT_EQ(first.type.outputs[2].name, "default");
    EXPECT_EQ(first.type.choice, core::ChoiceKind::one_output);
    EXPECT_EQ(special(R"({"mode": "all", "cases": []})").type.choice,
              core::ChoiceKind::default_or_others);
}

TEST(FlowSwitch, WorksWithoutBeingMadeSpecialToo) {
    constexpr std::string_view data = R"({"cases": [
        {"name": "p", "path": "$.p"}, {"name": "a", "when": "input.a"}, {"name": "b", "when": "1"}]})";
    NodeRun run{json(data), json(R"({"a": 1})"), {}};
    const auto outcome = run.start_with_deferred(flow_switch(), "cases", "when");
    EXPECT_EQ(std::get<engine::Emit>(outcome).ports.at(0).port, core::PortIndex{1});
}

TEST(FlowSwitch, TellsWhatIsWrongWithItsCases) {
    EXPECT_THAT(problems_of(flow_switch(), R"({"cases": [
                    {"name": "1st", "when": "1"}, {"name": "default", "when": "1"},
                    {"name": "a", "when": "1"}, {"name": "a", "path": "$"},
                    {"name": "b"}, {"name": "c", "when": "1", "path": "$"},
                    {"name": "d", "path": "$["}, 5, {"when": "1"}, {"name": 5, "when": "1"}]})"),
                ElementsAre("bad_value /data/cases/0/name", "bad_value /data/cases/1/name",
                            "bad_value /data/cases/3/name", "bad_value /data/cases/4",
                            "bad_value /data/cases/5", "bad_expression /data/cases/6/path"));
    EXPECT_THAT(problems_of(flow_switch(), R"({"cases": 5})"), IsEmpty());
    EXPECT_THAT(problems_of(flow_switch(), "{}"), IsEmpty());
}

TEST(FlowSwitch, StandsDataThatIsWrong) {
    for (const char* data : {"{}", R"({"cases": 5})", R"({"cases": [5, null, {"name": 1}]})",
                             R"({"mode": 1, "cases": [{"path": "$["}, {"priority": "x"}]})"}) {
        EXPECT_EQ(special(data).type.outputs.back().name, "default") << data;
    }
}

}  // namespace
}  // namespace millrace::nodes
