// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>

#include "support/command.hpp"

// Kept results and dead letters, with the real command.

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int wrong_use = 2;

class Protection : public CommandTest {
protected:
    std::string base() const { return "base=" + server.url(""); }
    std::string workflow(const std::string& id, const std::string& node) const {
        return folder.file(id + ".workflow.yaml", "millrace: 1\nid: " + id + R"(
variables: { base: null }
nodes:
  - { id: start, type: trigger.manual }
  - id: call
    type: http.request
    data: { url: "{{ vars.base }}/{{ inputs.path }}" }
)" + node + R"(connections: [start -> call]
outputs: { status: "{{ nodes.call.out.status }}" }
)");
    }
    std::string rates() const {
        return workflow("rates", "    cache: { ttl: 10m, tags: [prices] }\n");
    }
    Finished run_with(const std::string& file, const std::string& path) const {
        return millrace(
            {"run", file, "--var", base(), "--input", R"({"path": ")" + path + R"("})"});
    }
    std::size_t kept() const { return at(result_of({"cache", "list"}), "items").size(); }
    std::size_t open_letters() const {
        return at(result_of({"dead-letters", "list"}), "items").size();
    }

    std::atomic<bool> is_down = false;
    HttpServer server{[this](const ServedRequest& request) {
        Reply reply = Reply::text("done");
        if (is_down && request.target != "/good") reply.status = 400;
        return reply;
    }};
};

}  // namespace

TEST_F(Protection, ResultsAreKeptFromOneProcessToTheNextUntilTheyAreForgotten) {
    EXPECT_EQ(run_with(rates(), "eur").status, 0);
    EXPECT_EQ(run_with(rates(), "eur").status, 0);
    EXPECT_EQ(server.requests().size(), 1u);
    EXPECT_EQ(run_with(rates(), "usd").status, 0);
    EXPECT_EQ(server.requests().size(), 2u);
    const Value listed = result_of({"cache", "list", "--tag", "prices"});
    ASSERT_EQ(at(listed, "items").size(), 2u);
    EXPECT_EQ(at(listed, "items.0.workflow_id"), Value{"rates"});
    EXPECT_EQ(at(listed, "items.0.node_id"), Value{"call"});
    EXPECT_THAT(millrace({"cache", "list"}).out, HasSubstr("prices"));
    EXPECT_EQ(at(result_of({"cache", "clear", "--node", "other"}), "cleared"), Value{0});
    EXPECT_EQ(at(result_of({"cache", "clear", "--tag", "prices"}), "cleared"), Value{2});
    EXPECT_EQ(run_with(rates(), "eur").status, 0);
    EXPECT_EQ(server.requests().size(), 3u);
    EXPECT_EQ(millrace({"cache", "clear"}).status, wrong_use);
    EXPECT_EQ(millrace({"cache", "clear", "--all", "--tag", "x"}).status, wrong_use);
    EXPECT_EQ(at(result_of({"cache", "clear", "--all"}), "cleared"), Value{1});
}

TEST_F(Protection, AHitIsToldInTheHistory) {
    ASSERT_EQ(run_with(rates(), "eur").status, 0);
    ASSERT_EQ(run_with(rates(), "eur").status, 0);
    const Value shown = result_of({"executions", "show", executions().front()});
    EXPECT_EQ(at(shown, "nodes.call.attempts.0.executor"), Value{"cache"});
}

