// SPDX-License-Identifier: Apache-2.0
// What the SQLite store costs a durable workflow of three effects, without engine and executor:
// four commits, of which the first inserts the execution and the last finishes it, `batch`
// workflows to a frame. For whoever changes the schema or the journal's encoding. Compare with
// bare SQLite on the same disk: about 43 k workflows/s at batches of 64, 82 to 91 k at 1,024, with
// 6 row writes and 1.2 kB a workflow.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "millrace/store/open.hpp"

namespace {

using millrace::core::ExecutionId;
using millrace::core::Time;
using millrace::engine::Frame;

constexpr int commits_per_workflow = 4;
// As the engine packs them: creation with a small input, then a completion and the next start.
constexpr std::size_t row_bytes[commits_per_workflow] = {330, 210, 210, 260};
// Of an execution of a few nodes that waits.
constexpr std::size_t snapshot_bytes = 700;

class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "millrace-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
};

class Load {
public:
    explicit Load(millrace::store::Store& store) : store_{store} {
        const auto owned = store_.take_ownership();
        if (!owned || !store_.save_version("order-intake", "hash", "{}", Time{1})) std::abort();
        epoch_ = owned->epoch;
    }

    /// All frames of the next `batch` workflows; the seconds that the store took for them.
    double run(std::uint64_t batch) {
        std::chrono::duration<double> spent{};
        for (int step = 0; step < commits_per_workflow; ++step) {
            fill(batch, step);
            spent += timed([&] { return store_.commit(frame_, epoch_) && store_.checkpoint(); });
        }
        workflows_ += batch;
        return spent.count();
    }

    /// `count` executions that park in the frame that inserts them, 1,024 to a frame, all due at
    /// once; the seconds that the store took.
    double park(std::uint64_t count) {
        std::chrono::duration<double> spent{};
        for (; count > 0; count -= std::min(count, parked_per_frame)) {
            next_frame();
            for (std::uint64_t n = std::min(count, parked_per_frame); n > 0; --n)
                add_parked(id_of(workflows_++));
            spent += timed([&] { return store_.commit(frame_, epoch_) && store_.checkpoint(); });
        }
        return spent.count();
    }

    /// Finds the next parked ones by their time and reads their histories.
    std::vector<ExecutionId> load(millrace::store::WakePosition& after) {
        const auto due = store_.due_parked(Time{2'000'000}, loaded_at_once, after);
        if (!due) std::abort();
        std::vector<ExecutionId> ids;
        for (const auto& row : *due)
            ids.push_back(row.id);
        const auto histories = store_.histories(ids);
        if (!histories) std::abort();
        for (const auto& history : *histories)
            if (!history || history->snapshot.empty()) std::abort();
        if (!due->empty()) after = {*due->back().wake_at, due->back().id};
        return ids;
    }

    /// They go on, one journal row each, and do not park again.
    void wake(std::span<const ExecutionId> ids) {
        while (!ids.empty()) {
            const auto part = ids.first(std::min<std::size_t>(ids.size(), parked_per_frame));
            next_frame();
            for (const ExecutionId id : part) {
                frame_.journal.push_back({id, 9, 4, std::string(row_bytes[1], 'r')});
                frame_.unparked.push_back(id);
            }
            if (!store_.commit(frame_, epoch_) || !store_.checkpoint()) std::abort();
            ids = ids.subspan(part.size());
        }
    }

    std::uint64_t workflows() const { return workflows_; }
    std::uint64_t rows() const { return rows_; }

private:
    static constexpr std::uint64_t parked_per_frame = 1'024;
    static constexpr std::size_t loaded_at_once = 4'096;

    template <class Work>
    static std::chrono::duration<double> timed(Work work) {
        const auto begin = std::chrono::steady_clock::now();
        if (!work()) std::abort();
        return std::chrono::steady_clock::now() - begin;
    }

    void next_frame() {
        frame_ = {};
        frame_.number = ++frame_number_;
        frame_.now = Time{static_cast<std::int64_t>(frame_number_)};
    }

    millrace::engine::ExecutionRow row_of(ExecutionId id) const {
        millrace::engine::ExecutionRow row;
        row.id = id;
        row.workflow_id = "order-intake";
        row.workflow_hash = "hash";
        row.created_at = frame_.now;
        return row;
    }

    void add_parked(ExecutionId id) {
        frame_.inserted.push_back(row_of(id));
        frame_.journal.push_back({id, 1, 8, std::string(row_bytes[0], 'r')});
        millrace::engine::ParkedRow parked;
        parked.id = id;
        parked.seq = 8;
        parked.snapshot = std::string(snapshot_bytes, 's');
        parked.wake_at = Time{1'000'000};
        parked.workflow_id = "order-intake";
        parked.created_at = frame_.now;
        frame_.parked.push_back(std::move(parked));
    }

