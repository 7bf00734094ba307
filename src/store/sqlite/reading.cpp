// SPDX-License-Identifier: Apache-2.0
#include "sqlite/reading.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>

#include "rows.hpp"
#include "sqlite/live_reading.hpp"
#include "sqlite/migrations.hpp"

namespace millrace::store::sqlite {

namespace {

// Executions that were created before the time that is asked for, one after the other: behind so
// many a page ends, and its cursor goes on. Ids are in order of creation, but for those of children
// and of late firings of schedules.
constexpr std::size_t too_old_in_a_row_max = 10'000;
// The same of those in another status, in a row or not: there may be a million before a canceled
// one.
constexpr std::size_t others_max = 20'000;

// SQLite promises to keep the order of a CROSS JOIN: pages are read off a key of executions.
#define MR_EXECUTION_COLUMNS MR_EXECUTION_COLUMNS_BY("")
#define MR_EXECUTION_COLUMNS_BY(index)                                                \
    "SELECT e.execution, w.workflow_id, e.version, v.hash, e.status, e.created_ms, "  \
    "e.completed_ms, e.priority, e.forked_from, e.parent FROM executions e " index    \
    "CROSS JOIN workflow_versions v ON v.tenant = 0 AND v.workflow = e.workflow AND " \
    "v.number = e.version CROSS JOIN workflows w ON w.workflow = e.workflow "

constexpr const char* one_execution_sql =
    MR_EXECUTION_COLUMNS "WHERE e.tenant = 0 AND e.execution = ?1";
constexpr const char* all_executions_sql = MR_EXECUTION_COLUMNS
    "WHERE e.tenant = 0 AND e.execution < ?1 AND e.status BETWEEN ?2 AND ?3 "
    "AND e.created_ms >= ?4 AND e.created_ms < ?5 ORDER BY e.execution DESC LIMIT ?6";
constexpr const char* workflow_executions_sql = MR_EXECUTION_COLUMNS
    "WHERE e.tenant = 0 AND e.workflow = (SELECT workflow FROM workflows WHERE tenant = 0 AND "
    "workflow_id = ?7) AND e.execution < ?1 AND e.status BETWEEN ?2 AND ?3 "
    "AND e.created_ms >= ?4 AND e.created_ms < ?5 ORDER BY e.execution DESC LIMIT ?6";

// Left alone, SQLite reads all executions instead of the few children.
constexpr const char* child_executions_sql = MR_EXECUTION_COLUMNS
    "WHERE e.tenant = 0 AND e.parent = ?7 AND e.execution < ?1 AND e.status BETWEEN ?2 AND ?3 "
    "AND e.created_ms >= ?4 AND e.created_ms < ?5 AND (?8 IS NULL OR w.workflow_id = ?8) "
    "ORDER BY e.execution DESC LIMIT ?6";

// Failures are few: an index holds them in this order.
constexpr const char* failed_executions_sql = MR_EXECUTION_COLUMNS_BY(
    "INDEXED BY executions_failed ")
    "WHERE e.tenant = 0 AND e.status = 5 AND e.execution < ?1 AND ?2 <= 5 AND ?3 >= 5 "
    "AND e.created_ms >= ?4 AND e.created_ms < ?5 AND (?7 IS NULL OR w.workflow_id = ?7) "
    "ORDER BY e.execution DESC LIMIT ?6";
constexpr const char* failures_sql = MR_EXECUTION_COLUMNS_BY(
    "INDEXED BY executions_failed_by_end ")
    "WHERE e.tenant = 0 AND e.status = 5 AND e.completed_ms >= ?1 "
    "AND (e.completed_ms, e.execution) < (?2, ?3) AND (?4 IS NULL OR w.workflow_id = ?4) "
    "ORDER BY e.completed_ms DESC, e.execution DESC LIMIT ?5";

#undef MR_EXECUTION_COLUMNS
#undef MR_EXECUTION_COLUMNS_BY

#define MR_VERSION_COLUMNS                                                             \
    "SELECT w.workflow_id, v.number, v.hash, v.document, v.created_ms FROM workflows " \
    "w JOIN workflow_versions v USING (workflow) "                                     \
    "WHERE w.tenant = 0 AND v.tenant = 0 AND w.workflow_id = ?1 AND "

constexpr const char* version_by_number_sql = MR_VERSION_COLUMNS "v.number = ?2";
constexpr const char* version_by_hash_sql = MR_VERSION_COLUMNS "v.hash = ?2";

#undef MR_VERSION_COLUMNS

WorkflowVersion version_in(const Statement& row) {
    return {std::string{row.text(0)}, static_cast<std::uint32_t>(row.integer(1)),
            std::string{row.text(2)}, std::string{row.text(3)}, core::Time{row.integer(4)}};
}

core::Result<engine::ExecutionRow> execution_in(const Statement& row, const Connection& from) {
    engine::ExecutionRow read;
    read.id = core::ExecutionId{row.uuid(0)};
    read.workflow_id = row.text(1);
    read.workflow_version = static_cast<std::uint32_t>(row.integer(2));
    read.workflow_hash = row.text(3);
    const auto status = stored_status(row.integer(4), read.id, from);
    if (!status) return std::unexpected(status.error());
    read.status = *status;
    read.created_at = core::Time{row.integer(5)};
    if (!row.is_null(6)) read.completed_at = core::Time{row.integer(6)};
    read.priority = static_cast<std::int32_t>(row.integer(7));
    if (!row.is_null(8)) read.forked_from = core::ExecutionId{row.uuid(8)};
    if (!row.is_null(9)) read.parent = core::ExecutionId{row.uuid(9)};
    return read;
}

core::Result<WorkflowVersion> one_version(Connection& connection, Statement& statement,
                                          const core::Error& missing) {
    const ResetAtExit reset{statement};
    const int code = statement.step();
    if (code == SQLITE_DONE) return std::unexpected(missing);
    if (code != SQLITE_ROW) return std::unexpected(connection.error("read a workflow version"));
    return version_in(statement);
}

/// Rows that end after `seq`, checked to be without a gap.
core::Result<std::vector<std::string>> rows_after(Connection& connection, core::ExecutionId id,
                                                  std::uint64_t seq) {
    // Begins at the row that the next record is in, or would be in: rows before it have ended.
    auto statement = connection.cached(
        "SELECT first_seq, count, bytes FROM journal WHERE tenant = 0 AND execution = ?1 "
        "AND first_seq >= coalesce((SELECT max(first_seq) FROM journal WHERE tenant = 0 "
        "AND execution = ?1 AND first_seq <= ?2 + 1), 0) "
        "AND first_seq + count > ?2 + 1 ORDER BY first_seq");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind_uuid(1, id.uuid).bind(2, static_cast<std::int64_t>(seq));
    std::vector<std::string> rows;
    JournalChain chain{id, seq};
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW) {
        if (auto accepted = chain.accept(static_cast<std::uint64_t>((*statement)->integer(0)),
                                         static_cast<std::uint32_t>((*statement)->integer(1)));
            !accepted)
            return std::unexpected(accepted.error().during("read", connection.path().string()));
        rows.emplace_back((*statement)->blob(2));
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("read a journal"));
    return rows;
}

core::Result<> require_execution(Connection& connection, core::ExecutionId id) {
    auto statement =
        connection.cached("SELECT 1 FROM executions WHERE tenant = 0 AND execution = ?1");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const int code = (*statement)->bind_uuid(1, id.uuid).step();
    if (code == SQLITE_DONE) return std::unexpected(execution_not_found(id));
    if (code != SQLITE_ROW) return std::unexpected(connection.error("read an execution"));
    return {};
}

}  // namespace