TEST_F(Protection, AKillWhileResultsAreWrittenLosesNoRun) {
    const std::string file = folder.file("many.workflow.yaml", R"(millrace: 1
id: many
variables: { base: null }
nodes:
  - { id: start, type: trigger.manual }
  - { id: each, type: flow.loop, data: { times: 400, concurrency: 4 } }
  - id: call
    type: http.request
    parent: each
    data: { url: "{{ vars.base }}/{{ index }}" }
    cache: { ttl: 10m }
connections: [start -> each, each.item -> call -> each.result]
outputs: { count: "{{ nodes.each.done.length }}" }
)");
    const auto process = start({"run", file, "--var", base()});
    server.wait_for_requests(200);
    process->signal(SIGKILL);
    process->wait();
    const Finished resumed = millrace({"executions", "resume", "--all"});
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(at(result_of({"executions", "show", executions().front()}), "outputs.count"),
              Value{400});
    const std::size_t calls = server.requests().size();
    EXPECT_GE(calls, 400u);
    EXPECT_LE(calls, 410u) << "only what was under way is called again";
    EXPECT_EQ(millrace({"run", file, "--var", base()}).status, 0);
    EXPECT_LT(server.requests().size(), calls + 200) << "most results were written before";
}

TEST_F(Protection, ALetterIsReplayedOnceItsCauseIsGone) {
    is_down = true;
    const std::string file = workflow("orders", "");
    EXPECT_EQ(run_with(file, "a").status, 1);
    EXPECT_EQ(run_with(file, "b").status, 1);
    const Value listed = result_of({"dead-letters", "list"});
    ASSERT_EQ(at(listed, "items").size(), 2u);
    EXPECT_EQ(at(listed, "items.0.number"), Value{2});
    EXPECT_EQ(at(listed, "items.0.error.code"), Value{"http_400"});
    EXPECT_THAT(millrace({"dead-letters", "list"}).out, HasSubstr("http_400"));
    const Value shown = result_of({"dead-letters", "show", "1"});
    EXPECT_EQ(at(shown, "path"), Value{"call"});
    EXPECT_EQ(at(shown, "status"), Value{"open"});
    EXPECT_THAT(millrace({"dead-letters", "show", "1"}).out, HasSubstr("orders v1"));
    is_down = false;
    const Finished replayed = millrace({"dead-letters", "replay", "1"});
    EXPECT_EQ(replayed.status, 0) << replayed.err;
    EXPECT_EQ(json(replayed.out), json(R"({"status": 200})"));
    EXPECT_EQ(at(result_of({"dead-letters", "show", "1"}), "status"), Value{"replayed"});
    EXPECT_EQ(millrace({"dead-letters", "replay", "1"}).status, 1);
    EXPECT_EQ(millrace({"dead-letters", "discard", "2"}).status, 0);
    EXPECT_EQ(open_letters(), 0u);
    EXPECT_EQ(at(result_of({"dead-letters", "list", "--status", "all"}), "items").size(), 2u);
}

TEST_F(Protection, ManyLettersAreReplayedAtOnce) {
    is_down = true;
    const std::string file = workflow("orders", "");
    for (const char* path : {"a", "b", "c"})
        EXPECT_EQ(run_with(file, path).status, 1);
    const Finished still_down = millrace({"dead-letters", "replay", "--node", "call", "--json"});
    EXPECT_EQ(still_down.status, 1);
    EXPECT_EQ(at(json(still_down.out), "items").size(), 3u);
    EXPECT_EQ(open_letters(), 3u) << "what failed again is a new letter";
    is_down = false;
    const Finished replayed = millrace({"dead-letters", "replay", "--all"});
    EXPECT_EQ(replayed.status, 0) << replayed.err;
    EXPECT_THAT(replayed.err, HasSubstr("3 of 3 executions completed"));
    EXPECT_EQ(open_letters(), 0u);
}

TEST_F(Protection, LettersMustBeChosen) {
    EXPECT_EQ(run_with(workflow("orders", ""), "good").status, 0);
    EXPECT_EQ(millrace({"dead-letters", "replay"}).status, wrong_use);
    EXPECT_EQ(millrace({"dead-letters", "discard", "1", "--all"}).status, wrong_use);
    EXPECT_EQ(millrace({"dead-letters", "list", "--status", "opne"}).status, wrong_use);
    EXPECT_EQ(millrace({"dead-letters", "show", "7"}).status, 1);
    EXPECT_EQ(millrace({"dead-letters", "replay", "--all"}).status, 0);
}

}  // namespace millrace::testing