    ExecutionId id_of(std::uint64_t n) const {
        // The second half of an id is random; a multiplier spreads it as well.
        const std::uint64_t mixed = (n + 1) * 0x9e37'79b9'7f4a'7c15u;
        return {millrace::core::Uuid::v7(Time{static_cast<std::int64_t>(1'000 + n / 64)}, mixed,
                                         mixed * 0xd1b5'4a32'd192'ed03u)};
    }

    void fill(std::uint64_t batch, int step) {
        next_frame();
        std::bitset<256> partitions;
        for (std::uint64_t n = workflows_; n < workflows_ + batch; ++n) {
            millrace::engine::ExecutionRow row = row_of(id_of(n));
            partitions.set(partition_of(row.id));
            const auto seq = static_cast<std::uint64_t>(step) * 4 + 1;
            frame_.journal.push_back({row.id, seq, 4, std::string(row_bytes[step], 'r')});
            if (step == 0) frame_.inserted.push_back(row);
            if (step + 1 == commits_per_workflow) {
                row.status = millrace::core::ExecutionStatus::completed;
                row.completed_at = frame_.now;
                frame_.finished.push_back(row);
            }
        }
        rows_ += frame_.journal.size() + frame_.inserted.size() + frame_.finished.size() +
                 partitions.count();
    }

    millrace::store::Store& store_;
    millrace::store::Epoch epoch_;
    Frame frame_;
    std::uint64_t frame_number_ = 0;
    std::uint64_t workflows_ = 0;
    std::uint64_t rows_ = 0;
};

Load run(benchmark::State& state, millrace::store::Store& store) {
    Load load{store};
    const auto batch = static_cast<std::uint64_t>(state.range(0));
    for (auto _ : state)
        state.SetIterationTime(load.run(batch));
    const auto count = static_cast<double>(load.workflows());
    state.counters["workflows/s"] = benchmark::Counter(count, benchmark::Counter::kIsRate);
    state.counters["rows/workflow"] = static_cast<double>(load.rows()) / count;
    return load;
}

// A durable workflow of three effects on disk, by how many share a commit.
void sqlite_three_effects(benchmark::State& state) {
    const Folder folder;
    auto store = millrace::store::open_store({.folder = folder.path});
    if (!store) return state.SkipWithError(store.error().message().c_str());
    const Load load = run(state, **store);
    // Closing copies the log back; what is left is what the workflows cost for good.
    store->reset();
    state.counters["bytes/workflow"] =
        static_cast<double>(std::filesystem::file_size(folder.path / "millrace.db")) /
        static_cast<double>(load.workflows());
}
BENCHMARK(sqlite_three_effects)->Arg(1)->Arg(64)->Arg(1'024)->UseManualTime()->MinTime(2);

// How fast executions leave memory, and how fast they are read back and go on when all are due at
// once. One round: the database is as large as it gets, and far larger than its cache.
void sqlite_parked(benchmark::State& state) {
    const Folder folder;
    auto store = millrace::store::open_store({.folder = folder.path});
    if (!store) return state.SkipWithError(store.error().message().c_str());
    const auto count = static_cast<std::uint64_t>(state.range(0));
    for (auto _ : state) {
        Load load{**store};
        const double parking = load.park(count);
        std::chrono::duration<double> reading{};
        const auto begin = std::chrono::steady_clock::now();
        millrace::store::WakePosition after;
        for (std::uint64_t woken = 0; woken < count;) {
            const auto from = std::chrono::steady_clock::now();
            const std::vector<ExecutionId> ids = load.load(after);
            reading += std::chrono::steady_clock::now() - from;
            load.wake(ids);
            woken += ids.size();
        }
        const std::chrono::duration<double> waking = std::chrono::steady_clock::now() - begin;
        state.SetIterationTime(parking + waking.count());
        const auto executions = static_cast<double>(count);
        state.counters["parked/s"] = executions / parking;
        state.counters["read/s"] = executions / reading.count();
        state.counters["woken/s"] = executions / waking.count();
    }
}
BENCHMARK(sqlite_parked)->Arg(100'000)->Arg(1'000'000)->UseManualTime()->Iterations(1);

// Workflows of three effects without a disk: what the contract's checks cost.
void memory_three_effects(benchmark::State& state) {
    const auto store = millrace::store::open_memory_store();
    run(state, *store);
}
BENCHMARK(memory_three_effects)->Arg(1'024)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
