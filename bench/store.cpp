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
#include <string>
#include <system_error>

#include "millrace/store/open.hpp"

namespace {

using millrace::core::ExecutionId;
using millrace::core::Time;
using millrace::engine::Frame;

constexpr int commits_per_workflow = 4;
// As the engine packs them: creation with a small input, then a completion and the next start.
constexpr std::size_t row_bytes[commits_per_workflow] = {330, 210, 210, 260};

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
            const auto begin = std::chrono::steady_clock::now();
            if (!store_.commit(frame_, epoch_) || !store_.checkpoint()) std::abort();
            spent += std::chrono::steady_clock::now() - begin;
        }
        workflows_ += batch;
        return spent.count();
    }

    std::uint64_t workflows() const { return workflows_; }
    std::uint64_t rows() const { return rows_; }

private:
    ExecutionId id_of(std::uint64_t n) const {
        // The second half of an id is random; a multiplier spreads it as well.
        const std::uint64_t mixed = (n + 1) * 0x9e37'79b9'7f4a'7c15u;
        return {millrace::core::Uuid::v7(Time{static_cast<std::int64_t>(1'000 + n / 64)}, mixed,
                                         mixed * 0xd1b5'4a32'd192'ed03u)};
    }

    void fill(std::uint64_t batch, int step) {
        frame_ = {};
        frame_.number = ++frame_number_;
        frame_.now = Time{static_cast<std::int64_t>(frame_number_)};
        std::bitset<256> partitions;
        for (std::uint64_t n = workflows_; n < workflows_ + batch; ++n) {
            millrace::engine::ExecutionRow row;
            row.id = id_of(n);
            row.workflow_id = "order-intake";
            row.workflow_hash = "hash";
            row.created_at = frame_.now;
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

// The same without a disk: what the contract's checks cost.
void memory_three_effects(benchmark::State& state) {
    const auto store = millrace::store::open_memory_store();
    run(state, *store);
}
BENCHMARK(memory_three_effects)->Arg(1'024)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
