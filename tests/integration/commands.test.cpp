// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include "support/command.hpp"

namespace millrace::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

constexpr int wrong_use = 2;

class Commands : public CommandTest {
protected:
    std::string hello(const std::string& name = "Ada") const {
        const Finished finished = millrace(
            {"run", example("hello"), "--json", "--input", R"({"name": ")" + name + R"("})"});
        EXPECT_EQ(finished.status, 0) << finished.err;
        return std::string{at(json(finished.out), "id").as_string()};
    }
    /// Without `--data`, in a folder and an environment of the test's own.
    Finished elsewhere(Arguments arguments,
                       std::vector<std::pair<std::string, std::string>> environment) const {
        ProcessOptions how;
        how.arguments = std::move(arguments);
        how.folder = folder.path();
        how.environment = std::move(environment);
        how.environment.emplace_back("HOME", (folder / "home").string());
        return run(how);
    }
};

class WrongUse : public CommandTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(WrongUse, ExitsWithTwoAndSaysWhereToLook) {
    Arguments arguments;
    std::istringstream words{GetParam()};
    for (std::string word; words >> word;)
        arguments.push_back(word);
    ProcessOptions how;
    how.arguments = arguments;
    how.folder = folder.path();
    const Finished finished = run(how);
    EXPECT_EQ(finished.status, wrong_use);
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_THAT(finished.err, Not(IsEmpty()));
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

INSTANTIATE_TEST_SUITE_P(
    CommandLines, WrongUse,
    ::testing::Values("", "runn", "run", "run x.yaml --inptu {}", "run x.yaml --var", "validate",
                      "executions", "executions lst", "executions show",
                      "executions list --limit 0", "executions list --status runing",
                      "node-types show flow.iff", "db", "db backup", "serve --listen nowhere",
                      "workflows list --server localhost"));

TEST_F(Commands, NamesTheNearestCommand) {
    EXPECT_EQ(millrace({"runn"}).err, "error: there is no command `runn`; did you mean `run`?\n");
    EXPECT_EQ(millrace({"executions", "lst"}).err,
              "error: there is no command `executions lst`; did you mean `executions list`?\n");
}

TEST_F(Commands, HelpGoesToStandardOutput) {
    for (const Arguments& arguments : {Arguments{"--help"}, Arguments{"run", "--help"},
                                       Arguments{"executions", "list", "--help"}}) {
        const Finished finished = millrace(arguments);
        EXPECT_EQ(finished.status, 0);
        EXPECT_THAT(finished.out, HasSubstr("Usage: millrace"));
        EXPECT_THAT(finished.err, IsEmpty());
    }
}

TEST_F(Commands, ListRunsNewestFirstAndInPages) {
    const std::string first = hello("1");
    const std::string second = hello("2");
    const std::string third = hello("3");
    EXPECT_THAT(executions(), ElementsAre(third, second, first));
    const Value page = result_of({"executions", "list", "--limit", "2"});
    ASSERT_EQ(at(page, "items").size(), 2u);
    const Value item = at(page, "items.0");
    EXPECT_EQ(at(item, "id"), third);
    EXPECT_EQ(at(item, "workflow_id"), "hello");
    EXPECT_EQ(at(item, "workflow_version"), 1);
    EXPECT_EQ(at(item, "status"), "completed");
    EXPECT_TRUE(at(item, "created_at").is_string());
    EXPECT_TRUE(at(item, "completed_at").is_string());
    const std::string cursor{at(page, "next_cursor").as_string()};
    hello("4");
    const Value rest = result_of({"executions", "list", "--limit", "2", "--cursor", cursor});
    ASSERT_EQ(at(rest, "items").size(), 1u);
    EXPECT_EQ(at(rest, "items.0.id"), first);
    EXPECT_TRUE(at(rest, "next_cursor").is_null());
    const Value none = result_of({"executions", "list", "--workflow", "other"});
    EXPECT_EQ(none, json(R"({"items": [], "next_cursor": null})"));
}

TEST_F(Commands, ShowTellsEverythingOfARun) {
    const std::string id = hello();
    const Value execution = result_of({"executions", "show", id});
    EXPECT_EQ(at(execution, "trigger.node"), "start");
    EXPECT_TRUE(at(execution, "error").is_null());
    EXPECT_TRUE(at(execution, "parent_id").is_null());
    const Value node = at(execution, "nodes.greet");
    EXPECT_EQ(at(node, "input.name"), "Ada");
    EXPECT_EQ(at(node, "execution_order"), 2);
    EXPECT_EQ(at(node, "retry_count"), 0);
    EXPECT_THAT(millrace({"executions", "show", id}).out, HasSubstr("greet"));
    const std::string end = id.substr(id.size() - 12);
    EXPECT_EQ(result_of({"executions", "show", end}), execution);
}

TEST_F(Commands, EventsAreNumberedWithoutAGap) {
    const std::string id = hello();
    const Value events = events_of(id);
    std::vector<std::string> types;
    for (const Value& event : events.as_array()) {
        types.emplace_back(at(event, "type").as_string());
        EXPECT_EQ(at(event, "v"), 1);
        EXPECT_EQ(at(event, "seq"), static_cast<std::int64_t>(types.size()));
        EXPECT_EQ(at(event, "execution_id"), id);
        EXPECT_EQ(at(event, "workflow_id"), "hello");
        EXPECT_TRUE(at(event, "time").is_string());
    }
    EXPECT_THAT(types, ElementsAre("execution.created", "execution.started", "node.started",
                                   "node.completed", "node.started", "node.completed",
                                   "execution.completed"));
}

TEST_F(Commands, NameWhatIsNotThere) {
    const Finished no_data = millrace({"executions", "list"});
    EXPECT_EQ(no_data.status, 1);
    EXPECT_THAT(no_data.err, HasSubstr("there is no data in " + data()));
    EXPECT_FALSE(fs::exists(data()));
    hello();
    const Finished no_run = millrace({"executions", "show", "ffff"});
    EXPECT_NE(no_run.status, 0);
    EXPECT_THAT(no_run.err, HasSubstr("there is no execution ffff"));
}

TEST_F(Commands, TakeTheDataFolderThatIsNearest) {
    const Arguments run_hello{"run", example("hello"), "--input", R"({"name": "Ada"})"};
    const std::string named = (folder / "named").string();
    const std::string shared = (folder / "share").string();
    elsewhere(run_hello, {{"XDG_DATA_HOME", ""}});
    EXPECT_TRUE(fs::exists(folder / "home" / ".local" / "share" / "millrace" / "millrace.db"));
    elsewhere(run_hello, {{"XDG_DATA_HOME", shared}});
    EXPECT_TRUE(fs::exists(folder / "share" / "millrace" / "millrace.db"));
    fs::create_directory(folder / "millrace-data");
    EXPECT_THAT(elsewhere(run_hello, {{"XDG_DATA_HOME", shared}}).err,
                StartsWith("data: millrace-data\n"));
    EXPECT_TRUE(fs::exists(folder / "millrace-data" / "millrace.db"));
    EXPECT_THAT(elsewhere(run_hello, {{"MILLRACE_DATA", named}}).err,
                StartsWith("data: " + named + "\n"));
    EXPECT_TRUE(fs::exists(folder / "named" / "millrace.db"));
    Arguments given = run_hello;
    given.insert(given.end(), {"--data", data()});
    EXPECT_THAT(elsewhere(given, {{"MILLRACE_DATA", named}}).err,
                StartsWith("data: " + data() + "\n"));
}

TEST_F(Commands, KeepNothingInAMemoryStore) {
    const Finished finished = elsewhere(
        {"run", example("hello"), "--input", R"({"name": "Ada"})", "--store", "memory:"}, {});
    EXPECT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(json(finished.out), json(R"({"greet": "Hello, Ada!"})"));
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST_F(Commands, NodeTypesAreListedAndShown) {
    const Value list = result_of({"node-types", "list"});
    std::vector<std::string> types;
    const Value items = at(list, "items");
    for (const Value& item : items.as_array())
        types.emplace_back(at(item, "type").as_string());
    EXPECT_TRUE(std::ranges::is_sorted(types));
    for (const std::string type :
         {"data.map", "db.sqlite", "flow.if", "http.request", "json.parse", "trigger.manual"})
        EXPECT_THAT(types, Contains(type));
    const Value shown = result_of({"node-types", "show", "flow.if"});
    EXPECT_EQ(at(shown, "type"), "flow.if");
    EXPECT_EQ(at(shown, "role"), "decision");
    EXPECT_EQ(at(shown, "outputs.0.name"), "true");
    EXPECT_THAT(millrace({"node-types", "show", "flow.if"}).out, HasSubstr("condition"));
}

TEST_F(Commands, DatabaseGoesBackAndForwardWithoutLoss) {
    const std::string id = hello();
    const Value before = result_of({"db", "status"});
    EXPECT_EQ(at(before, "version"), at(before, "newest"));
    ASSERT_EQ(millrace({"db", "rollback"}).status, 0);
    EXPECT_NE(at(result_of({"db", "status"}), "version"), at(before, "newest"));
    ASSERT_EQ(millrace({"db", "migrate"}).status, 0);
    EXPECT_EQ(at(result_of({"db", "status"}), "version"), at(before, "newest"));
    EXPECT_THAT(executions(), ElementsAre(id));
}

TEST_F(Commands, RollbackDoesNotDeleteRunsUnasked) {
    hello();
    const Finished refused = millrace({"db", "rollback", "--to", "0"});
    EXPECT_EQ(refused.status, wrong_use);
    EXPECT_THAT(refused.err, HasSubstr("--yes"));
    EXPECT_EQ(executions().size(), 1u);
}

TEST_F(Commands, BackupIsACompleteStore) {
    const std::string id = hello();
    const std::string copy = (folder / "copy.db").string();
    ASSERT_EQ(millrace({"db", "backup", copy}).status, 0);
    const Finished again = millrace({"db", "backup", copy});
    EXPECT_NE(again.status, 0);
    EXPECT_THAT(again.err, HasSubstr("copy.db exists"));
    const Finished listed =
        elsewhere({"executions", "list", "--json", "--store", "sqlite:" + copy}, {});
    EXPECT_EQ(at(json(listed.out), "items.0.id"), id) << listed.err;
}

TEST_F(Commands, NewWritesAWorkflowThatRuns) {
    ProcessOptions how = options({"new", "order.workflow.yaml"});
    ASSERT_EQ(run(how).status, 0);
    const std::string file = (folder / "order.workflow.yaml").string();
    const std::string text = read_file(file);
    EXPECT_EQ(millrace({"validate", file}).status, 0);
    const Finished finished = millrace({"run", file, "--input", R"({"name": "Ada"})"});
    EXPECT_EQ(finished.status, 0) << finished.err;
    EXPECT_THAT(finished.out, HasSubstr("Hello, Ada!"));
    EXPECT_EQ(run(how).status, wrong_use);
    EXPECT_EQ(read_file(file), text);
}

TEST_F(Commands, SayWhenTheirResultsCannotBeWritten) {
    ProcessOptions shell;
    shell.arguments = {"-c", binary() + " version > /dev/full"};
    const Finished finished = run_process("/bin/sh", shell);
    EXPECT_EQ(finished.status, 1);
    EXPECT_EQ(finished.err, "error: the results could not be written\n");
}

TEST_F(Commands, VersionIsOneLine) {
    EXPECT_EQ(millrace({"version"}).out, "millrace 0.1.0\n");
    EXPECT_EQ(at(result_of({"version"}), "version"), "0.1.0");
}

}  // namespace
}  // namespace millrace::testing
