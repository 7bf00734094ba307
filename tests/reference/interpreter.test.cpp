// SPDX-License-Identifier: Apache-2.0
#include "interpreter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "millrace/core/json.hpp"
#include "testing/library.hpp"

namespace millrace::reference {
namespace {

using core::ExecutionStatus;
using core::NodeStatus;
using core::Value;
using engine::json;
using engine::PlanBuilder;
using testing::ElementsAre;

/// Nodes added through this lie in a container.
struct In {
    PlanBuilder& plan;
    std::string parent;

    In& node(std::string_view id, std::string_view type, std::string_view data = {}) {
        plan.node(id, type, data);
        plan.last_node().parent = parent;
        return *this;
    }
};

class Reading {
public:
    explicit Reading(const PlanBuilder& plan, std::string_view input = "{}")
        : Reading{plan, input, 0} {}
    Reading(const PlanBuilder& plan, std::string_view input, std::uint32_t failing_percent) {
        const Effects effects{11, failing_percent};
        InOrder timing;
        expected = interpret(plan.document(), json(input), effects, timing);
    }

    std::string status(const std::string& path) const {
        const ExpectedRun& run = this->run(path);
        return run.outcome ? std::string{to_text(run.outcome->status)} : "canceled";
    }
    std::string output(const std::string& path, const std::string& port = "out") const {
        return core::to_json(run(path).outcome->outputs.at(port));
    }
    core::Failure failure(const std::string& path) const { return *run(path).outcome->failure; }
    const ExpectedRun& run(const std::string& path) const {
        return expected.generations.back().at(path);
    }
    bool has(const std::string& path) const { return expected.generations.back().contains(path); }
    std::string outputs() const { return core::to_json(expected.outputs); }

