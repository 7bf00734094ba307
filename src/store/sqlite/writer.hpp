// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/core/result.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/store/store.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/feed.hpp"
#include "sqlite/live_table.hpp"
#include "sqlite/parking.hpp"

namespace millrace::store::sqlite {

struct WriterOptions {
    std::filesystem::path path;
    bool migrate = true;
    core::Duration busy_timeout{5'000};
    std::uint64_t log_pages_max = 0;
    std::uint64_t live_interval = LiveTable::interval_default;
    std::uint64_t feed_bytes_max = 0;
    std::string vfs;
};

/// The connection that writes. The log is not truncated while it is open, unless a slow reader has
/// made it much larger than it has to be: a reused log saves the file system a change of size with
/// every commit. Used from the writing thread.
class Writer {
public:
    /// 16 MiB: large enough that a page changed by many frames is copied back once, small enough
    /// that a reader need not search far and that start-up after a crash is quick.
    static constexpr std::uint64_t log_pages_max_default = 4'096;

    static core::Result<Writer> open(const WriterOptions& options);

    core::Result<Ownership> take_ownership();
    /// What is committed, if `epoch` still is the newest.
    core::Result<Ownership> position(Epoch epoch);
    core::Result<> commit(const engine::Frame& frame, Epoch epoch);
    core::Result<> checkpoint();
    /// The same however little the log holds.
    core::Result<> copy_log();
    /// Writes anew what the log holds, into the database, and syncs it; `outcome_unknown` when that
    /// fails. After a failed sync the system may hold pages for clean that never reached the disk:
    /// what is read from the log then proves nothing, and syncing it again would not help.
    core::Result<> settle_log();
    /// False: a failed call could not be rolled back, and only a new writer helps.
    bool is_usable() const { return sqlite3_get_autocommit(connection_->raw()) != 0; }
    /// For what is no frame: one transaction at a time, by the writing thread.
    Connection& connection() { return *connection_; }

private:
    struct SavedVersion {
        std::int64_t workflow = 0;
        std::string hash;
    };
    struct Statements {
        Statement move_partition;
        Statement insert_execution;
        Statement insert_journal;
        Statement put_snapshot;
        Statement finish_execution;
        Statement drop_snapshot;
    };

    Writer(Connection connection, const WriterOptions& options);
    core::Result<> prepare();
    core::Result<Ownership> read_position();
    core::Result<> write(const engine::Frame& frame, Epoch epoch);
    core::Result<> move_partitions(const engine::Frame& frame, Epoch epoch);
    core::Result<> insert_executions(const engine::Frame& frame);
    core::Result<> insert_journal(const engine::Frame& frame);
    core::Result<> put_snapshots(const engine::Frame& frame);
    core::Result<> put_snapshot(core::ExecutionId id, std::uint64_t seq, std::string_view bytes);
    core::Result<> move_parked(const engine::Frame& frame);
    core::Result<> finish_executions(const engine::Frame& frame);
    core::Result<bool> finish_unparked(const engine::ExecutionRow& row, core::Time now);
    core::Error explain_partition(std::uint8_t partition, const engine::Frame& frame, Epoch epoch);
    core::Error explain_row(const Statement& failed, std::string_view what, core::ExecutionId id);
    core::Result<const SavedVersion*> saved_version(const std::string& workflow_id,
                                                    std::uint32_t number);

    // Behind a pointer: the database's hook holds its address.
    struct Log {
        std::uint64_t pages = 0;
    };

    std::unique_ptr<Connection> connection_;  // on the heap: what is below keeps its address
    Statements statements_;                   // after the connection: they go before it
    LiveTable live_;
    Parking parking_;
    FeedWriter feed_;
    std::unique_ptr<Log> log_ = std::make_unique<Log>();
    std::uint64_t log_pages_max_;
    // While false, finishing an execution need not look for its snapshot: most never have one.
    bool has_snapshots_ = true;
    // Versions never change, so what was read once stays true.
    std::map<std::pair<std::string, std::uint32_t>, SavedVersion> versions_;
};

}  // namespace millrace::store::sqlite
