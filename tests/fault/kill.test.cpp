// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <iostream>
#include <map>
#include <thread>

#include "effect_server.hpp"
#include "moments.hpp"
#include "support/command.hpp"

namespace millrace::testing {
namespace {

constexpr std::chrono::milliseconds patience{30'000};

constexpr std::size_t chain_length = 200;
constexpr std::size_t branches = 16;
constexpr std::size_t branch_length = 12;

std::string effect(const std::string& id) {
    return "  - { id: " + id +
           ", type: http.request, data: { method: POST, url: \"{{ vars.base }}/" + id +
           "\", body: { after: \"{{ input }}\" } } }\n";
}

std::string head(std::string_view id) {
    return "millrace: 1\nid: " + std::string{id} +
           "\nvariables: { base: null }\nnodes:\n  - { id: start, type: trigger.manual }\n";
}

/// A document's nodes and connections as they grow.
struct Graph {
    std::string nodes;
    std::string connections = "connections:\n";

    void connect(const std::string& from, const std::string& to) {
        connections += "  - { from: " + from + ", to: " + to + ", transform: value.body }\n";
    }
    /// `count` effects, each of which sees the answer of the one before; gives the last one's id.
    std::string chain(const std::string& prefix, std::size_t count) {
        std::string before = prefix + "1";
        nodes += effect(before);
        connections += "  - start -> " + before + "\n";
        for (std::size_t i = 2; i <= count; ++i) {
            const std::string id = prefix + std::to_string(i);
            nodes += effect(id);
            connect(before, id);
            before = id;
        }
        return before;
    }
};

std::string chain() {
    Graph graph{head("chain")};
    graph.chain("e", chain_length);
    return graph.nodes + graph.connections;
}

/// Chains side by side, joined at the end: every frame commits what several of them did.
std::string wide() {
    Graph graph{head("wide") + "  - { id: joined, type: flow.merge }\n"};
    for (std::size_t b = 1; b <= branches; ++b)
        graph.connect(graph.chain("b" + std::to_string(b) + "_", branch_length), "joined");
    return graph.nodes + graph.connections;
}

std::string pausing() {
    Graph graph{head("pausing") + "  - { id: pause, type: flow.delay, data: { for: 2s } }\n" +
                effect("before") + effect("after")};
    graph.connections += "  - start -> before -> pause -> after\n";
    return graph.nodes + graph.connections;
}

class Kill : public CommandTest {
protected:
    static Arguments run_of(const std::string& file, const EffectServer& outside) {
        return {"run", file, "--json", "--var", "base=" + outside.base()};
    }
    /// Runs the workflow, killing it at each moment. All these processes work on one execution; the
    /// last one finishes it and then starts another, which nothing disturbs.
    Finished run_through(const std::string& file, const std::vector<Moment>& moments,
                         EffectServer& outside) const {
        const Arguments run = run_of(file, outside);
        for (const Moment& moment : moments) {
            const std::size_t calls = outside.calls();
            const bool is_ahead = moment.effects > outside.effects();
            const auto process = start(run);
            if (is_ahead) {
                EXPECT_TRUE(outside.wait_for_effects(moment.effects, patience))
                    << process->err_so_far();
            } else if (moment.after_start) {
                EXPECT_TRUE(outside.wait_for_calls(calls + 1, patience)) << process->err_so_far();
            }
            std::this_thread::sleep_for(moment.later);
            process->signal(SIGKILL);
            const Finished killed = process->wait();
            EXPECT_EQ(killed.status, 128 + SIGKILL) << killed.err;
            if (HasFailure()) break;
        }
        outside.let_end();
        return millrace(run);
    }

    /// Every node of the execution completed, by one attempt that was recorded once.
    void expect_recorded_once(const std::string& id, std::size_t effects) const {
        const Value execution = result_of({"executions", "show", id});
        EXPECT_EQ(at(execution, "status"), "completed");
        std::size_t completed = 0;
        for (const core::Member& node : at(execution, "nodes").as_object()) {
            EXPECT_EQ(at(node.value, "status"), "completed") << node.key;
            EXPECT_LE(at(node.value, "attempts").size(), 1u) << node.key;
            ++completed;
        }
        EXPECT_GE(completed, effects);
        std::map<std::string, int, std::less<>> recorded;
        std::int64_t last_seq = 0;
        const Value events = events_of(id);
        for (const Value& event : events.as_array()) {
            EXPECT_EQ(at(event, "seq"), ++last_seq);
            if (at(event, "type") == "node.completed") {
                ++recorded[std::string{at(event, "node_id").as_string()}];
            }
        }
        EXPECT_EQ(recorded.size(), completed);
        for (const auto& [node, times] : recorded)
            EXPECT_EQ(times, 1) << node;
    }

    void expect_two_whole_runs(const Finished& last, const EffectServer& outside,
                               std::size_t effects) const {
        const std::vector<std::string> ids = executions();
        ASSERT_EQ(ids.size(), 2u);
        EXPECT_EQ(at(json(last.out), "id"), ids[0]);
        for (const std::string& id : ids)
            expect_recorded_once(id, effects);
        EXPECT_EQ(outside.effects(), 2 * effects);
        EXPECT_TRUE(outside.is_each_target_called_with(2));
    }
    static void tell(std::size_t kills, const EffectServer& outside) {
        std::cout << kills << " kills, " << outside.effects() << " effects, "
                  << outside.repeated_calls() << " calls repeated\n";
    }
};

TEST_F(Kill, AtRandomMomentsRepeatsAtMostOneCallEach) {
    const std::size_t kills = kill_count(20);
    const std::vector<Moment> moments = random_moments(kill_seed(), kills, chain_length);
    const std::string file = folder.file("chain.workflow.yaml", chain());
    EffectServer outside{"/e200"};

    const Finished last = run_through(file, moments, outside);

    ASSERT_EQ(last.status, 0) << last.err;
    expect_two_whole_runs(last, outside, chain_length);
    EXPECT_LE(outside.repeated_calls(), kills);
    tell(kills, outside);
}

TEST_F(Kill, AmongManyBranchesRepeatsAtMostWhatWasUnderWay) {
    const std::size_t kills = std::max<std::size_t>(kill_count(20) / 4, 1);
    const std::size_t effects = branches * branch_length;
    const std::vector<Moment> moments = random_moments(kill_seed(), kills, effects);
    const std::string file = folder.file("wide.workflow.yaml", wide());
    EffectServer outside{"/b16_12"};

    const Finished last = run_through(file, moments, outside);

    ASSERT_EQ(last.status, 0) << last.err;
    expect_two_whole_runs(last, outside, effects);
    EXPECT_LE(outside.repeated_calls(), kills * branches);
    tell(kills, outside);
}

TEST_F(Kill, DuringADelayDoesNotBeginItAnew) {
    const std::string file = folder.file("pausing.workflow.yaml", pausing());
    EffectServer outside;
    const auto process = start(run_of(file, outside));
    ASSERT_TRUE(outside.wait_for_effects(1, patience)) << process->err_so_far();
    Value pause;
    while (at(pause, "status") != "waiting") {
        const std::vector<std::string> ids = executions();
        ASSERT_EQ(ids.size(), 1u);
        pause = at(result_of({"executions", "show", ids[0]}), "nodes.pause");
        ASSERT_NE(at(pause, "status"), "completed");
    }
    process->signal(SIGKILL);
    EXPECT_EQ(process->wait().status, 128 + SIGKILL);
    const Finished resumed = millrace({"executions", "resume", "--all"});

    ASSERT_EQ(resumed.status, 0) << resumed.err;
    const std::vector<std::string> ids = executions();
    ASSERT_EQ(ids.size(), 1u);
    expect_recorded_once(ids[0], 4);
    EXPECT_EQ(outside.calls(), 2u);
    const Value after = at(result_of({"executions", "show", ids[0]}), "nodes.pause");
    EXPECT_EQ(at(after, "started_at"), at(pause, "started_at"));
    int waits = 0;
    const Value events = events_of(ids[0]);
    for (const Value& event : events.as_array())
        waits += at(event, "type") == "node.waiting";
    EXPECT_EQ(waits, 1);
}

}  // namespace
}  // namespace millrace::testing