std::optional<core::ExecutionId> lower(std::optional<core::ExecutionId> below, core::Time before) {
    // An id tells when it was made, which is no later than the execution's creation, unless the
    // clock was set back in between.
    constexpr core::Duration clock_set_back_max{3'600'000};
    const core::Time last = before + clock_set_back_max;
    if (last.ms <= 0 || last.ms >= std::int64_t{1} << 47) return below;
    core::ExecutionId bound;
    for (std::size_t i = 0; i < 6; ++i)
        bound.uuid.bytes[i] = static_cast<std::uint8_t>(last.ms >> (40 - 8 * i));
    return below ? std::min(*below, bound) : bound;
}

core::Result<core::ExecutionStatus> stored_status(std::int64_t number, core::ExecutionId id,
                                                  const Connection& from) {
    if (number >= 0 && number <= static_cast<std::int64_t>(core::ExecutionStatus::canceled))
        return static_cast<core::ExecutionStatus>(number);
    return core::fail(StoreErrc::corrupt, from.path().string() + ": execution " + id.text() +
                                              " has the unknown status " + std::to_string(number) +
                                              "; restore a backup");
}

core::Result<WorkflowVersion> find_version(Connection& connection, const std::string& workflow_id,
                                           std::uint32_t number) {
    auto statement = connection.cached(version_by_number_sql);
    if (!statement) return std::unexpected(statement.error());
    (*statement)->bind_text(1, workflow_id).bind(2, number);
    return one_version(connection, **statement, version_not_found(workflow_id, number));
}

