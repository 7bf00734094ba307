// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "server_process.hpp"

// Commands on a running server: the same words in, the same words out.

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view greeting = R"(millrace: 1
id: greeting
name: Greets
variables: { mark: "!" }
nodes:
  - { id: start, type: trigger.manual }
  - { id: hello, type: data.template, data: { text: "Hello, {{ inputs.name }}{{ vars.mark }}" } }
  - { id: each, type: flow.loop, data: { times: 2 } }
  - { id: inner, type: data.template, parent: each, data: { text: "round" } }
connections: [start -> hello, start -> each, each.item -> inner]
outputs: { text: "{{ nodes.hello.out }}" }
)";

constexpr std::string_view failing = R"(millrace: 1
id: failing
nodes:
  - { id: start, type: trigger.manual }
  - { id: stop, type: flow.fail, data: { code: no_more, message: "no more" } }
connections: [start -> stop]
)";

constexpr std::string_view waiting = R"(millrace: 1
id: waiting
nodes:
  - { id: start, type: trigger.manual }
  - { id: nap, type: flow.delay, data: { for: 1h } }
  - { id: after, type: data.template, data: { text: "late" } }
connections: [start -> nap -> after]
)";

class Remote : public ServerTest {
protected:
    std::string url_option() { return "--server=" + server().url(); }

    Finished on_server(Arguments arguments) {
        arguments.push_back(url_option());
        return millrace(std::move(arguments));
    }
    Finished with_input(Arguments arguments, std::string input) {
        ProcessOptions made = options(std::move(arguments));
        made.input = std::move(input);
        return run(made);
    }
    std::string document(std::string_view name, std::string_view text) {
        return folder.file(std::string{name} + ".workflow.yaml", text);
    }
    /// The id of the newest execution.
    std::string newest() {
        const std::vector<std::string> all = executions();
        EXPECT_FALSE(all.empty());
        return all.empty() ? "" : all.front();
    }

    /// What the command prints from the store, and what it prints from the server.
    void expect_same(const Arguments& arguments) {
        Arguments beside = arguments;
        beside.push_back("--store=sqlite:" + data() + "/millrace.db");
        const Finished here = millrace(beside);
        const Finished there = on_server(arguments);
        std::string line;
        for (const std::string& word : arguments)
            line += word + " ";
        EXPECT_EQ(there.out, here.out) << line;
        EXPECT_EQ(there.status, here.status) << line << there.err << here.err;
        EXPECT_FALSE(here.out.empty() && here.err.empty()) << line;
    }
};

TEST_F(Remote, RunsAWorkflowAsInAProcessOfItsOwn) {
    const std::string file = document("greeting", greeting);
    const Arguments words{"run", file, "--input", R"({"name": "Ada"})", "--var", "mark=?"};
    const Finished here = millrace(words);
    serve();
    const Finished there = millrace(words);
    EXPECT_EQ(there.status, 0) << there.err;
    EXPECT_EQ(there.out, here.out);
    EXPECT_THAT(there.out, HasSubstr("Hello, Ada?"));
    EXPECT_THAT(there.err, AllOf(HasSubstr("server: " + server().url()), HasSubstr("hello"),
                                 HasSubstr("completed")));
    EXPECT_THAT(here.err, Not(HasSubstr("server:")));
}

TEST_F(Remote, PrintsTheFinishedExecutionAsTheApiGivesIt) {
    serve();
    const std::string file = document("greeting", greeting);
    const Finished ran = millrace({"run", file, "--input", R"({"name": "Ada"})", "--json"});
    ASSERT_EQ(ran.status, 0) << ran.err;
    const std::string id{at(json(ran.out), "id").as_string()};
    EXPECT_EQ(ran.out, server().get("/api/v1/executions/" + id).body + "\n");
}

TEST_F(Remote, TellsWhyARunFailedAndEndsWithThatStatus) {
    const std::string file = document("failing", failing);
    const Finished here = millrace({"run", file, "--quiet"});
    serve();
    const Finished there = millrace({"run", file, "--quiet"});
    EXPECT_EQ(there.status, 1);
    EXPECT_EQ(there.status, here.status);
    EXPECT_THAT(there.err, HasSubstr("no more"));
}

