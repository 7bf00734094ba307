// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PlanBuilder started() {
    PlanBuilder builder;
    builder.node("start", "trigger.manual");
    return builder;
}

TEST(CompileConnections, JoinsPortsByIndexInDocumentOrder) {
    const auto plan = started()
                          .node("if", "test.if", R"({"condition": "true"})")
                          .node("pair", "test.pair")
                          .connect("start -> if")
                          .connect("if.false -> pair.right")
                          .connect("start -> pair.left")
                          .plan();
    const PlanConnection& connection = plan->connections()[1];
    EXPECT_EQ(connection.from, index_of(*plan, "if"));
    EXPECT_EQ(connection.from_port, core::PortIndex{1});
    EXPECT_EQ(connection.to_port, core::PortIndex{1});
    EXPECT_EQ(connection.label, "if");
    const PlanNode& pair = plan->node(index_of(*plan, "pair"));
    EXPECT_THAT(pair.inputs[0].connections, ElementsAre(core::ConnectionIndex{2}));
    EXPECT_THAT(pair.inputs[1].connections, ElementsAre(core::ConnectionIndex{1}));
    EXPECT_EQ(pair.outputs.size(), 2u);
    EXPECT_EQ(pair.error_port(), core::PortIndex{1});
}

TEST(CompileConnections, OrdersAnInputByPriorityAndThenByTheDocument) {
    const auto plan = started()
                          .node("a", "test.pass")
                          .node("b", "test.pass")
                          .node("c", "test.pass")
                          .node("merge", "test.merge")
                          .connect("start -> a -> merge")
                          .priority(5)
                          .connect("start -> b -> merge")
                          .connect("start -> c -> merge")
                          .tag("last")
                          .plan();
    EXPECT_THAT(
        plan->node(index_of(*plan, "merge")).inputs[0].connections,
        ElementsAre(core::ConnectionIndex{3}, core::ConnectionIndex{5}, core::ConnectionIndex{1}));
    EXPECT_EQ(plan->connections()[5].label, "last");
}

TEST(CompileConnections, NamesTheNearestNodeOfAnUnknownOne) {
    const CompileResult result =
        started().node("greet", "test.pass").connect("start -> great").compile();
    EXPECT_THAT(places(result.problems),
                ElementsAre("unknown_node /connections/0/to", "missing_connection /nodes/1"));
    EXPECT_EQ(result.problems[0].suggestion, "greet");
}

TEST(CompileConnections, ListsThePortsThereAre) {
    const CompileResult result = started()
                                     .node("if", "test.if", R"({"condition": "true"})")
                                     .node("n", "test.pass")
                                     .connect("start -> if -> n")
                                     .compile();
    EXPECT_THAT(places(result.problems), ElementsAre("unknown_port /connections/1/from"));
    EXPECT_EQ(result.problems[0].message,
              "`if` (test.if) has no output `out`; there is `true`, `false` and `error`");
}

TEST(CompileConnections, SuggestsTheNearestPort) {
    const CompileResult result =
        started().node("p", "test.pair").connect("start -> p.lefd").compile();
    EXPECT_THAT(places(result.problems), ElementsAre("unknown_port /connections/0/to"));
    EXPECT_EQ(result.problems[0].suggestion, "p.left");
}

TEST(CompileConnections, TellsInputsFromOutputs) {
    const CompileResult result = started()
                                     .node("a", "test.pass")
                                     .node("b", "test.optional")
                                     .connect("start -> a")
                                     .connect("a.in -> b")
                                     .connect("a -> b.out")
                                     .compile();
    EXPECT_THAT(places(result.problems), ElementsAre("wrong_port_kind /connections/1/from",
                                                     "wrong_port_kind /connections/2/to"));
}

TEST(CompileConnections, SaysThatTriggersHaveNoInputs) {
    const CompileResult result =
        started().node("other", "trigger.other").connect("start -> other").compile();
    EXPECT_THAT(places(result.problems), ElementsAre("unknown_port /connections/0/to"));
    EXPECT_THAT(result.problems[0].message, HasSubstr("a trigger starts by itself"));
}

