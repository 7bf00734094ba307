// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <random>
#include <string>
#include <thread>

#include "effect_server.hpp"
#include "loaded_server.hpp"
#include "moments.hpp"
#include "support/command.hpp"

// Workflows that run other workflows and wait for them, on a server that is killed again and again.

namespace millrace::testing {
namespace {

using ::testing::IsEmpty;

constexpr std::chrono::milliseconds patience{60'000};

/// Each execution of the parent calls `/parent-ID` once its child, which calls `/child-ID`, has
/// ended; ID is the parent's.
std::string parent(const std::string& base) {
    return R"(
millrace: 1
id: load
nodes:
  - { id: start, type: trigger.manual }
  - { id: child, type: flow.subworkflow, data: { workflow: work, input: { of: "{{ execution.id }}" } } }
  - { id: tell, type: http.request, data: { method: POST, url: ")" +
           base + R"(/parent-{{ input.of }}" } }
connections: [start -> child -> tell]
)";
}

std::string child(const std::string& base) {
    return R"(
millrace: 1
id: work
inputs: { type: object, required: [of] }
nodes:
  - { id: start, type: trigger.manual }
  - { id: pause, type: flow.delay, data: { for: 15ms } }
  - { id: tell, type: http.request, data: { method: POST, url: ")" +
           base + R"(/child-{{ inputs.of }}" } }
connections: [start -> pause -> tell]
outputs: { of: "{{ inputs.of }}" }
)";
}

class ChildrenKill : public CommandTest {};

TEST_F(ChildrenKill, EachParentHasOneChildAndHearsOfItsEnd) {
    const std::size_t kills = kill_count(3);
    std::mt19937_64 random{kill_seed()};
    std::uniform_int_distribution<int> milliseconds{40, 300};
    EffectServer outside;
    ServedFolder server{data()};
    ASSERT_TRUE(server.start());
    server.create_workflow(child(outside.base()));
    server.create_workflow(parent(outside.base()));
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
    // One whose acceptance a kill has hidden from its client ends, too.
    EXPECT_TRUE(outside.wait_for_effects(2 * accepted.size(), patience)) << "a parent or a child "
                                                                            "was lost";
    EXPECT_TRUE(outside.is_each_target_called_with(1)) << "a parent has had two children";
    const auto unfinished = [&] {
        const HttpAnswer answer =
            server.request({"GET", "/api/v1/executions?running_longer_than=0s&limit=1", {}, {}});
        return answer.body.find(R"("items":[])") == std::string::npos;
    };
    const auto until = std::chrono::steady_clock::now() + patience;
    while (unfinished() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    EXPECT_FALSE(unfinished()) << "a parent has not heard of its child's end";
    EXPECT_EQ(server.end(), 0);
}

}  // namespace
}  // namespace millrace::testing
