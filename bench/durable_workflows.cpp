// SPDX-License-Identifier: Apache-2.0
// What a durable workflow costs a program that runs Millrace in process: engine, group commit in
// SQLite with synchronous=FULL on the disk of the temporary folder, and the hand-over between
// threads. `--benchmark_filter` picks one; TMPDIR chooses the disk.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "millrace/runtime/runtime.hpp"
#include "millrace/store/open.hpp"
#include "support/process.hpp"
#include "support/workflows.hpp"

namespace {

using namespace millrace;
using bench::give_up;
using bench::must;
using bench::TempFolder;

// ---- Measuring ------------------------------------------------------------------------------

/// Of the database alone: the log beside it has a fixed size.
double database_bytes(const TempFolder& folder) {
    return static_cast<double>(std::filesystem::file_size(folder.path() / "millrace.db"));
}

/// Keeps a number of workflows going: whenever one ends the next begins, from the same callback.
class Load {
public:
    using Clock = std::chrono::steady_clock;

    Load(runtime::Runtime& runtime, std::shared_ptr<const engine::Plan> plan, std::size_t total)
        : runtime_{runtime}, plan_{std::move(plan)}, total_{total} {
        latencies_.reserve(total);
    }

    void run(std::size_t at_once) {
        for (std::size_t i = 0; i < at_once; ++i)
            next();
        std::unique_lock lock{mutex_};
        all_ended_.wait(lock, [this] { return latencies_.size() == total_; });
    }
    /// Microseconds from the call to the durable end.
    double median() {
        const auto middle = latencies_.begin() + static_cast<std::ptrdiff_t>(total_ / 2);
        std::ranges::nth_element(latencies_, middle);
        return *middle;
    }

private:
    void next() {
        {
            const std::scoped_lock lock{mutex_};
            if (started_ == total_) return;
            ++started_;
        }
        const Clock::time_point begun = Clock::now();
        runtime_.execute(
            {.plan = plan_, .input = 7}, [](auto id) { must(std::move(id)); },
            [this, begun](core::ExecutionId, auto status) { ended(begun, must(status)); });
    }
    void ended(Clock::time_point begun, core::ExecutionStatus status) {
        if (status != core::ExecutionStatus::completed) give_up("a workflow did not complete");
        const std::chrono::duration<double, std::micro> took = Clock::now() - begun;
        next();
        // Last: whoever waits for the end may destroy this object then.
        const std::scoped_lock lock{mutex_};
        latencies_.push_back(took.count());
        if (latencies_.size() == total_) all_ended_.notify_one();
    }

    runtime::Runtime& runtime_;
    const std::shared_ptr<const engine::Plan> plan_;
    const std::size_t total_;
    std::mutex mutex_;
    std::condition_variable all_ended_;
    std::size_t started_ = 0;
    std::vector<double> latencies_;
};

void measure(benchmark::State& state, const std::string& step) {
    const auto at_once = static_cast<std::size_t>(state.range(0));
    const std::size_t total = at_once == 1 ? 2'000 : 40'000;
    std::size_t workflows = 0;
    double p50 = 0;
    double rows = 0;
    double bytes = 0;
    for (auto _ : state) {
        state.PauseTiming();
        const TempFolder folder;
        runtime::RuntimeOptions options;
        options.store = must(store::open_store({.folder = folder.path()}));
        options.nodes = std::make_shared<bench::Library>();
        auto runtime = must(runtime::Runtime::start(std::move(options)));
        runtime->functions().add("echo", [](const core::Value& input, const auto&) {
            return std::expected<core::Value, core::Failure>{input};
        });
        const auto plan = must(runtime->save_workflow(bench::chain_of({step, step, step}))).plan;
        // The log grows to its steady size first: afterwards its pages are used again.
        Load{*runtime, plan, total / 4}.run(at_once);
        const store::StoreStatus before = must(runtime->store().status());
        Load load{*runtime, plan, total};
        state.ResumeTiming();
        load.run(at_once);
        state.PauseTiming();
        const store::StoreStatus after = must(runtime->store().status());
        workflows += total;
        p50 = load.median();
        rows = static_cast<double>(after.journal_rows - before.journal_rows) /
                   static_cast<double>(total) +
               1;  // the execution's own
        // Closing moves what is in the log into the database.
        runtime.reset();
        bytes = database_bytes(folder) / static_cast<double>(after.executions);
        state.ResumeTiming();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(workflows));
    state.counters["p50_us"] = p50;
    state.counters["rows_per_workflow"] = rows;
    state.counters["bytes_per_workflow"] = bytes;
}

// Three effects in a row, each a function that returns at once, each result committed before the
// next starts: four commits. At 1 this is latency, at 1,024 what group commit gives.
void three_effects(benchmark::State& state) {
    measure(state, "bench.effect");
}
BENCHMARK(three_effects)
    ->Arg(1)
    ->Arg(64)
    ->Arg(1'024)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// Three pure steps, each recorded: the workflow begins and ends in one frame, so one commit holds
// all of it.
void three_pure_steps(benchmark::State& state) {
    measure(state, "bench.pure");
}
BENCHMARK(three_pure_steps)
    ->Arg(1)
    ->Arg(64)
    ->Arg(1'024)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
