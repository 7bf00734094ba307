// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <random>
#include <thread>

#include "effect_server.hpp"
#include "loaded_server.hpp"
#include "moments.hpp"
#include "support/command.hpp"

// Workflows that start by the ends of others, on a server that is killed again and again.

namespace millrace::testing {
namespace {

using ::testing::IsEmpty;

constexpr std::chrono::milliseconds patience{60'000};

constexpr std::string_view source = R"(
millrace: 1
id: load
nodes:
  - { id: start, type: trigger.manual }
  - { id: pause, type: flow.delay, data: { for: 10ms } }
connections: [start -> pause]
)";

std::string follower(const std::string& base) {
    return R"(
millrace: 1
id: told
nodes:
  - id: on
    type: trigger.event
    data: { event: execution.completed, source: "workflow:load" }
  - id: tell
    type: http.request
    data: { method: POST, url: ")" +
           base + R"(/{{ input.execution_id }}" }
connections: [on -> tell]
)";
}

std::string taker(const std::string& base) {
    return R"(
millrace: 1
id: taker
nodes:
  - { id: on, type: trigger.event, data: { event: order.created } }
  - { id: tell, type: http.request, data: { method: POST, url: ")" +
           base + R"(/{{ inputs }}" } }
connections: [on -> tell]
)";
}

class EventKill : public CommandTest {
protected:
    /// Kills the server at moments of chance, with something done in between.
    static void kill_often(ServedFolder& server, std::size_t kills,
                           const std::function<std::size_t()>& done_so_far) {
        std::mt19937_64 random{kill_seed()};
        std::uniform_int_distribution<int> milliseconds{40, 300};
        for (std::size_t i = 0; i < kills; ++i) {
            const std::size_t before = done_so_far();
            std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds(random)});
            while (done_so_far() == before)
                std::this_thread::sleep_for(std::chrono::milliseconds{5});
            server.kill();
            ASSERT_TRUE(server.start());
        }
    }
    /// Sends the event until it is taken; false when it is refused.
    static bool send_until_taken(const ServedFolder& server, std::size_t n) {
        const std::string body = R"({"type": "order.created", "id": ")" + std::to_string(n) +
                                 R"(", "data": )" + std::to_string(n) + "}";
        const HttpRequest request{
            "POST", "/api/v1/events", {{"Content-Type", "application/json"}}, body};
        for (;;) {
            HttpConnection connection{server.port()};
            const HttpAnswer answer =
                connection.is_open() ? connection.exchange(request) : HttpAnswer{};
            if (answer.status == 202) return true;
            if (answer.status != 0 && answer.status != 503) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
    }
};

TEST_F(EventKill, EachEndStartsOneExecution) {
    const std::size_t kills = kill_count(3);
    EffectServer outside;
    ServedFolder server{data()};
    ASSERT_TRUE(server.start());
    server.create_workflow(source);
    server.create_workflow(follower(outside.base()));
    ASSERT_EQ(server.request({"POST", "/api/v1/workflows/told/activate", {}, {}}).status, 200);
    ExecutionLoad load{server, "load", 2, 1'000'000};
    kill_often(server, kills, [&] { return load.accepted(); });
    load.stop();

    const auto accepted = load.take_accepted();
    EXPECT_THAT(load.refusals(), IsEmpty());
    EXPECT_GE(accepted.size(), kills);
    // One whose acceptance a kill has hidden from its client ends and is told, too.
    EXPECT_TRUE(outside.wait_for_effects(accepted.size(), patience));
    std::size_t told = 0;
    for (int quiet = 0; quiet < 10; ++quiet) {
        if (const std::size_t now = outside.effects(); now != told) {
            told = now;
            quiet = 0;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    EXPECT_GE(told, accepted.size());
    EXPECT_TRUE(outside.is_each_target_called_with(1)) << "an end was told by two executions";
    EXPECT_EQ(server.end(), 0);
}

TEST_F(EventKill, EachEventThatIsSentStartsOneExecution) {
    EffectServer outside;
    ServedFolder server{data()};
    ASSERT_TRUE(server.start());
    server.create_workflow(taker(outside.base()));
    ASSERT_EQ(server.request({"POST", "/api/v1/workflows/taker/activate", {}, {}}).status, 200);
    std::atomic<bool> is_over = false;
    std::atomic<std::size_t> taken = 0;
    std::thread sender{[&] {
        while (!is_over) {
            EXPECT_TRUE(send_until_taken(server, taken));
            ++taken;
        }
    }};
    kill_often(server, kill_count(3), [&] { return taken.load(); });
    is_over = true;
    sender.join();
    EXPECT_TRUE(outside.wait_for_effects(taken, patience));
    EXPECT_EQ(outside.effects(), taken);
    EXPECT_TRUE(outside.is_each_target_called_with(1)) << "an event has started two executions";
    EXPECT_EQ(server.end(), 0);
}

}  // namespace
}  // namespace millrace::testing
