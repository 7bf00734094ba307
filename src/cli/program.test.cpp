// SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "testing/program_test.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Program : public testing::ProgramTest {};

constexpr const char* hello = R"(millrace: 1
id: hello
inputs: { type: object, required: [name] }
nodes:
  - { id: start, type: trigger.manual }
  - { id: greet, type: data.template, data: { text: "Hello, {{ inputs.name }}!" } }
connections: [start -> greet]
)";

constexpr const char* failing = R"(millrace: 1
id: failing
nodes:
  - { id: start, type: trigger.manual }
  - { id: stop, type: flow.fail, data: { code: too_late, message: "It is too late." } }
connections: [start -> stop]
)";

TEST_F(Program, RunsAWorkflowAndPrintsItsOutputs) {
    const std::string path = file("hello.workflow.yaml", hello);
    EXPECT_EQ(run({"run", path, "--input", R"({"name": "Ada"})"}), Exit::done);
    EXPECT_EQ(out(), "{\n  \"greet\": \"Hello, Ada!\"\n}\n");
    EXPECT_THAT(err(), AllOf(StartsWith("data: "), HasSubstr("hello version 1"),
                             HasSubstr("completed in ")));
}

TEST_F(Program, PrintsTheExecutionAsTheApiDoes) {
    const std::string path = file("hello.workflow.yaml", hello);
    ASSERT_EQ(run({"--json", "run", path, "--input", R"({"name": "Ada"})"}), Exit::done);
    const core::Value ran = json();
    EXPECT_EQ(*ran.find("status"), core::Value{"completed"});
    ASSERT_EQ(run({"executions", "show", std::string{ran.find("id")->as_string()}, "--json"}),
              Exit::done);
    EXPECT_EQ(json(), ran);
}

TEST_F(Program, ExplainsAFailedRun) {
    EXPECT_EQ(run({"run", file("failing.workflow.yaml", failing)}), Exit::failed);
    EXPECT_EQ(out(), "");
    EXPECT_THAT(err(), AllOf(HasSubstr("failed at node stop: too_late: It is too late.\n"),
                             HasSubstr("more: millrace executions show ")));
}

TEST_F(Program, RefusesAnInputThatDoesNotFitBeforeAnythingRuns) {
    EXPECT_EQ(run({"run", file("hello.workflow.yaml", hello), "--input", "{}"}), Exit::failed);
    EXPECT_THAT(err(), HasSubstr("the input does not match the workflow's `inputs`"));
    run({"executions", "list", "--json"});
    EXPECT_EQ(out(), "{\"items\":[],\"next_cursor\":null}\n");
}

TEST_F(Program, ListsShowsAndTellsWhatRan) {
    ASSERT_EQ(run({"run", file("failing.workflow.yaml", failing)}), Exit::failed);
    ASSERT_EQ(run({"executions", "list", "--status", "failed"}), Exit::done);
    EXPECT_THAT(out(), AllOf(StartsWith("ID "), HasSubstr("failing v1  failed")));
    const std::string id = out().substr(out().find('\n') + 1, 36);
    ASSERT_EQ(run({"executions", "show", id.substr(28)}), Exit::done);
    EXPECT_THAT(out(),
                AllOf(HasSubstr("status    failed\n"), HasSubstr("stop   flow.fail       failed"),
                      EndsWith("failed at node stop: too_late: It is too late.\n")));
    ASSERT_EQ(run({"executions", "events", id, "--json"}), Exit::done);
    EXPECT_THAT(
        out(), AllOf(StartsWith("{\"items\":[{\"v\":1,\"seq\":1,"), HasSubstr("execution.failed")));
    EXPECT_EQ(run({"executions", "list", "--workflow", "other"}), Exit::done);
    EXPECT_EQ(out(), "");
}

TEST_F(Program, FindsNothingToResumeWhereNothingIsUnfinished) {
    ASSERT_EQ(run({"run", file("failing.workflow.yaml", failing)}), Exit::failed);
    EXPECT_EQ(run({"executions", "resume", "--all"}), Exit::done);
    EXPECT_THAT(err(), HasSubstr("nothing is unfinished\n"));
    EXPECT_EQ(run({"executions", "resume"}), Exit::wrong_use);
    EXPECT_EQ(run({"executions", "resume", "0000"}), Exit::wrong_use);
}

TEST_F(Program, ReportsEveryProblemOfEveryFile) {
    const std::string good = file("good.workflow.yaml", hello);
    const std::string bad = file("bad.workflow.yaml",
                                 "millrace: 1\nid: bad\nnodes:\n  - { id: a, type: flow.iff }\n"
                                 "  - { id: b, type: trigger.manual }\nconnections: [b -> c]\n");
    EXPECT_EQ(run({"validate", good, bad}), Exit::failed);
    EXPECT_THAT(out(),
                AllOf(HasSubstr(good + ": valid\n"), HasSubstr(bad + ":4:20: unknown_type: "),
                      HasSubstr(bad + ":6:15: unknown_node: ")));
    EXPECT_THAT(err(), HasSubstr("2 problems in 1 of 2 files"));
    EXPECT_EQ(run({"validate", bad, "--json"}), Exit::failed);
    EXPECT_EQ(*json().find("valid"), core::Value{false});
    EXPECT_EQ(json().find("errors")->size(), 2u);
}

