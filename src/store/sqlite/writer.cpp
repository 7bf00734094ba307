// SPDX-License-Identifier: Apache-2.0
#include "sqlite/writer.hpp"

#include <filesystem>
#include <system_error>

#include "folder_lock.hpp"
#include "rows.hpp"
#include "sqlite/dead_letters.hpp"
#include "sqlite/migrations.hpp"
#include "sqlite/retention.hpp"
#include "sqlite/waits.hpp"

namespace millrace::store::sqlite {

namespace {

constexpr const char* move_partition_sql =
    "UPDATE partitions SET position = ?1, last_frame_ms = ?2 "
    "WHERE partition = ?3 AND epoch = ?4 AND position < ?1";
constexpr const char* insert_execution_sql =
    "INSERT INTO executions (tenant, execution, workflow, version, status, created_ms, "
    "completed_ms, priority, forked_from, parent) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
constexpr const char* insert_journal_sql =
    "INSERT INTO journal (tenant, execution, first_seq, count, bytes) VALUES (0, ?1, ?2, ?3, ?4)";
constexpr const char* put_snapshot_sql =
    "INSERT INTO snapshots (tenant, execution, seq, bytes) VALUES (0, ?1, ?2, ?3) "
    "ON CONFLICT DO UPDATE SET seq = excluded.seq, bytes = excluded.bytes";
// 1 is `running`: live and not parked.
constexpr const char* finish_execution_sql =
    "UPDATE executions SET status = ?2, completed_ms = ?3 "
    "WHERE tenant = 0 AND execution = ?1 AND status = 1";
constexpr const char* drop_snapshot_sql =
    "DELETE FROM snapshots WHERE tenant = 0 AND execution = ?1";

// As SQLite makes them.
constexpr std::uint64_t page_bytes = 4'096;

std::int64_t signed_of(std::uint64_t number) {
    return static_cast<std::int64_t>(number);
}

/// An empty file whose log is not empty was in use: SQLite would throw the log away.
core::Result<> refuse_emptied(const std::filesystem::path& path) {
    std::error_code missing;
    if (std::filesystem::file_size(path, missing) != 0 || missing) return {};
    const std::string log = path.string() + "-wal";
    const auto log_bytes = std::filesystem::file_size(log, missing);
    if (missing || log_bytes == 0) return {};
    return core::fail(StoreErrc::corrupt, path.string() + " is empty, but its log " + log +
                                              " is not: the database was cut off; keep copies of "
                                              "both and restore a backup");
}

/// SQLite tells only by its answer that a file system cannot have a log with a shared index.
core::Result<> use_log(Connection& connection) {
    auto statement = connection.prepare("PRAGMA journal_mode = WAL");
    if (!statement) return std::unexpected(statement.error());
    if (statement->step() != SQLITE_ROW) return std::unexpected(connection.error("begin a log"));
    if (statement->text(0) == "wal") return {};
    return core::fail(StoreErrc::io, connection.path().string() +
                                         ": the file system cannot hold a write-ahead log; choose "
                                         "a folder on a local disk with --data");
}

}  // namespace

Writer::Writer(Connection connection, const WriterOptions& options)
    : connection_{std::make_unique<Connection>(std::move(connection))},
      live_{options.live_interval},
      feed_{options.feed_bytes_max},
      log_pages_max_{options.log_pages_max} {
    // Replaces SQLite's own checkpoints after a commit: those would delay a frame's answers.
    sqlite3_wal_hook(
        connection_->raw(),
        [](void* log, sqlite3*, const char*, int pages) {
            static_cast<Log*>(log)->pages = static_cast<std::uint64_t>(pages);
            return SQLITE_OK;
        },
        log_.get());
}

core::Result<Writer> Writer::open(const WriterOptions& options) {
    if (auto checked = refuse_emptied(options.path); !checked)
        return std::unexpected(checked.error());
    if (auto created = create_private_file(options.path); !created)
        return std::unexpected(created.error());
    auto opened = Connection::open(options.path, Access::write, options.busy_timeout, options.vfs);
    if (!opened) return std::unexpected(opened.error());
    // Looks before anything is written, even the journal mode.
    const auto version = schema_version(*opened);
    if (!version) return std::unexpected(version.error());
    if (*version != 0 && !options.migrate) {
        if (auto checked = require_newest(*opened); !checked)
            return std::unexpected(checked.error());
    }
    Writer writer{std::move(*opened), options};
    Connection& connection = *writer.connection_;
    // It must come before the first page is written, which the log's begin is.
    if (*version == 0) {
        if (auto set = enable_give_back(connection, give_back_bytes_max); !set)
            return std::unexpected(set.error());
    }
    if (auto set = use_log(connection); !set) return std::unexpected(set.error());
    const std::string log_limit =
        "PRAGMA journal_size_limit = " + std::to_string(options.log_pages_max * 4 * page_bytes);
    if (auto set = connection.execute(log_limit.c_str()); !set) return std::unexpected(set.error());
    if (auto set = connection.execute("PRAGMA synchronous = FULL; "
                                      "PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384");
        !set)
        return std::unexpected(set.error());
    // A new database's name must last as long as what is about to be kept in it.
    if (*version == 0) {
        if (auto synced = sync_folder(options.path.parent_path()); !synced)
            return std::unexpected(synced.error());
    }
    if (auto migrated = migrate_forward(connection); !migrated)
        return std::unexpected(migrated.error());
    // Where that is not possible now, such as on a disk that is nearly full, all else is; the file
    // then keeps its size until somebody compacts it.
    if (*version != 0 && *version != newest_version())
        (void)enable_give_back(connection, give_back_bytes_max);
    if (auto prepared = writer.prepare(); !prepared) return std::unexpected(prepared.error());
    // What every frame will need is read now, so that damage shows before work is taken on.
    if (auto position = writer.read_position(); !position) return std::unexpected(position.error());
    const auto snapshots = connection.integer("SELECT EXISTS (SELECT 1 FROM snapshots)");
    if (!snapshots) return std::unexpected(snapshots.error());
    writer.has_snapshots_ = *snapshots != 0;
    return writer;
}

core::Result<> Writer::prepare() {
    const std::pair<Statement*, const char*> wanted[] = {
        {&statements_.move_partition, move_partition_sql},
        {&statements_.insert_execution, insert_execution_sql},
        {&statements_.insert_journal, insert_journal_sql},
        {&statements_.put_snapshot, put_snapshot_sql},
        {&statements_.finish_execution, finish_execution_sql},
        {&statements_.drop_snapshot, drop_snapshot_sql},
    };
    for (const auto& [statement, sql] : wanted) {
        auto prepared = connection_->prepare(sql);
        if (!prepared) return std::unexpected(prepared.error());
        *statement = std::move(*prepared);
    }
    if (auto opened = live_.open(*connection_); !opened) return opened;
    if (auto opened = parking_.open(*connection_); !opened) return opened;
    return feed_.open(*connection_);
}

core::Result<Ownership> Writer::read_position() {
    auto statement = connection_->cached(
        "SELECT max(epoch), max(position), max(last_frame_ms), count(*) FROM partitions");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    if ((*statement)->step() != SQLITE_ROW)
        return std::unexpected(connection_->error("read the position"));
    if ((*statement)->integer(3) != signed_of(partitions_count)) {
        return core::fail(StoreErrc::corrupt, connection_->path().string() +
                                                  ": partitions are missing; restore a backup");
    }
    const auto number = [&](int column) {
        return static_cast<std::uint64_t>((*statement)->integer(column));
    };
    return Ownership{{number(0)}, number(1), core::Time{(*statement)->integer(2)}};
}

core::Result<Ownership> Writer::position(Epoch epoch) {
    auto owned = read_position();
    if (owned && owned->epoch != epoch) return std::unexpected(epoch_is_stale(epoch, owned->epoch));
    return owned;
}

core::Result<Ownership> Writer::take_ownership() {
    auto transaction = Transaction::begin(*connection_, "take the data over");
    if (!transaction) return std::unexpected(transaction.error());
    auto raise = connection_->cached(
        "UPDATE partitions SET epoch = (SELECT max(epoch) + 1 FROM partitions)");
    if (!raise) return std::unexpected(raise.error());
    if (!(*raise)->run()) return std::unexpected(connection_->error("take the data over"));
    auto owned = read_position();
    if (!owned) return owned;
    if (auto done = transaction->commit("take the data over"); !done)
        return std::unexpected(done.error());
    return owned;
}

core::Result<> Writer::commit(const engine::Frame& frame, Epoch epoch) {
    if (touched_partitions(frame).none()) return {};
    auto transaction = Transaction::begin(*connection_, "begin a frame");
    if (!transaction) return std::unexpected(transaction.error());
    live_.begin();
    if (auto written = write(frame, epoch); !written) return written;
    auto done = transaction->commit("commit frame " + std::to_string(frame.number));
    if (done) live_.committed();
    return done;
}

core::Result<> Writer::write(const engine::Frame& frame, Epoch epoch) {
    if (auto done = move_partitions(frame, epoch); !done) return done;
    if (auto done = insert_executions(frame); !done) return done;
    if (auto done = insert_journal(frame); !done) return done;
    if (auto done = put_snapshots(frame); !done) return done;
    if (auto done = move_parked(frame); !done) return done;
    if (auto done = finish_executions(frame); !done) return done;
    for (const engine::PostponedWait& wait : frame.postponed)
        if (auto done = postpone_wait(*connection_, wait); !done) return done;
    for (const engine::WaitRow& row : frame.waits)
        if (auto done = write_wait(*connection_, row); !done) return done;
    for (const engine::DeadLetterRow& row : frame.dead_letters)
        if (auto done = write_dead_letter(*connection_, row); !done) return done;
    for (const engine::SharedRow& row : frame.shared)
        if (auto done = write_shared(*connection_, row); !done) return done;
    if (auto done = feed_.write(frame); !done) return done;
    return live_.sweep();
}

core::Result<> Writer::move_partitions(const engine::Frame& frame, Epoch epoch) {
    const PartitionSet touched = touched_partitions(frame);
    Statement& statement = statements_.move_partition;
    statement.bind(1, signed_of(frame.number)).bind(2, frame.now.ms);
    statement.bind(4, signed_of(epoch.value));
    for (std::size_t i = 0; i < partitions_count; ++i) {
        if (!touched.test(i)) continue;
        if (!statement.bind(3, signed_of(i)).run())
            return std::unexpected(connection_->error("move a partition"));
        if (connection_->changes() != 1)
            return std::unexpected(explain_partition(static_cast<std::uint8_t>(i), frame, epoch));
    }
    return {};
}

core::Error Writer::explain_partition(std::uint8_t partition, const engine::Frame& frame,
                                      Epoch epoch) {
    auto statement =
        connection_->cached("SELECT epoch, position FROM partitions WHERE partition = ?1");
    if (!statement) return statement.error();
    const ResetAtExit reset{**statement};
    (*statement)->bind(1, partition);
    if ((*statement)->step() != SQLITE_ROW) return connection_->error("read a partition");
    const Epoch current{static_cast<std::uint64_t>((*statement)->integer(0))};
    if (current != epoch) return epoch_is_stale(epoch, current);
    return frame_is_old(frame.number, static_cast<std::uint64_t>((*statement)->integer(1)));
}

core::Error Writer::explain_row(const Statement& failed, std::string_view what,
                                core::ExecutionId id) {
    if (failed.code() == SQLITE_CONSTRAINT_PRIMARYKEY) return row_exists(what, id);
    return connection_->error(failed, "write " + std::string{what} + " of execution " + id.text());
}

core::Result<> Writer::insert_executions(const engine::Frame& frame) {
    Statement& statement = statements_.insert_execution;
    for (const engine::ExecutionRow& row : frame.inserted) {
        const auto saved = saved_version(row.workflow_id, row.workflow_version);
        if (!saved) return std::unexpected(saved.error());
        if ((*saved)->hash != row.workflow_hash)
            return std::unexpected(hash_differs(row, (*saved)->hash));
        statement.bind_uuid(1, row.id.uuid).bind(2, (*saved)->workflow);
        const core::ExecutionStatus status = inserted_status(row);
        statement.bind(3, row.workflow_version).bind(4, static_cast<std::int64_t>(status));
        statement.bind(5, row.created_at.ms).bind(7, row.priority);
        // Short executions begin and end in one frame.
        if (row.completed_at) {
            statement.bind(6, row.completed_at->ms);
        } else {
            statement.bind_null(6);
        }
        if (row.forked_from) {
            statement.bind_uuid(8, row.forked_from->uuid);
        } else {
            statement.bind_null(8);
        }
        if (row.parent) {
            statement.bind_uuid(9, row.parent->uuid);
        } else {
            statement.bind_null(9);
        }
        if (!statement.run()) return std::unexpected(explain_row(statement, "the row", row.id));
        if (auto listed = live_.insert_new(row.id, !is_terminal(status)); !listed) return listed;
    }
    return {};
}

core::Result<> Writer::insert_journal(const engine::Frame& frame) {
    Statement& statement = statements_.insert_journal;
    for (const engine::JournalRow& row : frame.journal) {
        statement.bind_uuid(1, row.id.uuid).bind(2, signed_of(row.first_seq)).bind(3, row.count);
        if (!statement.bind_blob(4, row.bytes).run())
            return std::unexpected(explain_row(statement, "a journal row", row.id));
    }
    return {};
}

core::Result<> Writer::put_snapshots(const engine::Frame& frame) {
    for (const engine::SnapshotRow& row : frame.snapshots)
        if (auto done = put_snapshot(row.id, row.seq, row.bytes); !done) return done;
    return {};
}

core::Result<> Writer::put_snapshot(core::ExecutionId id, std::uint64_t seq,
                                    std::string_view bytes) {
    has_snapshots_ = true;
    Statement& statement = statements_.put_snapshot;
    statement.bind_uuid(1, id.uuid).bind(2, signed_of(seq)).bind_blob(3, bytes);
    if (statement.run()) return {};
    return std::unexpected(explain_row(statement, "a snapshot", id));
}

core::Result<> Writer::move_parked(const engine::Frame& frame) {
    for (const core::ExecutionId id : frame.unparked) {
        if (auto done = parking_.unpark(id, live_); !done) return std::unexpected(done.error());
    }
    for (const engine::ParkedRow& row : frame.parked) {
        if (auto done = parking_.park(row, live_); !done) return done;
        if (auto done = put_snapshot(row.id, row.seq, row.snapshot); !done) return done;
    }
    return {};
}

core::Result<> Writer::finish_executions(const engine::Frame& frame) {
    for (const engine::ExecutionRow& row : frame.finished) {
        if (!is_terminal(row.status)) return std::unexpected(not_live(row.id, "finished"));
        auto finished = finish_unparked(row, frame.now);
        if (!finished) return std::unexpected(finished.error());
        if (!*finished) {
            if (auto done = parking_.unpark(row.id, live_); !done)
                return std::unexpected(done.error());
            finished = finish_unparked(row, frame.now);
            if (!finished) return std::unexpected(finished.error());
        }
        if (!*finished) return std::unexpected(not_live(row.id, "finished"));
        if (auto erased = live_.erase(row.id); !erased) return erased;
        if (has_snapshots_ && !statements_.drop_snapshot.bind_uuid(1, row.id.uuid).run())
            return std::unexpected(connection_->error("delete a snapshot"));
    }
    return {};
}

core::Result<bool> Writer::finish_unparked(const engine::ExecutionRow& row, core::Time now) {
    Statement& finish = statements_.finish_execution;
    finish.bind_uuid(1, row.id.uuid).bind(2, static_cast<std::int64_t>(row.status));
    if (!finish.bind(3, row.completed_at.value_or(now).ms).run())
        return std::unexpected(connection_->error("finish an execution"));
    return connection_->changes() == 1;
}

core::Result<const Writer::SavedVersion*> Writer::saved_version(const std::string& workflow_id,
                                                                std::uint32_t number) {
    const auto known = versions_.find({workflow_id, number});
    if (known != versions_.end()) return &known->second;
    auto statement = connection_->cached(
        "SELECT v.workflow, v.hash FROM workflow_versions v JOIN workflows w USING (workflow) "
        "WHERE v.tenant = 0 AND w.tenant = 0 AND w.workflow_id = ?1 AND v.number = ?2");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const int code = (*statement)->bind_text(1, workflow_id).bind(2, number).step();
    if (code == SQLITE_DONE) return std::unexpected(version_not_found(workflow_id, number));
    if (code != SQLITE_ROW) return std::unexpected(connection_->error("read a workflow version"));
    const SavedVersion saved{(*statement)->integer(0), std::string{(*statement)->text(1)}};
    return &versions_.emplace(std::pair{workflow_id, number}, saved).first->second;
}

core::Result<> Writer::settle_log() {
    int pages = 0;
    int copied = 0;
    const int code = sqlite3_wal_checkpoint_v2(connection_->raw(), nullptr,
                                               SQLITE_CHECKPOINT_TRUNCATE, &pages, &copied);
    // A reader of another process may keep the log from being cut; that all of it was copied and
    // synced is what counts.
    if (code == SQLITE_OK || (code == SQLITE_BUSY && pages >= 0 && copied == pages)) return {};
    const core::Error error = connection_->error(code, "make the log durable");
    return core::fail(StoreErrc::outcome_unknown,
                      error.message() + "; whether the last commit was kept is still not known");
}

core::Result<> Writer::checkpoint() {
    if (log_->pages < log_pages_max_) return {};
    return copy_log();
}

core::Result<> Writer::copy_log() {
    // Passive: waits for nobody. What a reader still needs is copied the next time, and when all
    // is copied the next commit begins the log anew at its start.
    const int code = sqlite3_wal_checkpoint_v2(connection_->raw(), nullptr,
                                               SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code == SQLITE_OK || code == SQLITE_BUSY) return {};
    return std::unexpected(connection_->error(code, "copy the log into the database"));
}

}  // namespace millrace::store::sqlite