TEST_F(Remote, RefusesAStartInTheWordsOfTheStore) {
    const std::string file = document("greeting", greeting);
    for (const Arguments& more : {Arguments{"--trigger", "nope"}, Arguments{"--var", "nope=1"}}) {
        Arguments words{"run", file, "--input", "{}"};
        words.insert(words.end(), more.begin(), more.end());
        const Finished here = millrace(words);
        serve();
        const Finished there = millrace(words);
        server().terminate();
        EXPECT_EQ(there.status, here.status) << there.err;
        const std::string why = here.err.substr(here.err.find("error: ") + 7, 20);
        EXPECT_THAT(there.err, HasSubstr(why));
    }
}

TEST_F(Remote, CancelsTheRunWhenItIsInterrupted) {
    serve();
    const auto running = start({"run", document("waiting", waiting)});
    ASSERT_TRUE(running->wait_for_error_text("nap"));
    running->signal(SIGINT);
    const Finished ended = running->wait();
    EXPECT_EQ(ended.status, 130) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("canceled"));
    EXPECT_EQ(at(server().get_json("/api/v1/executions/" + newest()), "status"), Value{"canceled"});
}

TEST_F(Remote, GoesOnFollowingWhenTheServerComesBack) {
    serve();
    const std::string text{waiting};
    std::string short_one = text;
    short_one.replace(short_one.find("1h"), 2, "500ms");
    const auto running = start({"run", document("waiting", short_one)});
    ASSERT_TRUE(running->wait_for_error_text("nap"));
    server().restart();
    const Finished ended = running->wait();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("late"));
}

TEST_F(Remote, ShowsTheSameAsTheStore) {
    serve();
    const std::string greet = document("greeting", greeting);
    document("failing", failing);
    ASSERT_EQ(millrace({"apply", folder.path().string(), "--activate"}).status, 0);
    ASSERT_EQ(millrace({"run", greet, "--input", R"({"name": "Ada"})"}).status, 0);
    const std::string good = newest();
    ASSERT_EQ(millrace({"run", folder.path().string() + "/failing.workflow.yaml"}).status, 1);
    const std::string bad = newest();
    ASSERT_EQ(millrace({"variables", "set", "mark=\"#\"", "--description", "ends"}).status, 0);
    ASSERT_EQ(with_input({"secrets", "set", "shop"}, "hush").status, 0);
    const std::vector<Arguments> commands{
        {"executions", "list"},
        {"executions", "list", "--status", "failed", "--limit", "1"},
        {"executions", "list", "--limit", "1"},
        {"executions", "show", good},
        {"executions", "show", bad},
        {"executions", "events", good},
        {"executions", "nodes", good},
        {"executions", "nodes", good, "--scope", "each"},
        {"workflows", "list"},
        {"workflows", "show", "greeting"},
        {"workflows", "versions", "greeting"},
        {"workflows", "diff", "greeting", "--from", "1", "--to", "1"},
        {"workflows", "diff", "failing", "--file", greet},
        {"workflows", "export", "greeting"},
        {"workflows", "export", "greeting", "--format", "json"},
        {"dead-letters", "list"},
        {"cache", "list"},
        {"breakers", "list"},
        {"secrets", "list"},
        {"credentials", "list"},
        {"variables", "list"},
        {"node-types", "list"},
        {"node-types", "show", "http.request"},
        {"executions", "show", "nothing-like-this"},
        {"workflows", "show", "nothing-like-this"},
    };
    for (Arguments words : commands) {
        expect_same(words);
        words.emplace_back("--json");
        expect_same(words);
    }
    expect_same({"executions", "show", good, "--timeline"});
}

TEST_F(Remote, ReadsByWayOfTheServerThatRunsOnTheData) {
    serve();
    const Finished found = millrace({"workflows", "list"});
    EXPECT_EQ(found.status, 0);
    EXPECT_THAT(found.err, HasSubstr("server: " + server().url() + " (it runs on "));
    const Finished beside =
        millrace({"workflows", "list", "--store=sqlite:" + data() + "/millrace.db"});
    EXPECT_EQ(beside.status, 0);
    EXPECT_THAT(beside.err, AllOf(HasSubstr("data: sqlite:"), Not(HasSubstr("server:"))));
    EXPECT_THAT(millrace({"node-types", "list"}).err, Not(HasSubstr("server:")));
    server().terminate();
    EXPECT_THAT(millrace({"workflows", "list"}).err, HasSubstr("data: "));
}

