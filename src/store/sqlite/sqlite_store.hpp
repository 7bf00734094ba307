// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "folder_lock.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/store/open.hpp"
#include "millrace/store/store.hpp"
#include "sqlite/dead_letters.hpp"
#include "sqlite/feed.hpp"
#include "sqlite/idempotency.hpp"
#include "sqlite/library.hpp"
#include "sqlite/node_library.hpp"
#include "sqlite/part_access.hpp"
#include "sqlite/read_pool.hpp"
#include "sqlite/reading.hpp"
#include "sqlite/result_cache.hpp"
#include "sqlite/retention.hpp"
#include "sqlite/rollups.hpp"
#include "sqlite/secrets.hpp"
#include "sqlite/start_keys.hpp"
#include "sqlite/trigger_parts.hpp"
#include "sqlite/variables.hpp"
#include "sqlite/waits.hpp"
#include "sqlite/writer.hpp"

namespace millrace::store::sqlite {

struct SqliteOptions {
    std::filesystem::path path;
    std::filesystem::path lock;  ///< empty: no lock, the caller sees to it that there is one owner
    OpenMode mode = OpenMode::own;
    bool migrate = true;
    core::Duration busy_timeout{5'000};
    core::Duration read_time_limit{5'000};
    std::uint64_t log_pages_max = Writer::log_pages_max_default;
    std::uint64_t live_interval = LiveTable::interval_default;
    std::uint64_t feed_bytes_max = feed_bytes_default;
    std::string vfs;  ///< empty: the system's; tests put faults below the database with it
};

/// One writing connection, used by the writing thread, and readers of their own beside it.
class SqliteStore final : public Store, private PartAccess {
public:
    static core::Result<std::unique_ptr<SqliteStore>> open(const SqliteOptions& options);

    core::Result<Ownership> take_ownership() override;
    core::Result<> commit(const engine::Frame& frame, Epoch epoch) override;
    core::Result<> checkpoint() override;
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
    Retention& retention() override { return retention_; }
    Rollups& rollups() override { return rollups_; }
    Waits& waits() override { return waits_; }
    Schedules& schedules() override { return schedules_; }
    Triggers& triggers() override { return triggers_; }
    TriggerCounts& trigger_counts() override { return trigger_counts_; }
    Cursors& cursors() override { return cursors_; }

private:
    SqliteStore(SqliteOptions options, std::optional<FolderLock> lock);
    ReadPool& readers() override { return readers_; }
    core::Result<> write(std::string_view action, const Work& work) override;
    core::Result<> write_soon(std::string_view action, const Work& work) override;
    core::Result<> copy_log() override;
    core::Result<> bounded(core::Result<> written);
    core::Result<Writer*> writer();
    core::Result<> open_writer();
    /// Lets go of a writer that may not be used again; passes `result` on.
    template <class T>
    core::Result<T> settled(core::Result<T> result);
    /// Up to `limit` rows of `query(connection, how many, the last row so far or null)`.
    template <class Row, class Query>
    core::Result<std::vector<Row>> read_parts(std::size_t limit, Query query);

    SqliteOptions options_;
    std::optional<FolderLock> lock_;  // first of the members that hold the database: goes last
    ReadPool readers_;
    std::optional<Writer> writer_;  // none: read-only, or it must be reopened
    bool in_doubt_ = false;         // the log may hold what is not on the disk

    SqliteLibrary library_{*this};
    SqliteDeadLetters dead_letters_{*this};
    SqliteResultCache result_cache_{*this};
    SqliteSecrets secrets_{*this};
    SqliteFeed feed_{*this};
    SqliteIdempotency idempotency_{*this};
    SqliteStartKeys start_keys_{*this};
    SqliteVariables variables_{*this};
    SqliteNodeLibrary node_library_{*this};
    SqliteRetention retention_{*this};
    SqliteRollups rollups_{*this};
    SqliteWaits waits_{*this};
    SqliteSchedules schedules_{*this};
    SqliteTriggers triggers_{*this};
    SqliteTriggerCounts trigger_counts_{*this};
    SqliteCursors cursors_{*this};
};

}  // namespace millrace::store::sqlite
