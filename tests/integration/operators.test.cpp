// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include "support/command.hpp"

// What an operator decides about executions, with the real command.

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int wrong_use = 2;

class Operators : public CommandTest {
protected:
    /// start -> a -> b -> c, where `b` has ten times the variable and `c` one more.
    std::string steps() const {
        return folder.file("steps.workflow.yaml", R"(millrace: 1
id: steps
variables: { rate: 2 }
nodes:
  - { id: start, type: trigger.manual }
  - { id: a, type: data.set, data: { keep: none, fields: { v: "{{ inputs }}" } } }
  - { id: b, type: data.set, data: { keep: none, fields: { v: "{{ vars.rate * 10 }}" } } }
  - { id: c, type: data.set, data: { keep: none, fields: { v: "{{ input.v + 1 }}" } } }
connections: [start -> a -> b -> c]
outputs: "{{ nodes.c.out.v }}"
)");
    }
    /// Waits an hour between two steps.
    std::string late() const {
        return folder.file("late.workflow.yaml", R"(millrace: 1
id: late
nodes:
  - { id: start, type: trigger.manual }
  - { id: nap, type: flow.delay, data: { for: 1h } }
  - { id: done, type: data.set, data: { keep: none, fields: { v: 7 } } }
connections: [start -> nap -> done]
outputs: "{{ nodes.done.out?.v }}"
)");
    }
    std::string looped(int times) const {
        return folder.file("looped.workflow.yaml", R"(millrace: 1
id: looped
nodes:
  - { id: start, type: trigger.manual }
  - { id: each, type: flow.loop, data: { times: )" + std::to_string(times) +
                                                       R"( } }
  - { id: first, type: data.set, parent: each, data: { keep: none, fields: { v: "{{ index }}" } } }
  - { id: say, type: debug.log, parent: each, data: { message: "at {{ index }}" } }
connections: [start -> each, each.item -> first -> say -> each.result]
outputs: "{{ nodes.each.done.length }}"
)");
    }
    std::string paused_at(const std::string& node) const {
        const Finished finished = millrace({"run", steps(), "--input", "5", "--breakpoint", node});
        EXPECT_EQ(finished.status, 0) << finished.err;
        EXPECT_THAT(finished.err, HasSubstr("paused before " + node));
        return executions().at(0);
    }
    /// A run that waits for an hour; its process is gone.
    std::string waiting() const {
        const auto process = start({"run", late(), "--no-resume"});
        EXPECT_TRUE(process->wait_for_error_text("waits 1 h"));
        process->signal(SIGKILL);
        process->wait();
        return executions().at(0);
    }
    Value shown(const std::string& id) const { return result_of({"executions", "show", id}); }
    Finished executions_do(Arguments arguments) const {
        arguments.insert(arguments.begin(), "executions");
        return millrace(std::move(arguments));
    }
};

TEST_F(Operators, StepFromNodeToNode) {
    const std::string id = paused_at("b");
    EXPECT_EQ(at(shown(id), "paused_before"), "b");
    const Finished step = executions_do({"step", id});
    EXPECT_EQ(step.status, 0) << step.err;
    EXPECT_THAT(step.err, HasSubstr("b completed"));
    EXPECT_THAT(step.err, HasSubstr("paused before c"));
    const Finished resumed = executions_do({"resume", id});
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(at(shown(id), "outputs"), 21);
    EXPECT_EQ(executions_do({"step", id}).status, 1) << "it has ended";
}

TEST_F(Operators, ChangeVariablesOfAPausedRun) {
    const std::string id = paused_at("b");
    const Finished typo = executions_do({"resume", id, "--var", "rat=3"});
    EXPECT_EQ(typo.status, 1);
    EXPECT_THAT(typo.err, HasSubstr("did you mean `rate`?"));
    EXPECT_EQ(executions_do({"resume", id, "--var", "rate=3"}).status, 0);
    EXPECT_EQ(at(shown(id), "outputs"), 31);
}

TEST_F(Operators, SetBreakpointsOfAnUnfinishedRun) {
    const std::string id = paused_at("a");
    EXPECT_EQ(executions_do({"breakpoints", id, "c"}).status, 0);
    EXPECT_THAT(executions_do({"resume", id}).err, HasSubstr("paused before c"));
    EXPECT_EQ(executions_do({"breakpoints", id, "nowhere"}).status, wrong_use);
    EXPECT_EQ(executions_do({"breakpoints", id}).status, 0);
    EXPECT_EQ(executions_do({"resume", id}).status, 0);
    EXPECT_EQ(at(shown(id), "status"), "completed");
}

TEST_F(Operators, PauseAndResumeWhatWaits) {
    const std::string id = waiting();
    EXPECT_EQ(at(shown(id), "status"), "waiting");
    const Finished pause = executions_do({"pause", id, "--reason", "look first"});
    EXPECT_EQ(pause.status, 0) << pause.err;
    EXPECT_THAT(pause.err, HasSubstr("look first"));
    EXPECT_EQ(at(result_of({"executions", "list", "--status", "paused"}), "items.0.id"), id);
    EXPECT_EQ(executions_do({"pause", id}).status, 1) << "it is paused already";
    EXPECT_THAT(executions_do({"resume", "--all"}).err, HasSubstr("nothing is unfinished"))
        << "what somebody has paused is not for --all";
}

TEST_F(Operators, SkipANodeThatWaits) {
    const std::string id = waiting();
    EXPECT_EQ(executions_do({"node", "skip", id, "nowhere"}).status, wrong_use);
    const Finished skipped = executions_do({"node", "skip", id, "nap"});
    EXPECT_EQ(skipped.status, 0) << skipped.err;
    EXPECT_EQ(at(shown(id), "nodes.nap.status"), "skipped");
    EXPECT_EQ(at(shown(id), "status"), "completed");
}

TEST_F(Operators, RetryAndCancelANodeThatWaits) {
    const std::string id = waiting();
    const Finished retried = executions_do({"node", "retry", id, "nap"});
    EXPECT_EQ(retried.status, 0) << retried.err;
    EXPECT_THAT(retried.err, HasSubstr("waits"));
    EXPECT_EQ(at(shown(id), "status"), "waiting");
    EXPECT_EQ(executions_do({"node", "cancel", id, "nap"}).status, 0);
    EXPECT_EQ(at(shown(id), "nodes.nap.status"), "canceled");
}

TEST_F(Operators, CancelWhatAnEarlierProcessLeft) {
    const std::string id = waiting();
    const Finished canceled = executions_do({"cancel", id, "--reason", "ordered twice"});
    EXPECT_EQ(canceled.status, 0) << canceled.err;
    EXPECT_EQ(at(shown(id), "status"), "canceled");
    const Value events = events_of(id);
    EXPECT_EQ(at(events.as_array().back(), "data.reason"), "ordered twice");
    const Finished again = executions_do({"cancel", id});
    EXPECT_EQ(again.status, 1);
    EXPECT_THAT(again.err, HasSubstr("is canceled already"));
}

TEST_F(Operators, RetryWithEarlierResults) {
    ASSERT_EQ(millrace({"run", steps(), "--input", "5"}).status, 0);
    const std::string id = executions().at(0);
    const Value retried =
        result_of({"executions", "retry", id, "--from", "c", "--input", R"({"v": 100})"});
    EXPECT_EQ(at(retried, "outputs"), 101);
    EXPECT_EQ(at(retried, "forked_from"), id);
    EXPECT_EQ(at(retried, "from_path"), "c");
    EXPECT_THAT(at(retried, "nodes.b.attempts").as_array(), IsEmpty()) << "its result was kept";
    const Value anew = result_of({"executions", "retry", id, "--input", "9"});
    EXPECT_EQ(at(anew, "inputs"), 9);
    EXPECT_THAT(at(anew, "nodes.b.attempts").as_array(), Not(IsEmpty()));
    EXPECT_EQ(executions_do({"retry", id, "--from", "nowhere"}).status, wrong_use);
    EXPECT_EQ(executions_do({"retry", id, "--version", "9"}).status, 1);
    EXPECT_EQ(at(shown(id), "outputs"), 21) << "the first run stays as it was";
}

TEST_F(Operators, RetryOnlyWhatIsFinished) {
    const Finished refused = executions_do({"retry", paused_at("b")});
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.err, HasSubstr("only a finished one can be retried"));
}

