// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "support/command.hpp"

namespace millrace::testing {
namespace {

std::string calling(const std::string& policy) {
    return R"(millrace: 1
id: calling
variables: { base: null }
nodes:
  - { id: start, type: trigger.manual }
  - id: call
    type: http.request
    data: { method: POST, url: "{{ vars.base }}/call" }
    )" + policy +
           R"(
  - { id: handled, type: data.template, data: { text: "{{ input.error.code }}" } }
connections: [start -> call, call.error -> handled]
outputs: { status: "{{ nodes.call.out?.status }}", handled: "{{ nodes.handled.out }}" }
)";
}

/// A process that is killed once, in the middle of one node's work.
class Interrupt : public CommandTest {
protected:
    Arguments run_of(const std::string& policy) const {
        return {"run", folder.file("calling.workflow.yaml", calling(policy)), "--var",
                "base=" + server.url("")};
    }
    void kill_after_calls(const std::string& policy, std::size_t calls) const {
        const auto process = start(run_of(policy));
        server.wait_for_requests(calls);
        process->signal(SIGKILL);
        EXPECT_EQ(process->wait().status, 128 + SIGKILL);
    }
    Value resumed() const {
        const Finished finished = millrace({"executions", "resume", "--all"});
        EXPECT_EQ(finished.status, 0) << finished.err;
        const std::vector<std::string> ids = executions();
        EXPECT_EQ(ids.size(), 1u);
        return result_of({"executions", "show", ids.at(0)});
    }
    std::size_t keys_seen() const {
        std::set<std::string, std::less<>> keys;
        for (const ServedRequest& request : server.requests())
            keys.emplace(request.header("idempotency-key"));
        return keys.size();
    }

    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    std::atomic<int> status = 200;
    HttpServer server{[this](const ServedRequest&) {
        return Reply{.status = status, .body = "done", .gate = gate};
    }};
};

TEST_F(Interrupt, RepeatsTheCallAsTheSameAttempt) {
    kill_after_calls("timeout: 60s", 1);
    gate->open();
    const Value execution = resumed();
    EXPECT_EQ(at(execution, "outputs.status"), 200);
    EXPECT_EQ(at(execution, "nodes.call.attempts").size(), 1u);
    EXPECT_EQ(server.requests().size(), 2u);
    EXPECT_EQ(keys_seen(), 1u);
}

TEST_F(Interrupt, FailsTheNodeInsteadWhereTheCallMustNotBeRepeated) {
    kill_after_calls("on_interrupt: fail", 1);
    gate->open();
    const Value execution = resumed();
    EXPECT_EQ(at(execution, "outputs.handled"), "interrupted");
    EXPECT_EQ(at(execution, "nodes.call.status"), "failed");
    EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(Interrupt, KeepsCountOfAttemptsWhileItWaitsForTheNext) {
    status = 503;
    gate->open();
    const std::string policy = "retry: { max_attempts: 3, delay: 700ms, backoff: 1 }";
    const auto process = start(run_of(policy));
    ASSERT_TRUE(process->wait_for_error_text("attempt 2 of 3")) << process->err_so_far();
    process->signal(SIGKILL);
    EXPECT_EQ(process->wait().status, 128 + SIGKILL);
    const Value execution = resumed();
    EXPECT_EQ(at(execution, "outputs.handled"), "http_503");
    EXPECT_EQ(at(execution, "nodes.call.attempts").size(), 3u);
    EXPECT_EQ(server.requests().size(), 3u);
    EXPECT_EQ(keys_seen(), 1u);
}

TEST_F(Interrupt, FiresATimerThatBecameDueMeanwhile) {
    const std::string file = folder.file("late.workflow.yaml", R"(millrace: 1
id: late
nodes:
  - { id: start, type: trigger.manual }
  - { id: pause, type: flow.delay, data: { for: 300ms } }
connections: [start -> pause]
)");
    const auto process = start({"run", file});
    ASSERT_TRUE(process->wait_for_error_text("pause waits")) << process->err_so_far();
    process->signal(SIGKILL);
    process->wait();
    std::this_thread::sleep_for(std::chrono::milliseconds{400});
    const Value execution = resumed();
    EXPECT_EQ(at(execution, "status"), "completed");
    EXPECT_GE(at(execution, "nodes.pause.duration_ms").as_integer(), 300);
}

}  // namespace
}  // namespace millrace::testing
