// SPDX-License-Identifier: Apache-2.0
// What an execution costs that waits for an hour: memory and disk while it is parked, and how
// fast a million of them go on when all are due together. For whoever keeps many long waits in one
// process. The clock is injected and jumps; store, threads and group commit are the real ones, on
// the disk of TMPDIR. `--executions N` takes another number than 1,000,000.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
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

constexpr core::Duration hour{3'600'000};

/// The machine's time, and as much more as it was told to jump.
class JumpingClock final : public runtime::Clock {
public:
    core::Time wall() const override { return system_->wall() + jumped_.load(); }
    core::Duration monotonic() const override { return system_->monotonic() + jumped_.load(); }
    void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
              std::optional<core::Duration> until) override {
        const core::Duration jumped = jumped_.load();
        // So that nobody sleeps through a jump for longer than this.
        const core::Duration longest = system_->monotonic() + core::Duration{100};
        const core::Duration end = until ? std::min(*until - jumped, longest) : longest;
        system_->wait(lock, wake, end);
    }
    void jump(core::Duration by) { jumped_ = jumped_.load() + by; }

private:
    const std::shared_ptr<runtime::Clock> system_ = runtime::make_system_clock();
    std::atomic<core::Duration> jumped_{};
};

// ---- start -> delay -> done -----------------------------------------------------------------

class WaitAnHour final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return engine::WaitUntil{call.now + hour, engine::Emit::out(call.input())};
    }
};

class Library final : public bench::Library {
public:
    Library() {
        add("bench.delay", core::NodeRole::delay, {{.name = "in"}}, std::make_shared<WaitAnHour>());
    }
};

// ---- Measuring ------------------------------------------------------------------------------

double resident_mib() {
    std::ifstream file{"/proc/self/statm"};
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

using Timer = std::chrono::steady_clock;
double seconds_since(Timer::time_point begun) {
    return std::chrono::duration<double>(Timer::now() - begun).count();
}

/// Counts executions as they end.
class Ends final : public runtime::Observer {
public:
    void on_committed(std::span<const runtime::CommittedRow> rows) override {
        for (const runtime::CommittedRow& row : rows)
            if (row.finished == core::ExecutionStatus::completed) ++completed_;
    }
    void on_lagged(std::uint64_t rows) override { lost_ += rows; }
    std::size_t completed() const { return completed_ + lost_; }

private:
    std::atomic<std::size_t> completed_ = 0;
    std::atomic<std::size_t> lost_ = 0;  // while all wake, each row is an end
};

/// Starts so many, some thousands at once; returns once all are durable.
void park(runtime::Runtime& runtime, const std::shared_ptr<const engine::Plan>& plan,
          std::size_t count) {
    constexpr std::size_t at_once = 8'192;
    std::mutex mutex;
    std::condition_variable accepted;
    std::size_t open = 0;
    for (std::size_t i = 0; i < count; ++i) {
        {
            std::unique_lock lock{mutex};
            accepted.wait(lock, [&] { return open < at_once; });
            ++open;
        }
        runtime.execute({.plan = plan, .input = static_cast<std::int64_t>(i)},
                        [&](core::Result<core::ExecutionId> id) {
                            must(std::move(id));
                            const std::scoped_lock lock{mutex};
                            --open;
                            accepted.notify_one();
                        },
                        {});
    }
    std::unique_lock lock{mutex};
    accepted.wait(lock, [&] { return open == 0; });
}

void wait_until(const auto& condition) {
    while (!condition())
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
}

void measure(std::size_t count) {
    const TempFolder folder;
    const auto clock = std::make_shared<JumpingClock>();
    runtime::RuntimeOptions options;
    options.store = must(store::open_store({.folder = folder.path()}));
    options.nodes = std::make_shared<Library>();
    options.clock = clock;
    auto runtime = must(runtime::Runtime::start(std::move(options)));
    must(runtime->recover());
    const auto plan =
        must(runtime->save_workflow(bench::chain_of({"bench.delay", "bench.pure"}))).plan;
    // The threads' own memory and the log's pages are there before the first is counted.
    park(*runtime, plan, std::min<std::size_t>(count / 10, 20'000));
    const store::StoreStatus before = must(runtime->store().status());
    const double memory_before = resident_mib();

    const Timer::time_point parking = Timer::now();
    park(*runtime, plan, count);
    wait_until([&] { return runtime->live().empty(); });
    const double parked_in = seconds_since(parking);
    const store::StoreStatus after = must(runtime->store().status());
    const double memory_parked = resident_mib();

    const std::size_t all = after.parked_executions;
    const auto ends = std::make_shared<Ends>();
    runtime->observe(ends);
    double memory_peak = memory_parked;
    const Timer::time_point waking = Timer::now();
    clock->jump(hour + core::Duration{60'000});
    wait_until([&] {
        memory_peak = std::max(memory_peak, resident_mib());
        return ends->completed() >= all;
    });
    const double woken_in = seconds_since(waking);
    const store::StoreStatus end = must(runtime->store().status());
    if (end.live_executions != 0) give_up("some did not complete");

    const auto number = static_cast<double>(count);
    std::printf("%-44s %14s\n", "start -> delay 1 h -> done, on SQLite", "");
    std::printf("%-44s %14zu\n", "executions parked", count);
    std::printf("%-44s %14.0f\n", "parked per second", number / parked_in);
    std::printf("%-44s %14.1f\n", "resident memory before, MiB", memory_before);
    std::printf("%-44s %14.1f\n", "resident memory with all parked, MiB", memory_parked);
    std::printf("%-44s %14.1f\n", "bytes of memory per parked execution",
                (memory_parked - memory_before) * (1 << 20) / number);
    std::printf("%-44s %14.0f\n", "bytes on disk per parked execution",
                static_cast<double>(after.bytes - before.bytes) / number);
    std::printf("%-44s %14zu\n", "due together, after the clock's jump", all);
    std::printf("%-44s %14.1f\n", "seconds until all have completed", woken_in);
    std::printf("%-44s %14.0f\n", "wake-ups per second", static_cast<double>(all) / woken_in);
    std::printf("%-44s %14.1f\n", "highest resident memory meanwhile, MiB", memory_peak);
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t count = 1'000'000;
    if (argc == 3 && std::string_view{argv[1]} == "--executions") {
        const char* const end = argv[2] + std::strlen(argv[2]);
        if (std::from_chars(argv[2], end, count).ptr != end || count == 0) argc = 0;
    } else if (argc != 1) {
        argc = 0;
    }
    if (argc == 0) give_up("usage: bench_parking [--executions N]");
    measure(count);
}
