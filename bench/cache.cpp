// SPDX-License-Identifier: Apache-2.0
// What a kept result costs instead of the call: through the runtime, for whoever wonders whether a
// cheap call is worth caching, and the bare lookups below it, for whoever changes those. Compare
// with `three_effects` of bench_durable_workflows, which makes its calls.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "millrace/runtime/runtime.hpp"
#include "millrace/store/open.hpp"
#include "support/process.hpp"
#include "support/workflows.hpp"

namespace {

using namespace millrace;
using bench::must;
using bench::TempFolder;

/// start -> n0, whose results are kept.
core::Document cached_call() {
    core::Document document = bench::chain_of({"bench.effect"});
    core::NodeCache cache;
    cache.ttl = core::Duration{3'600'000};
    document.nodes.back().cache = cache;
    return document;
}

// One workflow after the other with one effect that is a hit: the step costs what the workflow
// costs, two commits, and nothing is called.
void hit_through_the_runtime(benchmark::State& state) {
    const TempFolder folder;
    runtime::RuntimeOptions options;
    options.store = must(store::open_store({.folder = folder.path()}));
    options.nodes = std::make_shared<bench::Library>();
    auto runtime = must(runtime::Runtime::start(std::move(options)));
    std::size_t calls = 0;
    runtime->functions().add("echo", [&calls](const core::Value& input, const auto&) {
        ++calls;
        return std::expected<core::Value, core::Failure>{input};
    });
    const auto plan = must(runtime->save_workflow(cached_call())).plan;
    const auto run = [&] {
        const auto id = must(runtime->execute({.plan = plan, .input = 7}));
        if (must(runtime->wait(id)) != core::ExecutionStatus::completed)
            bench::give_up("a workflow did not complete");
    };
    run();
    for (auto _ : state)
        run();
    if (calls != 1) bench::give_up("a hit was called");
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(hit_through_the_runtime)->UseRealTime()->Unit(benchmark::kMicrosecond);

store::CachedResult result(std::uint64_t n, std::size_t bytes) {
    return {std::to_string(n) + std::string(60, 'k'),
            "workflow",
            "node",
            {"tag"},
            core::Time{1},
            core::Time{9'000'000},
            std::string(bytes, 'r')};
}

// A result that left memory, or was kept by an earlier process: one row of 10,000 of this many
// bytes, read from the store.
void lookup_in_the_store(benchmark::State& state) {
    constexpr std::uint64_t rows = 10'000;
    const TempFolder folder;
    const auto store = must(store::open_store({.folder = folder.path()}));
    store::ResultCache& cache = store->result_cache();
    for (std::uint64_t n = 0; n < rows; ++n) {
        const std::array one{result(n, static_cast<std::size_t>(state.range(0)))};
        if (!cache.put(one, 1u << 30, core::Time{2})) bench::give_up("not kept");
    }
    std::uint64_t n = 0;
    for (auto _ : state) {
        n = (n + 7'919) % rows;
        const auto found = must(cache.find(result(n, 0).key));
        if (!found) bench::give_up("not found");
        benchmark::DoNotOptimize(found);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(lookup_in_the_store)->Arg(200)->Arg(20'000)->Unit(benchmark::kMicrosecond);

// What the cache's thread does with 64 new results: one transaction that does not wait for the
// disk.
void keep_64_results(benchmark::State& state) {
    const TempFolder folder;
    const auto store = must(store::open_store({.folder = folder.path()}));
    std::uint64_t n = 0;
    std::vector<store::CachedResult> results;
    for (auto _ : state) {
        state.PauseTiming();
        results.clear();
        for (int i = 0; i < 64; ++i)
            results.push_back(result(n++, 200));
        state.ResumeTiming();
        if (!store->result_cache().put(results, 64u << 20, core::Time{2}))
            bench::give_up("not kept");
        if (!store->checkpoint()) bench::give_up("no checkpoint");
    }
    state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(keep_64_results)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