core::Result<WorkflowVersion> find_version_by_hash(Connection& connection,
                                                   const std::string& workflow_id,
                                                   const std::string& hash) {
    auto statement = connection.cached(version_by_hash_sql);
    if (!statement) return std::unexpected(statement.error());
    (*statement)->bind_text(1, workflow_id).bind_text(2, hash);
    return one_version(
        connection, **statement,
        {StoreErrc::not_found, "no version of workflow " + workflow_id + " has the hash " + hash});
}

core::Result<engine::ExecutionRow> find_execution(Connection& connection, core::ExecutionId id) {
    auto statement = connection.cached(one_execution_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const int code = (*statement)->bind_uuid(1, id.uuid).step();
    if (code == SQLITE_DONE) return std::unexpected(execution_not_found(id));
    if (code != SQLITE_ROW) return std::unexpected(connection.error("read an execution"));
    return execution_in(**statement, connection);
}

core::Result<ExecutionPage> list_executions(Connection& connection, const ExecutionFilter& filter,
                                            std::size_t limit,
                                            std::optional<core::ExecutionId> below) {
    const bool is_failed = filter.status == core::ExecutionStatus::failed && !filter.parent;
    const char* sql = filter.workflow_id ? workflow_executions_sql : all_executions_sql;
    if (is_failed) sql = failed_executions_sql;
    auto statement = connection.cached(filter.parent ? child_executions_sql : sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const StatusRange statuses = status_range(filter);
    using Limits = std::numeric_limits<std::int64_t>;
    const core::Time after = filter.created_after.value_or(core::Time{Limits::min()});
    const core::Time before = filter.created_before.value_or(core::Time{Limits::max()});
    if (filter.created_before) below = lower(below, *filter.created_before);
    if (below) {
        (*statement)->bind_uuid(1, below->uuid);
    } else {
        (*statement)->bind_blob(1, above_all_ids);
    }
    // Those that are too old, or in another status, are counted here, so that one page does not
    // read all of them.
    const bool skips = filter.created_after && filter.status && !filter.parent && !is_failed;
    const StatusRange read = skips ? status_range({}) : statuses;
    (*statement)->bind(2, read.first).bind(3, read.last);
    (*statement)->bind(4, Limits::min()).bind(5, before.ms);
    (*statement)->bind(6, filter.created_after ? -1 : static_cast<std::int64_t>(limit) + 1);
    if (is_failed) (*statement)->bind_null(7);
    const core::ExecutionId parent = filter.parent.value_or(core::ExecutionId{});
    if (filter.parent) (*statement)->bind_uuid(7, parent.uuid).bind_null(8);
    if (filter.workflow_id) (*statement)->bind_text(filter.parent ? 8 : 7, *filter.workflow_id);

    ExecutionPage page;
    std::size_t too_old = 0;
    std::size_t others = 0;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW) {
        if (core::Time{(*statement)->integer(5)} < after) {
            if (++too_old < too_old_in_a_row_max) continue;
            page.next_cursor = page_cursor(core::ExecutionId{(*statement)->uuid(0)});
            return page;
        }
        too_old = 0;
        const std::int64_t status = (*statement)->integer(4);
        if (skips && (status < statuses.first || status > statuses.last)) {
            if (++others < others_max) continue;
            page.next_cursor = page_cursor(core::ExecutionId{(*statement)->uuid(0)});
            return page;
        }
        // One more tells that there is a next page.
        if (page.items.size() == limit) {
            page.next_cursor = page_cursor(page.items.back().id);
            return page;
        }
        auto row = execution_in(**statement, connection);
        if (!row) return std::unexpected(row.error());
        page.items.push_back(std::move(*row));
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("list executions"));
    return page;
}

core::Result<ExecutionPage> list_failures(Connection& connection, core::Time since,
                                          const std::optional<std::string>& workflow_id,
                                          std::size_t limit,
                                          const std::optional<FailurePlace>& below) {
    auto statement = connection.cached(failures_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind(1, since.ms);
    if (below) {
        (*statement)->bind(2, below->at.ms).bind_uuid(3, below->id.uuid);
    } else {
        (*statement)->bind(2, std::numeric_limits<std::int64_t>::max());
        (*statement)->bind_blob(3, above_all_ids);
    }
    if (workflow_id) {
        (*statement)->bind_text(4, *workflow_id);
    } else {
        (*statement)->bind_null(4);
    }
    (*statement)->bind(5, static_cast<std::int64_t>(limit) + 1);
    ExecutionPage page;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW) {
        if (page.items.size() == limit) {
            const engine::ExecutionRow& last = page.items.back();
            page.next_cursor = failures_cursor({*last.completed_at, last.id});
            return page;
        }
        auto row = execution_in(**statement, connection);
        if (!row) return std::unexpected(row.error());
        page.items.push_back(std::move(*row));
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("list failures"));
    return page;
}

core::Result<StoredHistory> read_history(Connection& connection, core::ExecutionId id) {
    auto statement =
        connection.cached("SELECT seq, bytes FROM snapshots WHERE tenant = 0 AND execution = ?1");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const int code = (*statement)->bind_uuid(1, id.uuid).step();
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return std::unexpected(connection.error("read a snapshot"));
    StoredHistory history;
    std::uint64_t seq = 0;
    if (code == SQLITE_ROW) {
        seq = static_cast<std::uint64_t>((*statement)->integer(0));
        history.snapshot = (*statement)->blob(1);
    }
    auto rows = rows_after(connection, id, seq);
    if (!rows) return std::unexpected(rows.error());
    history.rows = std::move(*rows);
    if (code == SQLITE_ROW || !history.rows.empty()) return history;
    // Only an execution without any rows is looked up: there may be none of that id.
    if (auto found = require_execution(connection, id); !found)
        return std::unexpected(found.error());
    return history;
}

core::Result<std::vector<core::Result<StoredHistory>>> read_histories(
    Connection& connection, std::span<const core::ExecutionId> ids) {
    std::vector<core::Result<StoredHistory>> all;
    all.reserve(ids.size());
    for (const core::ExecutionId id : ids) {
        all.push_back(read_history(connection, id));
        if (all.back()) continue;
        const core::Error& error = all.back().error();
        if (!error.is(StoreErrc::corrupt) && !error.is(StoreErrc::not_found))
            return std::unexpected(error);
    }
    return all;
}

core::Result<std::vector<std::string>> read_journal(Connection& connection, core::ExecutionId id,
                                                    std::uint64_t after_seq) {
    if (auto found = require_execution(connection, id); !found)
        return std::unexpected(found.error());
    return rows_after(connection, id, after_seq);
}

namespace {

std::uint64_t file_bytes(const std::string& path) {
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(path, missing);
    return missing ? 0 : bytes;
}

}  // namespace

core::Result<StoreStatus> read_status(Connection& connection) {
    StoreStatus status;
    status.location = connection.path().string();
    status.newest_schema_version = newest_version();
    const auto version = schema_version(connection);
    if (!version) return std::unexpected(version.error());
    status.schema_version = *version;
    const std::pair<std::uint64_t*, const char*> counts[] = {
        {&status.executions, "SELECT count(*) FROM executions"},
        {&status.journal_rows, "SELECT count(*) FROM journal"},
    };
    for (const auto& [count, sql] : counts) {
        const auto read = connection.integer(sql);
        if (!read) return std::unexpected(read.error());
        *count = static_cast<std::uint64_t>(*read);
    }
    const auto live = count_live(connection);
    if (!live) return std::unexpected(live.error());
    status.live_executions = static_cast<std::uint64_t>(*live);
    const auto parked = count_parked(connection);
    if (!parked) return std::unexpected(parked.error());
    status.parked_executions = static_cast<std::uint64_t>(*parked);
    status.bytes = file_bytes(status.location) + file_bytes(status.location + "-wal");
    return status;
}

core::Result<StoreExtent> read_extent(Connection& connection) {
    StoreExtent extent;
    const auto live = count_live(connection);
    if (!live) return std::unexpected(live.error());
    const auto parked = count_parked(connection);
    if (!parked) return std::unexpected(parked.error());
    const auto letters = connection.integer(
        "SELECT count(*) FROM dead_letters INDEXED BY dead_letters_open "
        "WHERE tenant = 0 AND status = 0");
    if (!letters) return std::unexpected(letters.error());
    extent.live_executions = static_cast<std::uint64_t>(*live);
    extent.parked_executions = static_cast<std::uint64_t>(*parked);
    extent.open_dead_letters = static_cast<std::uint64_t>(*letters);
    const std::string file = connection.path().string();
    extent.bytes = file_bytes(file);
    extent.wal_bytes = file_bytes(file + "-wal");
    return extent;
}

}  // namespace millrace::store::sqlite
