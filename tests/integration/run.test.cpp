// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>

#include "support/command.hpp"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int wrong_use = 2;

class Run : public CommandTest {
protected:
    std::string echo() const {
        return folder.file("echo.workflow.yaml", R"(millrace: 1
id: echo
variables: { greeting: "hi", count: 1 }
nodes:
  - { id: start, type: trigger.manual }
  - id: out
    type: data.set
    data: { keep: none, fields: { got: "{{ inputs }}", vars: "{{ vars }}" } }
connections: [start -> out]
outputs: "{{ nodes.out.out }}"
)");
    }
    Value outputs_of(Arguments arguments, std::string input = {}) const {
        arguments.insert(arguments.begin(), {"run", echo()});
        ProcessOptions how = options(arguments);
        how.input = std::move(input);
        const Finished finished = run(how);
        EXPECT_EQ(finished.status, 0) << finished.err;
        return json(finished.out);
    }
};

TEST_F(Run, TakesItsInputAsTextFromAFileOrFromStandardInput) {
    const std::string file = folder.file("input.json", R"({"from": "file"})");
    EXPECT_EQ(at(outputs_of({"--input", R"({"from": "text"})"}), "got.from"), "text");
    EXPECT_EQ(at(outputs_of({"--input", "@" + file}), "got.from"), "file");
    EXPECT_EQ(at(outputs_of({"--input", "-"}, R"({"from": "stdin"})"), "got.from"), "stdin");
}

TEST_F(Run, KeepsEveryDigitOfItsInput) {
    const Finished finished =
        millrace({"run", echo(), "--input", R"([9007199254740993, 1e400, 0.1])"});
    EXPECT_EQ(finished.status, wrong_use);
    EXPECT_EQ(at(outputs_of({"--input", "[9007199254740993, 0.1, 5.0]"}), "got"),
              json("[9007199254740993, 0.1, 5]"));
}