TEST_F(Operators, ReplayWhatRan) {
    const std::string id = paused_at("b");
    ASSERT_EQ(executions_do({"resume", id}).status, 0);
    const Finished proof = executions_do({"replay", id});
    EXPECT_EQ(proof.status, 0) << proof.err;
    EXPECT_THAT(proof.out, HasSubstr("derived, all equal\n"));
    EXPECT_EQ(at(result_of({"executions", "replay", id}), "equal"), Value{true});
    const Value before = result_of({"executions", "replay", id, "--until", "2"});
    EXPECT_EQ(at(before, "status"), "pending");
    EXPECT_EQ(at(before, "nodes.a.status"), "pending");
    EXPECT_EQ(executions_do({"replay", id, "--until", "999"}).status, wrong_use);
}

TEST_F(Operators, SeeRunsInsideALoop) {
    const Finished finished = millrace({"run", looped(60)});
    ASSERT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(json(finished.out), 60);
    EXPECT_THAT(finished.err, HasSubstr("60 iterations"));
    EXPECT_THAT(finished.err, HasSubstr("further lines of iterations are left out"));
    EXPECT_THAT(finished.err, Not(HasSubstr("at 40"))) << "a line for each would be too many";
    const std::string id = executions().at(0);
    EXPECT_EQ(at(shown(id), "nodes.each.iterations.completed"), 60);
    EXPECT_THAT(millrace({"executions", "show", id}).out, HasSubstr("60 iterations"));
    const Value one = result_of({"executions", "nodes", id, "--scope", "each[7]"});
    EXPECT_EQ(at(one, "items.0.path"), "each[7].first");
    EXPECT_EQ(at(one, "items.0.outputs.out.v"), 7);
    EXPECT_EQ(at(one, "items.2"), Value{});
    const Value page = result_of({"executions", "nodes", id, "--scope", "each", "--limit", "100"});
    EXPECT_EQ(at(page, "items").as_array().size(), 100u);
    const Value rest = result_of({"executions", "nodes", id, "--scope", "each", "--cursor",
                                  std::string{at(page, "next_cursor").as_string()}});
    EXPECT_EQ(at(rest, "items").as_array().size(), 20u);
    EXPECT_EQ(at(rest, "next_cursor"), Value{});
    EXPECT_EQ(executions_do({"nodes", id, "--scope", "each[99]"}).status, wrong_use);
    EXPECT_EQ(executions_do({"replay", id}).status, 0);
}

