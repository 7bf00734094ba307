// SPDX-License-Identifier: Apache-2.0
// What the engine itself costs, without store, threads and I/O: frames of one shard in memory,
// records included. For whoever changes state, records or systems. `transitions` are derived
// records a second and their inverse is the price of one; the goal is below 300 ns.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/hash.hpp"
#include "millrace/engine/shard.hpp"
#include "support/workflows.hpp"

namespace {

using namespace millrace;
using bench::add_node;
using bench::connect;
using core::Time;

constexpr Time t0{1'700'000'000'000};

// ---- Node types ------------------------------------------------------------------------

/// The engine reads its data; it is never started.
class LoopOver final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall&) const override { return engine::Emit{}; }
};

/// Waits a second for a signal that never comes.
class Wait final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        engine::WaitFor wait;
        wait.name = "paid";
        wait.until = call.now + core::Duration{1'000};
        wait.on_timeout = engine::Emit::out(call.input());
        return wait;
    }
};

class Library final : public bench::Library {
public:
    Library() {
        add("bench.wait", core::NodeRole::wait, {{.name = "in"}}, std::make_shared<Wait>());
        add("bench.merge", core::NodeRole::pure, {{.name = "in", .many = true}},
            std::make_shared<bench::PassOn>());
        core::NodeType& loop =
            add("bench.loop", core::NodeRole::container,
                {{.name = "in"}, {.name = "result", .required = false, .inner = true}},
                std::make_shared<LoopOver>());
        loop.container = core::ContainerKind::loop;
        loop.outputs = {{.name = "item", .inner = true}, {.name = "done"}};
    }
};

// ---- Plans ----------------------------------------------------------------------------------

std::shared_ptr<const engine::Plan> compiled(core::Document document) {
    document.id = "bench";
    document.name = "bench";
    const engine::SchemaCompiler no_schemas = [](const core::Value&) {
        return core::Result<std::shared_ptr<const core::SchemaCheck>>{nullptr};
    };
    auto result = engine::compile(document, {"bench", 1, "hash"}, Library{}, no_schemas);
    if (result.plan) return result.plan;
    std::fprintf(stderr, "%s\n", result.problems.at(0).message.c_str());
    std::exit(1);
}

std::shared_ptr<const engine::Plan> chain(std::size_t length, const std::string& type) {
    return compiled(bench::chain_of(std::vector<std::string>(length, type)));
}

std::shared_ptr<const engine::Plan> fan(int width) {
    core::Document document;
    add_node(document, "start", "trigger.manual");
    add_node(document, "all", "bench.merge");
    for (int i = 0; i < width; ++i) {
        add_node(document, "n" + std::to_string(i), "bench.pure");
        connect(document, "start", "n" + std::to_string(i));
        connect(document, "n" + std::to_string(i), "all");
    }
    return compiled(std::move(document));
}

/// A root and two below each node, `count` in all.
std::shared_ptr<const engine::Plan> tree(int count) {
    core::Document document;
    add_node(document, "start", "trigger.manual");
    for (int i = 0; i < count; ++i) {
        add_node(document, "n" + std::to_string(i), "bench.pure");
        connect(document, i == 0 ? "start" : "n" + std::to_string((i - 1) / 2),
                "n" + std::to_string(i));
    }
    // Its results would be as large as the tree.
    document.outputs = core::Value::object({});
    return compiled(std::move(document));
}

/// A loop whose body is one node.
std::shared_ptr<const engine::Plan> loop(int times, int concurrency,
                                         const std::string& type = "bench.pure") {
    core::Document document;
    add_node(document, "start", "trigger.manual");
    add_node(document, "loop", "bench.loop");
    document.nodes.back().data =
        core::Value::object({{"times", times}, {"concurrency", concurrency}, {"aggregate", false}});
    add_node(document, "work", type);
    document.nodes.back().parent = "loop";
    connect(document, "start", "loop");
    connect(document, "loop", "work");
    document.connections.back().from.port = "item";
    connect(document, "work", "loop");
    document.connections.back().to.port = "result";
    return compiled(std::move(document));
}

// ---- Measuring ------------------------------------------------------------------------------

engine::ShardOptions options() {
    engine::ShardOptions made;
    made.digest = [](std::string_view text) { return std::to_string(core::fnv1a64(text)); };
    return made;
}