TEST(CompileConnections, RefusesAStreamForASingleValue) {
    const CompileResult result = started()
                                     .node("s", "test.stream")
                                     .node("n", "test.pass")
                                     .connect("start -> s")
                                     .connect("s.items -> n")
                                     .compile();
    EXPECT_THAT(places(result.problems), ElementsAre("wrong_port_kind /connections/1"));
}

TEST(CompileConnections, NamesBothTypesWhenNoValueCanFit) {
    PlanBuilder builder = started();
    builder.node("a", "test.text").node("b", "test.number").connect("start -> a -> b");
    const CompileResult result = builder.compile();
    EXPECT_THAT(places(result.problems), ElementsAre("incompatible_types /connections/1"));
    EXPECT_EQ(result.problems[0].message,
              "`a.out` gives string, but `b.in` takes null or number; a `transform` on the "
              "connection can convert");
    EXPECT_THAT(builder.transform("value.length").compile().problems, IsEmpty());
}

TEST(CompileConnections, KnowsThatTheErrorPortGivesAnObject) {
    const CompileResult result = started()
                                     .node("a", "test.effect")
                                     .node("b", "test.text")
                                     .connect("start -> a")
                                     .connect("a.error -> b")
                                     .compile();
    EXPECT_THAT(places(result.problems), ElementsAre("incompatible_types /connections/1"));
}

TEST(CompileConnections, ReportsNodesThatNothingLeadsTo) {
    const CompileResult result = started()
                                     .node("alone", "test.pass")
                                     .node("half", "test.pair")
                                     .node("free", "test.optional")
                                     .connect("start -> half.left")
                                     .compile();
    EXPECT_THAT(places(result.problems),
                ElementsAre("missing_connection /nodes/1", "missing_connection /nodes/2"));
    EXPECT_THAT(result.problems[1].message, HasSubstr("`half.right`"));
}

TEST(CompileConnections, RefusesTheSameConnectionTwice) {
    const CompileResult result =
        started().node("m", "test.merge").connect("start -> m").connect("start -> m").compile();
    EXPECT_THAT(places(result.problems), ElementsAre("bad_value /connections/1"));
    EXPECT_THAT(result.problems[0].message, HasSubstr("different tags"));
}

TEST(CompileConnections, LetsTwoThatDifferInAnythingIntoAMerge) {
    const PlanBuilder builder = started()
                                    .node("m", "test.merge")
                                    .connect("start -> m")
                                    .connect("start -> m")
                                    .tag("a")
                                    .connect("start -> m")
                                    .tag("b")
                                    .connect("start -> m")
                                    .priority(1)
                                    .connect("start -> m")
                                    .filter("value > 1")
                                    .connect("start -> m")
                                    .transform("value")
                                    .connect("start -> m");
    EXPECT_THAT(places(builder.compile().problems), ElementsAre("bad_value /connections/6"));
    PlanBuilder other = builder;
    other.last_connection().on_error.kind = core::ConnectionOnError::Kind::drop;
    EXPECT_THAT(places(other.compile().problems), IsEmpty());
}

TEST(CompileConnections, CallsTwoIntoASingleInputAmbiguousAlsoWhenTheyAreTheSame) {
    const CompileResult result =
        started().node("n", "test.pass").connect("start -> n").connect("start -> n").compile();
    EXPECT_THAT(places(result.problems), ElementsAre("ambiguous_fan_in /connections/1"));
}

TEST(CompileConnections, NamesEachCycle) {
    const CompileResult result = started()
                                     .node("m", "test.merge")
                                     .node("a", "test.pass")
                                     .node("b", "test.pass")
                                     .node("self", "test.merge")
                                     .node("after", "test.pass", R"({"x": "{{ nodes.a.out }}"})")
                                     .connect("start -> m -> a -> b -> m")
                                     .connect("b -> self -> self")
                                     .connect("self -> after")
                                     .compile();
    EXPECT_THAT(places(result.problems),
                ElementsAre("cycle /connections/3", "cycle /connections/5"));
    EXPECT_THAT(result.problems[0].message, HasSubstr("`m -> a -> b -> m` is a cycle"));
    EXPECT_THAT(result.problems[1].message, HasSubstr("`self -> self` is a cycle"));
}

}  // namespace
}  // namespace millrace::engine