TEST_F(Program, ChecksStandardInput) {
    fake_.in.str(hello);
    EXPECT_EQ(run({"validate", "-"}), Exit::done);
    EXPECT_EQ(out(), "stdin: valid\n");
}

TEST_F(Program, WritesAStarterThatRunsAndOverwritesNothing) {
    const std::string path = file("first.workflow.yaml");
    EXPECT_EQ(run({"new", path}), Exit::done);
    EXPECT_EQ(run({"validate", path}), Exit::done);
    EXPECT_EQ(run({"new", path}), Exit::wrong_use);
    EXPECT_THAT(err(), HasSubstr("exists already"));
}

TEST_F(Program, ReadingCommandsCreateNothing) {
    EXPECT_EQ(run({"executions", "list"}), Exit::failed);
    EXPECT_EQ(run({"executions", "show", "01a1f8f0"}), Exit::failed);
    EXPECT_EQ(run({"db", "status"}), Exit::failed);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "data"));
}

TEST_F(Program, LooksAfterTheDatabase) {
    ASSERT_EQ(run({"run", file("failing.workflow.yaml", failing)}), Exit::failed);
    EXPECT_EQ(run({"db", "status"}), Exit::done);
    EXPECT_THAT(out(), StartsWith("database "));
    EXPECT_EQ(run({"db", "backup", file("copy.db")}), Exit::done);
    EXPECT_TRUE(std::filesystem::exists(folder_ / "copy.db"));
    EXPECT_EQ(run({"db", "rollback", "--to", "0"}), Exit::wrong_use);
    EXPECT_THAT(err(), HasSubstr("--yes"));
    EXPECT_EQ(run({"db", "rollback", "--to", "0", "--yes"}), Exit::done);
    EXPECT_EQ(run({"db", "migrate"}), Exit::done);
}

TEST_F(Program, SuggestsTheNearestCommand) {
    EXPECT_EQ(run({"validte", "x"}), Exit::wrong_use);
    EXPECT_EQ(err(), "error: there is no command `validte`; did you mean `validate`?\n");
    EXPECT_EQ(run({"--json", "executions", "lst"}), Exit::wrong_use);
    EXPECT_EQ(err(),
              "error: there is no command `executions lst`; did you mean `executions list`?\n");
}

TEST_F(Program, RefusesAStoreOfAKindThatItDoesNotHave) {
    EXPECT_EQ(run({"--store", "postgres://a:secret@b/c", "executions", "list"}), Exit::wrong_use);
    EXPECT_THAT(err(), AllOf(HasSubstr("not supported yet"), ::testing::Not(HasSubstr("secret"))));
}

TEST_F(Program, WorksOnTheServerThatIsNamed) {
    EXPECT_EQ(run({"executions", "list", "--server", "http://127.0.0.1:1"}), Exit::failed);
    EXPECT_THAT(err(), HasSubstr("millrace serve"));
    EXPECT_EQ(run({"executions", "list", "--server", "127.0.0.1:1"}), Exit::wrong_use);
    EXPECT_EQ(run({"executions", "list", "--server", "http://a", "--store", "memory:"}),
              Exit::wrong_use);
    fake_.environment["MILLRACE_SERVER"] = "http://127.0.0.1:1";
    EXPECT_EQ(run({"executions", "list"}), Exit::failed);
    EXPECT_THAT(err(), HasSubstr("$MILLRACE_SERVER"));
    // What is said in the line goes before the environment.
    EXPECT_EQ(run({"executions", "list", "--data", file("nothing")}), Exit::failed);
    EXPECT_THAT(err(), ::testing::Not(HasSubstr("server")));
}

TEST_F(Program, HelpsOnWrongUse) {
    EXPECT_EQ(run({}), Exit::wrong_use);
    EXPECT_EQ(run({"run"}), Exit::wrong_use);
    EXPECT_THAT(err(), EndsWith("see: millrace run --help\n"));
    EXPECT_EQ(run({"run", file("nothing.yaml")}), Exit::wrong_use);
    EXPECT_EQ(run({"run", "--help"}), Exit::done);
    EXPECT_THAT(out(), HasSubstr("Example: millrace run "));
    EXPECT_EQ(run({"--version"}), Exit::done);
    EXPECT_THAT(out(), StartsWith("millrace "));
    EXPECT_EQ(run({"run", file("a.yaml", hello), "--egress-deny", "not a rule"}), Exit::wrong_use);
}

}  // namespace
}  // namespace millrace::cli