TEST_F(Operators, TryAWorkflowWithGivenResults) {
    const Finished pinned = millrace({"run", steps(), "--pin", R"(b={"out": {"v": 5}})", "--label",
                                      "team=crew", "--priority", "-3", "--json"});
    ASSERT_EQ(pinned.status, 0) << pinned.err;
    EXPECT_EQ(at(json(pinned.out), "outputs"), 6);
    EXPECT_EQ(at(json(pinned.out), "labels.team"), "crew");
    EXPECT_EQ(millrace({"run", steps(), "--pin", "b=5"}).status, wrong_use);
    EXPECT_EQ(millrace({"run", steps(), "--pin", R"(x={"out": 5})"}).status, wrong_use);
    EXPECT_EQ(millrace({"run", steps(), "--pin", R"(b={"ot": 5})"}).status, wrong_use);
    EXPECT_EQ(millrace({"run", steps(), "--breakpoint", "x"}).status, wrong_use);
}

TEST_F(Operators, TryAWorkflowWithoutCallingAnyone) {
    const std::string file = folder.file("call.workflow.yaml", R"(millrace: 1
id: call
nodes:
  - { id: start, type: trigger.manual }
  - { id: ask, type: http.request, data: { url: "http://127.0.0.1:1/" } }
connections: [start -> ask]
outputs: "{{ nodes.ask.out }}"
)");
    const Finished mocked = millrace({"run", file, "--mock-external"});
    EXPECT_EQ(mocked.status, 0) << mocked.err;
}

}  // namespace
}  // namespace millrace::testing
