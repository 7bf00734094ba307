// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "memory/library.hpp"
#include "memory/parts.hpp"
#include "memory/rollups.hpp"
#include "memory/server_parts.hpp"
#include "memory/start_keys.hpp"
#include "memory/trigger_parts.hpp"
#include "millrace/store/retention.hpp"
#include "millrace/store/store.hpp"
#include "rows.hpp"

namespace millrace::store::memory {

/// A store that ends with the process. Thread-safe.
class MemoryStore final : public Store, private Retention {
public:
    explicit MemoryStore(std::uint64_t feed_bytes_max) : feed_{feed_bytes_max} {}

    core::Result<Ownership> take_ownership() override;
    core::Result<> commit(const engine::Frame& frame, Epoch epoch) override;
    core::Result<> checkpoint() override { return {}; }
    core::Result<Ownership> reopen(Epoch epoch) override;
    core::Result<WorkflowVersion> save_version(const std::string& workflow_id,
                                               const std::string& hash, const std::string& document,
                                               core::Time now) override;
    core::Result<WorkflowVersion> version(const std::string& workflow_id,
                                          std::uint32_t number) override;
    core::Result<engine::ExecutionRow> execution(core::ExecutionId id) override;
    core::Result<ExecutionPage> executions(const ExecutionFilter& filter, std::size_t limit,
                                           const std::string& cursor) override;
    core::Result<ExecutionPage> failures(core::Time since,
                                         const std::optional<std::string>& workflow_id,
                                         std::size_t limit, const std::string& cursor) override;
    core::Result<StoredHistory> history(core::ExecutionId id) override;
    core::Result<std::vector<core::Result<StoredHistory>>> histories(
        std::span<const core::ExecutionId> ids) override;
    core::Result<std::vector<std::string>> journal(core::ExecutionId id,
                                                   std::uint64_t after_seq) override;
    core::Result<std::vector<engine::ExecutionRow>> unparked(std::size_t limit,
                                                             core::ExecutionId after) override;
    core::Result<std::vector<ParkedExecution>> due_parked(core::Time before, std::size_t limit,
                                                          WakePosition after) override;
    core::Result<std::optional<core::Time>> next_wake(core::Time from) override;
    core::Result<std::vector<ParkedExecution>> limited_parked(std::size_t limit,
                                                              core::ExecutionId after) override;
    core::Result<std::vector<engine::SharedRow>> shared() override;
    core::Result<StoreStatus> status() override;
    core::Result<StoreExtent> extent() override;
    Library& library() override { return library_; }
    DeadLetters& dead_letters() override { return dead_letters_; }
    ResultCache& result_cache() override { return result_cache_; }
    Secrets& secrets() override { return secrets_; }
    Feed& feed() override { return feed_; }
    Idempotency& idempotency() override { return idempotency_; }
    StartKeys& start_keys() override { return start_keys_; }
    Variables& variables() override { return variables_; }
    NodeLibrary& node_library() override { return node_library_; }
    Retention& retention() override { return *this; }
    Rollups& rollups() override { return rollups_; }
    Waits& waits() override { return waits_; }
    Schedules& schedules() override { return schedules_; }
    Triggers& triggers() override { return triggers_; }
    TriggerCounts& trigger_counts() override { return trigger_counts_; }
    Cursors& cursors() override { return cursors_; }

private:
    struct StoredRow {
        std::uint32_t count = 0;
        std::string bytes;
    };
    struct Entry {
        engine::ExecutionRow row;
        std::map<std::uint64_t, StoredRow> journal;  // by first_seq
        std::optional<engine::SnapshotRow> snapshot;
        std::optional<ParkedExecution> parked;
    };
    struct Position {
        std::uint64_t frame = 0;
        core::Time at;
    };

    core::Result<Prunable> prunable(const PruneRequest& request) override;
    core::Result<std::vector<core::ExecutionId>> removable(
        std::span<const core::ExecutionId> ids) override;
    core::Result<Pruned> prune(std::span<const core::ExecutionId> ids) override;
    core::Result<> remove(core::ExecutionId id) override;
    core::Result<std::uint64_t> free_bytes() override { return 0; }
    core::Result<std::uint64_t> give_back(std::uint64_t) override { return 0; }
    std::optional<core::ExecutionId> newest_from(const PruneRequest& request) const;
    /// Why a finished execution must stay, if it must.
    std::optional<core::Error> needed(core::ExecutionId id);

    bool is_live(core::ExecutionId id);
    bool is_there(core::ExecutionId id);
    void erase(core::ExecutionId id);

    Ownership ownership() const;
    core::Result<> check(const engine::Frame& frame, Epoch epoch) const;
    core::Result<> check_executions(const engine::Frame& frame) const;
    core::Result<> check_version(const engine::ExecutionRow& row) const;
    void insert(const engine::ExecutionRow& row);
    void park(const engine::ParkedRow& row);
    void unpark(core::ExecutionId id);
    void finish(const engine::ExecutionRow& row);
    core::Result<StoredHistory> history_of(core::ExecutionId id) const;
    core::Result<std::vector<std::string>> rows_after(core::ExecutionId id,
                                                      std::uint64_t seq) const;

    mutable std::mutex
        mutex_;  // not a shared one: readers that never pause would keep the writer out
    Epoch epoch_;
    std::array<Position, partitions_count> positions_{};
    std::map<core::ExecutionId, Entry> executions_;
    std::set<core::ExecutionId> unparked_;  // neither finished nor parked
    std::set<core::ExecutionId> limited_;   // parked, and counted
    std::set<WakePosition> wakes_;
    std::map<std::pair<std::string, std::string>, std::string> shared_;  // by kind and key

    MemoryLibrary library_;
    MemoryDeadLetters dead_letters_;
    MemoryResultCache result_cache_;
    MemorySecrets secrets_;
    MemoryFeed feed_;
    MemoryIdempotency idempotency_;
    MemoryStartKeys start_keys_{[this](core::ExecutionId id) { return is_there(id); }};
    MemoryVariables variables_;
    MemoryNodeLibrary node_library_;
    MemoryRollups rollups_;
    MemoryWaits waits_{[this](core::ExecutionId id) { return is_live(id); }};
    MemorySchedules schedules_;
    MemoryTriggers triggers_{library_};
    MemoryTriggerCounts trigger_counts_;
    MemoryCursors cursors_;
};

}  // namespace millrace::store::memory