engine::CreateExecution creation(const std::shared_ptr<const engine::Plan>& plan,
                                 std::uint64_t number) {
    const core::ExecutionId id{core::Uuid::v7(t0, number, number * 0x9E3779B97F4A7C15ull)};
    // Small, so that even 1,000 of them at one port are computed in the frame.
    const core::Value input{static_cast<std::int64_t>(number)};
    return {0, id,     plan, *plan->find("start"), input, input, core::Value::object({}),
            1, number, {}};
}

/// What frames held, added up.
struct Work {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    std::uint64_t frames = 0;

    void add(const engine::Frame& frame) {
        ++frames;
        for (const engine::JournalRow& row : frame.journal) {
            records += row.count;
            bytes += row.bytes.size();
        }
    }
};

void report(benchmark::State& state, const Work& work, std::uint64_t workflows) {
    const auto of_all = [&](std::uint64_t n) {
        return benchmark::Counter{static_cast<double>(n), benchmark::Counter::kIsRate};
    };
    state.counters["workflows"] = of_all(workflows);
    state.counters["transitions"] = of_all(work.records);
    state.counters["per_transition"] =
        benchmark::Counter{static_cast<double>(work.records),
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert};
    state.counters["journal_bytes"] =
        static_cast<double>(work.bytes) / static_cast<double>(workflows);
}

/// Executions of pure nodes one after another, each from its start to its end.
void run_pure(benchmark::State& state, const std::shared_ptr<const engine::Plan>& plan) {
    engine::Shard shard{options()};
    Work work;
    std::uint64_t started = 0;
    for (auto _ : state) {
        std::deque<engine::Input> inbox;
        inbox.push_back(creation(plan, ++started));
        do
            work.add(shard.advance(t0, inbox));
        while (shard.has_backlog());
    }
    if (shard.live_count() != 0) state.SkipWithError("executions are left");
    report(state, work, started);
}

// Small workflows: creation, three computed nodes, end, destruction.
void chain_of_3_pure(benchmark::State& state) {
    run_pure(state, chain(3, "bench.pure"));
}
BENCHMARK(chain_of_3_pure);

