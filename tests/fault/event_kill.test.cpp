// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

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

class EventKill : public CommandTest {};

TEST_F(EventKill, EachEndStartsOneExecution) {
    const std::size_t kills = kill_count(3);
    std::mt19937_64 random{kill_seed()};
    std::uniform_int_distribution<int> milliseconds{40, 300};
    EffectServer outside;
    ServedFolder server{data()};
    ASSERT_TRUE(server.start());
    server.create_workflow(source);
    server.create_workflow(follower(outside.base()));
    ASSERT_EQ(server.request({"POST", "/api/v1/workflows/told/activate", {}, {}}).status, 200);
    ExecutionLoad load{server, "load", 2, 1'000'000};
    for (std::size_t i = 0; i < kills; ++i) {
        const std::size_t before = load.accepted();
        std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds(random)});
        while (load.accepted() == before)
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        server.kill();
        ASSERT_TRUE(server.start());
    }
    load.stop();

    const auto accepted = load.take_accepted();
    EXPECT_THAT(load.refusals(), IsEmpty());
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

}  // namespace
}  // namespace millrace::testing