TEST_F(Run, RefusesAnInputThatIsNoJsonWithItsPlace) {
    const Finished finished = millrace({"run", echo(), "--input", "{\"a\": 1,}"});
    EXPECT_EQ(finished.status, wrong_use);
    EXPECT_THAT(finished.err, HasSubstr("--input"));
    EXPECT_THAT(finished.err, HasSubstr("1:9"));
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(Run, RefusesAnInputThatViolatesTheSchemaBeforeAnythingRuns) {
    const Finished finished = millrace({"run", example("hello"), "--input", "{}"});
    EXPECT_EQ(finished.status, 1);
    EXPECT_THAT(finished.err, HasSubstr("name"));
    EXPECT_THAT(finished.out, IsEmpty());
}

TEST_F(Run, TakesVariablesAsJsonOrAsText) {
    const Value vars =
        at(outputs_of({"--var", "greeting=hello there", "--var", "count=7"}), "vars");
    EXPECT_EQ(at(vars, "greeting"), "hello there");
    EXPECT_EQ(at(vars, "count"), 7);
    const Finished unknown = millrace({"run", echo(), "--var", "greting=x"});
    EXPECT_EQ(unknown.status, wrong_use);
    EXPECT_THAT(unknown.err, HasSubstr("greting"));
}

TEST_F(Run, PrintsTheFinishedExecutionAsJson) {
    const Finished finished =
        millrace({"run", example("hello"), "--input", R"({"name": "Ada"})", "--json"});
    ASSERT_EQ(finished.status, 0) << finished.err;
    const Value execution = json(finished.out);
    EXPECT_EQ(at(execution, "workflow_id"), "hello");
    EXPECT_EQ(at(execution, "workflow_version"), 1);
    EXPECT_EQ(at(execution, "status"), "completed");
    EXPECT_EQ(at(execution, "inputs.name"), "Ada");
    EXPECT_EQ(at(execution, "outputs.greet"), "Hello, Ada!");
    EXPECT_EQ(at(execution, "nodes.greet.status"), "completed");
    EXPECT_EQ(at(execution, "nodes.greet.outputs.out"), "Hello, Ada!");
    EXPECT_EQ(execution,
              result_of({"executions", "show", std::string{at(execution, "id").as_string()}}));
}

TEST_F(Run, OfABadDocumentListsItsProblemsAndRunsNothing) {
    const std::string file =
        folder.file("bad.workflow.yaml", "millrace: 1\nid: bad\nnodess: []\nnodes: []\n");
    const Finished finished = millrace({"run", file});
    EXPECT_EQ(finished.status, 1);
    EXPECT_THAT(finished.err, HasSubstr(file + ":3:1: unknown_key: unknown key \"nodess\"\n"));
    EXPECT_THAT(finished.err, HasSubstr("help: write nodes\n"));
    EXPECT_THAT(finished.out, IsEmpty());
}

TEST_F(Run, OfAFailingWorkflowExitsWithOneAndSaysWhy) {
    const std::string file = folder.file("fails.workflow.yaml", R"(millrace: 1
id: fails
nodes:
  - { id: start, type: trigger.manual }
  - { id: refuse, type: flow.fail, data: { code: out_of_stock, message: "no A7" } }
connections: [start -> refuse]
)");
    const Finished finished = millrace({"run", file});
    EXPECT_EQ(finished.status, 1);
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_THAT(finished.err, HasSubstr("out_of_stock"));
    EXPECT_THAT(finished.err, HasSubstr("no A7"));
    EXPECT_THAT(finished.err, HasSubstr("refuse"));
}

TEST_F(Run, OfAFileThatIsNotThereIsWrongUse) {
    const Finished finished = millrace({"run", "missing.workflow.yaml"});
    EXPECT_EQ(finished.status, wrong_use);
    EXPECT_THAT(finished.err, HasSubstr("missing.workflow.yaml"));
}

TEST_F(Run, StartsAtTheTriggerThatIsNamed) {
    const std::string file = folder.file("two.workflow.yaml", R"(millrace: 1
id: two
nodes:
  - { id: left, type: trigger.manual }
  - { id: right, type: trigger.manual }
)");
    const Finished unnamed = millrace({"run", file});
    EXPECT_EQ(unnamed.status, wrong_use);
    EXPECT_THAT(unnamed.err, HasSubstr("left"));
    EXPECT_THAT(unnamed.err, HasSubstr("right"));
    const Finished named = millrace({"run", file, "--trigger", "right", "--input", "5"});
    EXPECT_EQ(named.status, 0) << named.err;
    EXPECT_EQ(json(named.out), json(R"({"right": 5})"));
}

/// A run that is in the middle of a request until the test lets it go on.
class RunUnderWay : public CommandTest {
protected:
    std::string slow(const std::string& id = "slow") const {
        return folder.file(id + ".workflow.yaml", "millrace: 1\nid: " + id + R"(
variables: { base: null }
nodes:
  - { id: start, type: trigger.manual }
  - { id: call, type: http.request, data: { method: POST, url: "{{ vars.base }}/call" } }
  - { id: after, type: http.request, data: { method: POST, url: "{{ vars.base }}/after" } }
connections: [start -> call -> after]
outputs: { done: "{{ nodes.after.out.status }}" }
)");
    }
    Arguments slow_run(const std::string& id = "slow") const {
        return {"run", slow(id), "--var", "base=" + server.url("")};
    }
    std::unique_ptr<Process> start_slow() const {
        auto process = start(slow_run());
        server.wait_for_requests(1);
        return process;
    }
    void kill_slow() const {
        const auto process = start_slow();
        process->signal(SIGKILL);
        EXPECT_EQ(process->wait().status, 128 + SIGKILL);
    }
    std::string status_of(const std::string& id) const {
        return std::string{at(result_of({"executions", "show", id}), "status").as_string()};
    }

    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    HttpServer server{[this](const ServedRequest& request) {
        Reply reply = Reply::text("done");
        if (request.target == "/call") reply.gate = gate;
        return reply;
    }};
};

TEST_F(RunUnderWay, IsCanceledByControlC) {
    const auto process = start_slow();
    process->signal(SIGINT);
    const Finished finished = process->wait();
    EXPECT_EQ(finished.status, 130) << finished.err;
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_THAT(finished.err, HasSubstr("cancel"));
    EXPECT_EQ(status_of(executions().at(0)), "canceled");
    EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(RunUnderWay, IsFinishedByTheNextRunAfterAKill) {
    kill_slow();
    const std::string id = executions().at(0);
    EXPECT_EQ(status_of(id), "running");
    gate->open();
    const Finished finished = millrace(slow_run());
    EXPECT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(json(finished.out), json(R"({"done": 200})"));
    EXPECT_EQ(status_of(id), "completed");
    const std::vector<ServedRequest> requests = server.requests();
    ASSERT_GE(requests.size(), 3u);
    EXPECT_EQ(requests[0].header("idempotency-key"), requests[1].header("idempotency-key"));
    EXPECT_EQ(requests[2].target, "/after");
}

TEST_F(RunUnderWay, IsLeftAloneWhenAskedTo) {
    kill_slow();
    const std::string id = executions().at(0);
    gate->open();
    Arguments again = slow_run();
    again.emplace_back("--no-resume");
    const Finished finished = millrace(again);
    EXPECT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(executions().size(), 2u);
    EXPECT_EQ(status_of(id), "running");
}

TEST_F(RunUnderWay, IsListedByRunsOfOtherWorkflowsAndFinishedByResume) {
    kill_slow();
    const std::string id = executions().at(0);
    const Finished other = millrace({"run", example("hello"), "--input", R"({"name": "Ada"})"});
    EXPECT_EQ(other.status, 0) << other.err;
    EXPECT_THAT(other.err, HasSubstr("slow"));
    EXPECT_THAT(other.err, HasSubstr("executions resume"));
    EXPECT_EQ(status_of(id), "running");
    gate->open();
    const Finished resumed = millrace({"executions", "resume", "--all"});
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(status_of(id), "completed");
    EXPECT_EQ(executions().size(), 2u);
}

TEST_F(RunUnderWay, OwnsItsFolder) {
    const auto process = start_slow();
    const Finished second = millrace({"run", example("hello"), "--input", R"({"name": "Ada"})"});
    EXPECT_EQ(second.status, 1);
    EXPECT_THAT(second.err, HasSubstr(std::to_string(process->id())));
    EXPECT_THAT(second.err, HasSubstr(data()));
    EXPECT_EQ(status_of(executions().at(0)), "running");
    gate->open();
    EXPECT_EQ(process->wait().status, 0);
}

TEST_F(RunUnderWay, IsLeftForTheNextRunByATermination) {
    const auto process = start_slow();
    process->signal(SIGTERM);
    const Finished finished = process->wait();
    EXPECT_EQ(finished.status, 128 + SIGTERM) << finished.err;
    EXPECT_EQ(status_of(executions().at(0)), "running");
    gate->open();
    EXPECT_EQ(millrace({"executions", "resume", "--all"}).status, 0);
    EXPECT_EQ(status_of(executions().at(0)), "completed");
}

}  // namespace
}  // namespace millrace::testing