TEST_F(Remote, ChangesWorkflowsByWayOfTheServer) {
    serve();
    const std::string file = document("greeting", greeting);
    const Finished applied = millrace({"apply", file});
    EXPECT_EQ(applied.status, 0) << applied.err;
    EXPECT_THAT(applied.out, HasSubstr("greeting: created"));
    EXPECT_THAT(millrace({"apply", file}).out, HasSubstr("unchanged"));
    EXPECT_THAT(millrace({"workflows", "activate", "greeting"}).out,
                HasSubstr("version 1 is active"));
    const Finished kept = millrace({"workflows", "delete", "greeting"});
    EXPECT_EQ(kept.status, 1);
    EXPECT_THAT(kept.err, HasSubstr("deactivate it first"));
    EXPECT_THAT(millrace({"workflows", "deactivate", "greeting"}).out, HasSubstr("is not active"));
    EXPECT_EQ(millrace({"workflows", "delete", "greeting"}).status, 0);
    EXPECT_EQ(server().get("/api/v1/workflows/greeting").status, 404);
}

TEST_F(Remote, KeepsSecretsCredentialsAndVariablesOnTheServer) {
    serve();
    EXPECT_EQ(with_input({"secrets", "set", "shop"}, "hush").status, 0);
    EXPECT_EQ(with_input({"credentials", "set", "bank", "--type", "http.basic"},
                         R"({"username": "ada", "password": "hush"})")
                  .status,
              0);
    EXPECT_EQ(millrace({"variables", "set", "limit=7"}).status, 0);
    EXPECT_EQ(at(server().get_json("/api/v1/secrets"), "items.0.name"), Value{"shop"});
    EXPECT_EQ(at(server().get_json("/api/v1/credentials"), "items.0.type"), Value{"http.basic"});
    EXPECT_EQ(at(server().get_json("/api/v1/variables"), "items.0.value"), Value{7});
    const Finished rotated = millrace({"secrets", "rotate-key"});
    EXPECT_EQ(rotated.status, 0) << rotated.err;
    EXPECT_THAT(rotated.err, HasSubstr("2 values"));
    EXPECT_EQ(millrace({"secrets", "delete", "shop"}).status, 0);
    EXPECT_EQ(millrace({"secrets", "delete", "shop"}).status, 1);
    EXPECT_EQ(millrace({"credentials", "delete", "bank"}).status, 0);
    EXPECT_EQ(millrace({"variables", "delete", "limit"}).status, 0);
    EXPECT_EQ(millrace({"cache", "clear", "--all"}).status, 0);
}

TEST_F(Remote, PausesResumesAndCancelsByWayOfTheServer) {
    serve();
    ASSERT_EQ(millrace({"apply", document("waiting", waiting)}).status, 0);
    const Value started =
        server().post_json("/api/v1/workflows/waiting/execute", Value::object({}), 202);
    const std::string id{at(started, "execution_id").as_string()};
    const Finished paused = millrace({"executions", "pause", id, "--reason", "tea"});
    EXPECT_EQ(paused.status, 0) << paused.err;
    EXPECT_THAT(paused.err, HasSubstr("paused"));
    EXPECT_EQ(at(server().get_json("/api/v1/executions/" + id), "status"), Value{"paused"});
    const Finished canceled = millrace({"executions", "cancel", id.substr(0, 13)});
    EXPECT_EQ(canceled.status, 0) << canceled.err;
    EXPECT_EQ(at(server().get_json("/api/v1/executions/" + id), "status"), Value{"canceled"});
    const Finished again = millrace({"executions", "cancel", id});
    EXPECT_EQ(again.status, 1) << again.err;
}

TEST_F(Remote, RetriesFailedWork) {
    serve();
    ASSERT_EQ(millrace({"run", document("failing", failing)}).status, 1);
    const std::string first = newest();
    const Finished retried = millrace({"executions", "retry", first});
    EXPECT_EQ(retried.status, 1) << retried.err;
    EXPECT_THAT(retried.err, HasSubstr("retrying " + first));
    EXPECT_EQ(at(server().get_json("/api/v1/executions/" + newest()), "forked_from"), Value{first});
}