// Long ones: the price of a node when creation hardly counts; takes three frames.
void chain_of_1000_pure(benchmark::State& state) {
    run_pure(state, chain(1'000, "bench.pure"));
}
BENCHMARK(chain_of_1000_pure)->Unit(benchmark::kMicrosecond);

// Wide ones: a port with 1,000 connections must not make each of them cost more.
void fan_of_1000_pure(benchmark::State& state) {
    run_pure(state, fan(1'000));
}
BENCHMARK(fan_of_1000_pure)->Unit(benchmark::kMicrosecond);

// The widest and deepest at once: 2^17 nodes, each of which makes two others ready.
void binary_tree_pure(benchmark::State& state) {
    run_pure(state, tree((1 << 17) - 1));
}
BENCHMARK(binary_tree_pure)->Unit(benchmark::kMillisecond);

// An iteration of a loop: its scope opened, one node run in it, its scope closed.
void loop_iteration(benchmark::State& state) {
    const auto iterations = static_cast<int>(state.range(0));
    run_pure(state, loop(iterations, static_cast<int>(state.range(1))));
    state.counters["per_iteration"] = benchmark::Counter{
        static_cast<double>(iterations),
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert};
}
BENCHMARK(loop_iteration)->Args({1'000, 1})->Args({100'000, 64})->Unit(benchmark::kMicrosecond);

// Waits that are open at once in one execution, each opened and expired: the price of one must not
// grow with the number of the others.
void open_waits(benchmark::State& state) {
    const auto at_once = static_cast<int>(state.range(0));
    const auto plan = loop(at_once, at_once, "bench.wait");
    engine::Shard shard{options()};
    Work work;
    std::uint64_t started = 0;
    core::Time now = t0;
    for (auto _ : state) {
        std::deque<engine::Input> inbox;
        inbox.push_back(creation(plan, ++started));
        do {
            work.add(shard.advance(now, inbox));
            const auto due = shard.next_due();
            if (!shard.has_backlog() && due) now = std::max(now, *due);
        } while (shard.live_count() > 0);
    }
    report(state, work, started);
    state.counters["per_wait"] = benchmark::Counter{
        static_cast<double>(at_once),
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert};
}
BENCHMARK(open_waits)->Arg(100)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond);

// A fork of an execution of 100 nodes that takes over all results but the last.
void fork_of_100(benchmark::State& state) {
    const auto plan = chain(100, "bench.effect");
    std::vector<core::Member> pins;
    for (int i = 0; i < 99; ++i)
        pins.push_back({"n" + std::to_string(i), core::Value::object({{"out", i}})});
    engine::ExecutionOptions options_of_fork;
    options_of_fork.pins = core::Value::object(std::move(pins));
    engine::Shard shard{options()};
    Work work;
    std::uint64_t started = 0;
    for (auto _ : state) {
        engine::CreateExecution create = creation(plan, ++started);
        create.options = options_of_fork;
        std::deque<engine::Input> inbox;
        inbox.push_back(std::move(create));
        engine::Frame frame = shard.advance(t0, inbox);
        work.add(frame);
        const engine::Effect& effect = frame.effects.at(0);
        inbox.push_back(engine::Completion{effect.id, effect.run, effect.attempt,
                                           std::vector<engine::PortValue>{{{0}, 1}}, "bench"});
        work.add(shard.advance(t0, inbox));
    }
    if (shard.live_count() != 0) state.SkipWithError("executions are left");
    report(state, work, started);
}
BENCHMARK(fork_of_100)->Unit(benchmark::kMicrosecond);

// The durable hot path without the disk: so many executions at once, each of three effects that
// are answered in the frame after the one that asked.
void three_effects(benchmark::State& state) {
    const auto plan = chain(3, "bench.effect");
    const auto at_once = static_cast<std::uint64_t>(state.range(0));
    Work work;
    std::uint64_t started = 0;
    std::size_t live_bytes = 0;
    for (auto _ : state) {
        engine::Shard shard{options()};
        std::deque<engine::Input> inbox;
        const std::size_t before = mallinfo2().uordblks;
        for (std::uint64_t i = 0; i < at_once; ++i)
            inbox.push_back(creation(plan, ++started));
        while (!inbox.empty()) {
            engine::Frame frame = shard.advance(t0, inbox);
            work.add(frame);
            for (engine::Effect& effect : frame.effects)
                inbox.push_back(engine::Completion{
                    effect.id, effect.run, effect.attempt,
                    std::vector<engine::PortValue>{
                        {{0}, std::get<engine::FunctionCall>(effect.request).input}},
                    "bench"});
            if (shard.live_count() != at_once || live_bytes != 0) continue;
            state.PauseTiming();
            frame = engine::Frame{};
            // The inbox holds a completion for each of them, which is not the shard's.
            const std::size_t held = inbox.size() * sizeof(engine::Input);
            live_bytes = (mallinfo2().uordblks - before - held) / at_once;
            state.ResumeTiming();
        }
        if (shard.live_count() != 0) state.SkipWithError("executions are left");
    }
    report(state, work, started);
    state.counters["bytes_per_live"] = static_cast<double>(live_bytes);
}
BENCHMARK(three_effects)->Arg(1)->Arg(1'024)->Arg(10'000)->Unit(benchmark::kMicrosecond);

// A restart: rebuilding an execution of 1,000 effects from its last snapshot and the tail.
void restore_chain_of_1000(benchmark::State& state) {
    const auto plan = chain(1'000, "bench.effect");
    engine::Shard shard{options()};
    const engine::CreateExecution first = creation(plan, 1);
    engine::StoredExecution stored{first.id, plan, {}, {}};
    std::deque<engine::Input> inbox{first};
    for (int i = 0; i < 900; ++i) {
        const engine::Frame frame = shard.advance(t0, inbox);
        stored.rows.push_back(frame.journal[0].bytes);
        if (!frame.snapshots.empty()) {
            stored.snapshot = frame.snapshots[0].bytes;
            stored.rows.clear();
        }
        const engine::Effect& effect = frame.effects[0];
        inbox.push_back(engine::Completion{effect.id, effect.run, effect.attempt,
                                           std::vector<engine::PortValue>{{{0}, 1}}, "bench"});
    }
    for (auto _ : state) {
        engine::Shard restored{options()};
        if (!restored.restore(stored)) state.SkipWithError("cannot be restored");
    }
}
BENCHMARK(restore_chain_of_1000)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
