// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// start -> charge, which `refund` undoes.
PlanBuilder charged(std::string_view type = "test.effect", std::string_view data = {}) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("charge", "test.effect").compensate("refund");
    plan.node("refund", type, data).connect("start -> charge");
    return plan;
}

std::string message_of(const PlanBuilder& plan) {
    const core::Problems problems = plan.compile().problems;
    return problems.size() == 1 ? problems[0].message : std::to_string(problems.size());
}

TEST(CompileUndos, GiveTheUndoingNodeAScopeOfItsOwn) {
    const auto plan = charged().plan();
    const PlanNode& refund = plan->node(index_of(*plan, "refund"));
    EXPECT_EQ(refund.undoes, index_of(*plan, "charge"));
    EXPECT_EQ(plan->node(index_of(*plan, "charge")).undone_by, index_of(*plan, "refund"));
    EXPECT_EQ(refund.on_failure, FailureHandling::proceed);
    EXPECT_EQ(plan->scope(refund.scope).part, ScopePart::undo);
    EXPECT_THAT(plan->scope(refund.scope).nodes, ElementsAre(index_of(*plan, "refund")));
    EXPECT_THAT(plan->scope(0).undoing, ElementsAre(index_of(*plan, "refund")));
    EXPECT_EQ(plan->scope(0).nodes.size(), 2u);
}

TEST(CompileUndos, LetTheUndoingNodeReadWhatLedToTheUndone) {
    PlanBuilder plan = charged("test.effect", R"({"input": "{{ nodes.start.out.id }}"})");
    EXPECT_THAT(places(plan.compile().problems), IsEmpty());
    const auto compiled = plan.plan();
    EXPECT_EQ(compiled->node(index_of(*compiled, "charge")).undo_reads.size(), 1u);
    PlanBuilder self = charged("test.effect", R"({"input": "{{ nodes.charge.out }}"})");
    EXPECT_THAT(message_of(self), HasSubstr("read `input.output`"));
}

TEST(CompileUndos, LetNobodyReadWhatTheUndoingNodeGives) {
    PlanBuilder plan = charged();
    plan.outputs(R"({"r": "{{ nodes.refund.out }}"})");
    EXPECT_THAT(places(plan.compile().problems), ElementsAre("bad_expression /outputs/r"));
}

TEST(CompileUndos, RefuseANodeThatIsNotThere) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("charge", "test.effect").compensate("refnd");
    plan.node("refund", "test.optional").connect("start -> charge");
    const core::Problems problems = plan.compile().problems;
    EXPECT_THAT(places(problems), ElementsAre("unknown_node /nodes/1/compensate"));
    EXPECT_EQ(problems.at(0).suggestion, "refund");
}

TEST(CompileUndos, RefuseANodeOfAnotherContainer) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("guard", "test.try");
    plan.node("charge", "test.effect").compensate("refund");
    plan.within("guard").node("refund", "test.effect").within("");
    plan.connect("start -> guard").connect("start -> charge");
    EXPECT_THAT(places(plan.compile().problems), ElementsAre("bad_scope /nodes/2/compensate"));
}

TEST(CompileUndos, RefuseWhoHasAnotherPart) {
    EXPECT_THAT(message_of(charged().connect("start -> refund")), HasSubstr("has connections"));
    EXPECT_THAT(
        message_of(
            charged().node("more", "test.effect").compensate("refund").connect("start -> more")),
        HasSubstr("already; give each node its own"));
    EXPECT_THAT(
        message_of(
            charged().node("more", "test.effect").fallback("refund").connect("start -> more")),
        HasSubstr("is a fallback already"));
    PlanBuilder self;
    self.node("start", "trigger.manual").node("charge", "test.effect").compensate("charge");
    EXPECT_THAT(message_of(self.connect("start -> charge")), HasSubstr("cannot undo itself"));
}

TEST(CompileUndos, RefuseWhoCannotUndo) {
    EXPECT_THAT(message_of(charged("trigger.other")), HasSubstr("is a trigger"));
    EXPECT_THAT(message_of(charged("test.try")), HasSubstr("is a container"));
    EXPECT_THAT(message_of(charged("test.merge")), HasSubstr("joins connections"));
    EXPECT_THAT(message_of(charged("test.pair")), HasSubstr("needs a value at `right`"));
    PlanBuilder handled = charged();
    handled.on_error(core::NodeOnError::Kind::proceed);
    // The connection was added last, so that the node added last is still `refund`.
    EXPECT_THAT(message_of(handled), HasSubstr("has `on_error`"));
    PlanBuilder kept = charged();
    kept.cache({core::Duration{1'000}, {}, {}});
    EXPECT_THAT(message_of(kept), HasSubstr("would keep it from being run"));
}

TEST(CompileUndos, RefuseWhatCannotBeUndone) {
    PlanBuilder trigger;
    trigger.node("start", "trigger.manual").compensate("undo").node("undo", "test.effect");
    EXPECT_THAT(message_of(trigger), HasSubstr("is a trigger, which does nothing"));
    PlanBuilder sink;
    sink.node("start", "trigger.manual").node("sink", "test.sink").compensate("undo");
    sink.node("undo", "test.effect").connect("start -> sink");
    EXPECT_THAT(message_of(sink), HasSubstr("has no output"));
    PlanBuilder chain;
    chain.node("start", "trigger.manual").node("charge", "test.effect").compensate("refund");
    chain.node("refund", "test.effect").compensate("again").node("again", "test.effect");
    EXPECT_THAT(message_of(chain.connect("start -> charge")),
                HasSubstr("what undoes is not undone itself"));
    PlanBuilder cached;
    cached.node("start", "trigger.manual").node("charge", "test.effect").compensate("refund");
    cached.cache({core::Duration{1'000}, {}, {}}).node("refund", "test.effect");
    EXPECT_THAT(message_of(cached.connect("start -> charge")), HasSubstr("has a `cache`"));
}

TEST(CompileUndos, PutTheUndoingNodeIntoTheSamePartOfATry) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("guard", "test.try");
    plan.within("guard").node("work", "test.effect").node("clean", "test.effect");
    plan.compensate("undo").node("undo", "test.effect").within("");
    plan.connect("start -> guard").connect("guard.item -> work").connect("guard.finally -> clean");
    const auto compiled = plan.plan();
    const std::uint32_t scope = compiled->node(index_of(*compiled, "clean")).scope;
    EXPECT_EQ(compiled->scope(scope).part, ScopePart::cleanup);
    EXPECT_THAT(compiled->scope(scope).undoing, ElementsAre(index_of(*compiled, "undo")));
}

}  // namespace
}  // namespace millrace::engine