TEST_F(Remote, FollowsEventsUntilTheEnd) {
    serve();
    ASSERT_EQ(millrace({"run", document("greeting", greeting), "--input", "{}"}).status, 0);
    const Finished followed = millrace({"executions", "events", newest(), "--follow", "--json"});
    EXPECT_EQ(followed.status, 0) << followed.err;
    EXPECT_THAT(followed.out, AllOf(HasSubstr("execution.created"),
                                    HasSubstr("\"type\":\"execution.completed\"")));
}

TEST_F(Remote, ShowsTheTokenOfItsFolderAndNoOther) {
    serve({"--auth", "token"});
    EXPECT_EQ(on_server({"workflows", "list"}).status, 0);
    ProcessOptions stranger;
    stranger.folder = folder.path();
    stranger.arguments = {"workflows", "list", url_option(), "--data",
                          (folder / "elsewhere").string()};
    const Finished refused = run(stranger);
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("MILLRACE_TOKEN"), Not(HasSubstr(server().token()))));
    stranger.environment = {{"MILLRACE_TOKEN", server().token()}};
    EXPECT_EQ(run(stranger).status, 0);
}

TEST_F(Remote, IgnoresWhatAServerThatCrashedLeftBehind) {
    serve();
    server().kill_now();
    ASSERT_FALSE(read_file(folder / "data/server.json").empty());
    const Finished ran =
        millrace({"run", document("greeting", greeting), "--input", R"({"name": "Ada"})"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.err, Not(HasSubstr("server:")));
}

TEST_F(Remote, TrustsNoFileAboutAServerThatCameFromElsewhere) {
    HttpServer stranger{[](const ServedRequest&) { return Reply::json(R"({"status":"ok"})"); }};
    const std::string noted = R"({"url":")" + stranger.url("") + R"(","pid":)" +
                              std::to_string(getpid()) + R"(,"started_at":""})";
    const std::string file = folder.file("data/server.json", noted);
    const Arguments words{"run", document("greeting", greeting), "--input", "{}"};
    std::filesystem::permissions(file, std::filesystem::perms{0644});
    EXPECT_EQ(millrace(words).status, 0);
    EXPECT_TRUE(stranger.requests().empty());
    // The same file as a server leaves it.
    std::filesystem::permissions(file, std::filesystem::perms{0600});
    ProcessOptions with_token = options(words);
    with_token.environment = {{"MILLRACE_TOKEN", "sesame"}};
    write_file(folder / "data/token", "folder-token");
    EXPECT_EQ(run(with_token).status, 1);
    ASSERT_FALSE(stranger.requests().empty());
    for (const ServedRequest& request : stranger.requests())
        EXPECT_NE(request.header("authorization"), "Bearer sesame") << request.target;
}

TEST_F(Remote, ExportsAnExecutionAsTheStoreDoes) {
    serve();
    ASSERT_EQ(millrace({"run", document("greeting", greeting), "--input", "{}"}).status, 0);
    const std::string id = newest();
    expect_same({"executions", "export", id});
    expect_same({"executions", "export", id, "--as-test"});
}

TEST_F(Remote, ExaminesTheServerThatIsNamed) {
    serve();
    const Finished found = on_server({"doctor", "--json"});
    EXPECT_EQ(found.status, 0) << found.err;
    EXPECT_THAT(found.out, AllOf(HasSubstr(server().url()), HasSubstr("\"name\":\"store\"")));
    EXPECT_EQ(millrace({"doctor", "--server", "http://127.0.0.1:1"}).status, 1);
}

TEST_F(Remote, SaysWhatIsWrongWithTheServerThatWasNamed) {
    const Finished nobody = millrace({"workflows", "list", "--server", "http://127.0.0.1:1"});
    EXPECT_EQ(nobody.status, 1);
    EXPECT_THAT(nobody.err, AllOf(HasSubstr("http://127.0.0.1:1"), HasSubstr("millrace serve")));
    const Finished no_url = millrace({"workflows", "list", "--server", "localhost"});
    EXPECT_EQ(no_url.status, 2);
    EXPECT_THAT(no_url.err, HasSubstr("http://127.0.0.1:8420"));
    const Finished local = millrace({"db", "status", "--server", "http://127.0.0.1:1"});
    EXPECT_EQ(local.status, 2);
    EXPECT_THAT(local.err, HasSubstr("machine of the server"));
}

}  // namespace
}  // namespace millrace::testing