    Expectation expected;
};

PlanBuilder started() {
    return PlanBuilder{}.node("start", "trigger.manual");
}

TEST(Scope, ADeadPathIsSkippedAndTheOtherBranchRuns) {
    const Reading reading{started()
                              .node("big", "test.if", R"({"condition": "inputs.n > 3"})")
                              .node("yes", "test.pass")
                              .node("no", "test.pass")
                              .connect("start -> big.in")
                              .connect("big.true -> yes")
                              .connect("big.false -> no"),
                          R"({"n": 5})"};
    EXPECT_EQ(reading.status("yes"), "completed");
    EXPECT_EQ(reading.status("no"), "skipped");
    EXPECT_EQ(reading.outputs(), R"({"yes":{"n":5}})");
}

TEST(Scope, AMergeReadsWhatIsLiveByPriority) {
    const Reading reading{started()
                              .node("a", "test.set", R"({"value": 1})")
                              .node("b", "test.set", R"({"value": 2})")
                              .node("c", "test.set", R"({"value": 3})")
                              .node("all", "test.merge")
                              .connect("start -> a -> all")
                              .connect("start -> b -> all")
                              .priority(-1)
                              .connect("start -> c -> all")
                              .filter("value < 3")};
    EXPECT_EQ(reading.output("all"), "[2,1]");
}

TEST(Failure, RetriesComeBeforeTheNodesOnError) {
    core::RetryPolicy retry;
    retry.max_attempts = 3;
    retry.retry_on = {"on_purpose"};
    const Reading reading{started()
                              .node("bad", "test.fail")
                              .retry(retry)
                              .default_value(json("0"))
                              .connect("start -> bad")};
    EXPECT_EQ(reading.run("bad").outcome->attempts, 3u);
    EXPECT_EQ(reading.run("bad").outcome->recovered_by, "default");
    EXPECT_EQ(reading.outputs(), R"({"bad":0})");
}

TEST(Failure, TheErrorPortCarriesFailureAndInput) {
    const Reading reading{started()
                              .node("bad", "test.fail", R"({"code": "boom"})")
                              .node("handler", "test.pass")
                              .connect("start -> bad.in")
                              .connect("bad.error -> handler"),
                          R"({"n": 1})"};
    EXPECT_EQ(reading.expected.status, ExecutionStatus::completed);
    EXPECT_EQ(reading.status("bad"), "failed");
    EXPECT_EQ(
        reading.output("handler"),
        R"({"error":{"code":"boom","class":"validation","message":"failed as it was told to",)"
        R"("node_id":"bad","attempt":1,"recoverable":false},"input":{"n":1}})");
}

TEST(Failure, AFallbacksOutputIsTheFailedNodes) {
    const Reading reading{started()
                              .node("bad", "test.fail", R"({"code": "boom"})")
                              .fallback("spare")
                              .node("spare", "test.set", R"({"value": "{{ error.code }}"})")
                              .node("next", "test.pass")
                              .connect("start -> bad -> next")};
    EXPECT_EQ(reading.outputs(), R"({"next":"boom"})");
    EXPECT_EQ(reading.run("bad").outcome->recovered_by, "spare");
}

TEST(Failure, AnUnusedFallbackIsSkipped) {
    const Reading reading{started()
                              .node("good", "test.pass")
                              .fallback("spare")
                              .node("spare", "test.pass")
                              .connect("start -> good")};
    EXPECT_EQ(reading.status("spare"), "skipped");
}

TEST(Failure, AStopEndsWhatComesLaterAndLeavesTheRestToTime) {
    const Reading reading{started()
                              .node("before", "test.pass")
                              .node("bad", "test.fail")
                              .node("after", "test.pass")
                              .node("beside", "test.pass")
                              .connect("start -> before -> bad -> after")
                              .connect("start -> beside")};
    EXPECT_EQ(reading.expected.status, ExecutionStatus::failed);
    EXPECT_EQ(reading.status("after"), "canceled");
    EXPECT_TRUE(reading.run("before").is_certain);
    EXPECT_TRUE(reading.run("bad").is_certain);
    EXPECT_FALSE(reading.run("beside").is_certain);
    EXPECT_EQ(reading.status("beside"), "completed");
}

TEST(Failure, AConnectionFailsItsTargetBeforeItsFirstAttempt) {
    const Reading reading{started()
                              .node("next", "test.pass")
                              .on_error(core::NodeOnError::Kind::proceed)
                              .connect("start -> next")
                              .filter("inputs.missing.field")};
    EXPECT_EQ(reading.status("next"), "failed");
    EXPECT_EQ(reading.run("next").outcome->attempts, 0u);
    EXPECT_EQ(reading.failure("next").code, "undefined_property");
}

TEST(Failure, ARetriedWorkflowStartsAnew) {
    PlanBuilder plan = started().node("bad", "test.fail").connect("start -> bad");
    plan.settings().on_error.kind = core::WorkflowOnError::Kind::retry;
    plan.settings().on_error.retry.max_attempts = 3;
    EXPECT_EQ(Reading{plan}.expected.generations.size(), 3u);
}

// ---- Loops ---------------------------------------------------------------------------------

/// `start -> loop -> after`, with `work` in the loop, whose type and data are given.
PlanBuilder looping(std::string_view loop_data, std::string_view type = "test.pass",
                    std::string_view data = {}) {
    PlanBuilder plan = started().node("loop", "flow.loop", loop_data);
    In{plan, "loop"}.node("work", type, data);
    plan.node("after", "test.pass")
        .connect("start -> loop.in")
        .connect("loop.item -> work -> loop.result")
        .connect("loop.done -> after");
    return plan;
}

TEST(Loop, CollectsResultsByIndex) {
    const Reading reading{looping(R"({"over": "{{ inputs.list }}", "concurrency": 4})", "test.set",
                                  R"({"value": "{{ item * 10 + index }}"})"),
                          R"({"list": [3, 1, 2]})"};
    EXPECT_EQ(reading.outputs(), R"({"after":[30,11,22]})");
    EXPECT_EQ(reading.output("loop[2].work"), "22");
}

TEST(Loop, OfNothingHasNoIterations) {
    const Reading reading{looping(R"({"times": 0})")};
    EXPECT_EQ(reading.outputs(), R"({"after":[]})");
    EXPECT_FALSE(reading.has("loop[0].work"));
}

TEST(Loop, GroupsItemsIntoBatches) {
    const Reading reading{looping(R"({"over": [1, 2, 3, 4, 5], "batch_size": 2})")};
    EXPECT_EQ(reading.outputs(), R"({"after":[[1,2],[3,4],[5]]})");
}

TEST(Loop, ADeadResultAddsNothing) {
    PlanBuilder odd = started().node("loop", "flow.loop", R"({"times": 4})");
    In{odd, "loop"}.node("work", "test.pass");
    odd.connect("start -> loop.in")
        .connect("loop.item -> work")
        .connect("work -> loop.result")
        .filter("value % 2 == 1");
    EXPECT_EQ(Reading{odd}.outputs(), R"({"loop":[1,3]})");
}

TEST(Loop, WithoutAggregateTellsCounts) {
    const Reading reading{looping(R"({"times": 3, "aggregate": false, "continue_on_error": true})",
                                  "test.switch", R"({"pick": "{{ index == 1 ? 'none' : 'a' }}"})")};
    EXPECT_EQ(reading.outputs(), R"({"after":{"iterations":3,"completed":2,"failed":1}})");
}

TEST(Loop, AFailedIterationFailsItAndNamesTheInnerNode) {
    const Reading reading{looping(R"({"times": 3})", "test.switch",
                                  R"({"pick": "{{ index == 1 ? 'none' : 'a' }}"})")};
    EXPECT_EQ(reading.expected.status, ExecutionStatus::failed);
    EXPECT_EQ(reading.expected.failure->message, "`pick` must be a, b or c");
    EXPECT_EQ(reading.expected.failure->node_id, "work");
    EXPECT_EQ(reading.status("loop[0].work"), "completed");
    EXPECT_FALSE(reading.has("loop[2].work"));
    EXPECT_EQ(reading.status("after"), "canceled");
}

TEST(Loop, SoManyIterationsAsRunSideBySideMayFailFirst) {
    const Reading reading{
        looping(R"({"times": 9, "concurrency": 2})", "test.fail", R"({"code": "boom"})")};
    EXPECT_TRUE(reading.run("loop[0].work").is_certain);
    EXPECT_FALSE(reading.run("loop[1].work").is_certain);
    EXPECT_FALSE(reading.has("loop[2].work"));
}

TEST(Loop, WhileSeesTheLastResult) {
    const Reading reading{
        looping(R"({"while": "value < 20"})", "test.set", R"({"value": "{{ item * 2 }}"})"), "3"};
    EXPECT_EQ(reading.outputs(), R"({"after":[6,12,24]})");
}

TEST(Loop, WhileHasALimit) {
    const Reading reading{looping(R"({"while": "true", "max_iterations": 2})")};
    EXPECT_EQ(reading.expected.failure->code, "max_iterations");
    EXPECT_TRUE(reading.has("loop[1].work"));
    EXPECT_FALSE(reading.has("loop[2].work"));
}

TEST(Loop, MoreItemsThanAllowedAreALimitFailureBeforeAnythingRuns) {
    const Reading reading{looping(R"({"times": 3, "max_iterations": 2})")};
    EXPECT_EQ(reading.expected.failure->error_class, core::ErrorClass::limit);
    EXPECT_FALSE(reading.has("loop[0].work"));
}

TEST(Loop, BreakEndsItWithTheResultsSoFar) {
    const Reading reading{looping(R"({"times": 9, "break": "value >= 2"})")};
    EXPECT_EQ(reading.outputs(), R"({"after":[0,1,2]})");
    EXPECT_FALSE(reading.has("loop[3].work"));
}

TEST(Loop, OverWhatIsNoListFails) {
    EXPECT_EQ(Reading{looping(R"({"over": "{{ inputs.n }}"})")}.expected.failure->code, "bad_loop");
}

TEST(Loop, ItsLaterAttemptsHavePathsOfTheirOwn) {
    PlanBuilder plan = looping(R"({"times": 1})", "test.fail", R"({"code": "boom"})");
    core::Document document = plan.document();
    document.nodes[1].retry = core::RetryPolicy{.max_attempts = 2, .retry_on = {"boom"}};
    InOrder timing;
    const Expectation expected = interpret(document, {}, Effects{1, 0}, timing);
    std::vector<std::string> paths;
    for (const auto& [path, run] : expected.generations[0])
        paths.push_back(path);
    EXPECT_THAT(paths, ElementsAre("after", "loop", "loop#2[0].work", "loop[0].work", "start"));
}

TEST(Loop, BodiesInheritContinueFromTheSettings) {
    PlanBuilder plan = looping(R"({"times": 2})", "test.fail");
    plan.settings().on_error.kind = core::WorkflowOnError::Kind::proceed;
    const Reading reading{plan};
    EXPECT_EQ(reading.status("loop[1].work"), "failed");
    EXPECT_EQ(reading.outputs(), R"({"after":[]})");
}

TEST(Loop, InnerOnesReadTheirOwnItemAndWhatEndedOutside) {
    PlanBuilder plan = started().node("base", "test.set", R"({"value": 100})");
    plan.node("outer", "flow.loop", R"({"times": 2})");
    In{plan, "outer"}.node("inner", "flow.loop", R"({"over": "{{ [item, item + 5] }}"})");
    In{plan, "inner"}.node("sum", "test.set", R"({"value": "{{ nodes.base.out + item }}"})");
    plan.connect("start -> base -> outer")
        .connect("outer.item -> inner.in")
        .connect("inner.item -> sum -> inner.result")
        .connect("inner.done -> outer.result");
    EXPECT_EQ(Reading{plan}.outputs(), R"({"outer":[[100,105],[101,106]]})");
    EXPECT_EQ(Reading{plan}.output("outer[1].inner[0].sum"), "101");
}

// ---- Tries ---------------------------------------------------------------------------------

/// `start -> guard -> after`, with `work` in its body and `clean` in its clean-up.
PlanBuilder guarded(std::string_view type, std::string_view data = {}) {
    PlanBuilder plan = started().node("guard", "flow.try");
    In{plan, "guard"}.node("work", type, data).node("clean", "test.pass");
    plan.node("after", "test.pass")
        .connect("start -> guard.in")
        .connect("guard.item -> work -> guard.result")
        .connect("guard.finally -> clean")
        .connect("guard.done -> after");
    return plan;
}

TEST(Try, GivesTheResultOfItsBodyAfterTheCleanUp) {
    const Reading reading{guarded("test.pass"), "5"};
    EXPECT_EQ(reading.outputs(), R"({"after":5})");
    EXPECT_EQ(reading.output("guard.clean"),
              R"({"status":"completed","result":5,"error":null,"input":5})");
}

TEST(Try, CatchesWhatFailsInIt) {
    const Reading reading{
        guarded("test.fail").node("caught", "test.pass").connect("guard.error -> caught"), "5"};
    EXPECT_EQ(reading.expected.status, ExecutionStatus::completed);
    EXPECT_EQ(reading.status("after"), "skipped");
    EXPECT_EQ(reading.status("caught"), "completed");
    EXPECT_EQ(reading.status("guard.clean"), "completed");
}

TEST(Try, StopsAtFailuresWhateverTheSettingsSay) {
    PlanBuilder plan = guarded("test.fail");
    plan.settings().on_error.kind = core::WorkflowOnError::Kind::proceed;
    const Reading reading{plan};
    EXPECT_EQ(reading.status("guard"), "failed");
    EXPECT_EQ(reading.status("after"), "skipped");
}

TEST(Try, AFailingCleanUpCountsAndNamesTheFirstFailure) {
    PlanBuilder plan = guarded("test.fail", R"({"code": "first"})");
    In{plan, "guard"}.node("worse", "test.fail", R"({"code": "second"})");
    plan.connect("clean -> worse");
    const Reading reading{plan};
    EXPECT_EQ(reading.expected.failure->code, "second");
    EXPECT_EQ(reading.expected.failure->cause->code, "first");
}

TEST(Try, EndedFromOutsideItCleansUpAsCanceled) {
    PlanBuilder plan = guarded("test.pass");
    plan.node("bad", "test.fail").connect("start -> bad");
    const Reading reading{plan};
    const ExpectedRun& clean = reading.run("guard.clean");
    EXPECT_FALSE(clean.is_certain);
    EXPECT_EQ(core::to_json(clean.others.at(0).outputs.at("out")),
              R"({"status":"canceled","result":null,"error":null,"input":{}})");
}

// ---- Switches ------------------------------------------------------------------------------

PlanBuilder switching(std::string_view mode) {
    PlanBuilder plan = started().node("choose", "flow.switch",
                                      R"({"cases": [{"name": "low", "when": "inputs.n < 5"},
                      {"name": "even", "when": "inputs.n % 2 == 0", "priority": -1}], "mode": ")" +
                                          std::string{mode} + "\"}");
    return plan.node("on_low", "test.pass")
        .node("on_even", "test.pass")
        .node("otherwise", "test.pass")
        .connect("start -> choose.in")
        .connect("choose.low -> on_low")
        .connect("choose.even -> on_even")
        .connect("choose.default -> otherwise");
}

TEST(Switch, TakesTheTrueCaseOfLowestPriority) {
    EXPECT_EQ(Reading(switching("first"), R"({"n": 4})").outputs(), R"({"on_even":{"n":4}})");
}

TEST(Switch, TakesAllTrueCasesInModeAll) {
    EXPECT_EQ(Reading(switching("all"), R"({"n": 4})").outputs(),
              R"({"on_low":{"n":4},"on_even":{"n":4}})");
}

TEST(Switch, TakesDefaultWhenNoCaseIsTrue) {
    EXPECT_EQ(Reading(switching("all"), R"({"n": 7})").outputs(), R"({"otherwise":{"n":7}})");
}

PlanBuilder undoable(std::string_view last) {
    return started()
        .node("good", "test.set", R"({"value": 5})")
        .compensate("undo")
        .node("undo", "test.pass")
        .node("last", last)
        .connect("start -> good -> last");
}

TEST(Undo, FollowsAFailureWithWhatTheUndoneNodeGotAndGave) {
    const Reading reading{undoable("test.fail"), R"({"n": 1})"};
    EXPECT_EQ(reading.output("undo"), R"({"input":{"n":1},"output":5})");
    EXPECT_EQ(reading.expected.status, ExecutionStatus::failed);
}

TEST(Undo, IsNoRunWhereAllGoesWell) {
    EXPECT_FALSE(Reading{undoable("test.pass")}.has("undo"));
}

TEST(Undo, ReachesIterationsThatHaveCompleted) {
    PlanBuilder plan = started();
    plan.node("loop", "flow.loop", R"({"times": 2})").node("bad", "test.fail");
    In{plan, "loop"}.node("good", "test.pass");
    plan.compensate("undo");
    In{plan, "loop"}.node("undo", "test.set", R"({"value": "{{ index }}"})");
    const Reading reading{
        plan.connect("start -> loop").connect("loop.item -> good").connect("loop.done -> bad")};
    EXPECT_EQ(reading.output("loop[0].undo"), "0");
    EXPECT_EQ(reading.output("loop[1].undo"), "1");
}

TEST(Effect, AnswersByPathAndAttemptAlone) {
    const Effects effects{5, 50};
    const Value sent = json(R"({"a": 1, "b": [2]})");
    const Value same = json(R"({"b": [2], "a": 1})");
    EXPECT_EQ(effects.answer("loop[1].x", 2, sent), effects.answer("loop[1].x", 2, same));
    EXPECT_EQ(digest_of(sent), digest_of(same));
    EXPECT_NE(digest_of(sent), digest_of(json(R"({"a": 1, "b": [3]})")));
}

}  // namespace
}  // namespace millrace::reference
