// SPDX-License-Identifier: Apache-2.0
#include "sqlite/live_reading.hpp"

#include <string>

#include "rows.hpp"
#include "sqlite/reading.hpp"

namespace millrace::store::sqlite {

namespace {

// From the mark on, what is live and not parked has no row in `live`: see live_table.hpp.
#define MR_UNMARKED "execution >= (SELECT live_from FROM tenants WHERE tenant = 0) AND status = 1 "

// SQLite merges the parts, each in the order of its key, and reads no further than it is asked to.
constexpr const char* live_ids_sql =
    "SELECT execution FROM parked WHERE tenant = 0 AND execution < ?1 "
    "AND status BETWEEN ?2 AND ?3 AND (?4 IS NULL OR workflow = ?4) "
    "UNION ALL SELECT execution FROM live WHERE tenant = 0 AND execution < ?1 "
    "AND 1 BETWEEN ?2 AND ?3 "
    "UNION ALL SELECT execution FROM executions WHERE tenant = 0 AND execution < ?1 "
    "AND 1 BETWEEN ?2 AND ?3 AND (?4 IS NULL OR workflow = ?4) AND " MR_UNMARKED
    "ORDER BY execution DESC";
constexpr const char* unparked_ids_sql =
    "SELECT execution FROM live WHERE tenant = 0 AND execution > ?1 "
    "UNION ALL SELECT execution FROM executions WHERE tenant = 0 AND execution > ?1 "
    "AND " MR_UNMARKED "ORDER BY execution LIMIT ?2";
constexpr const char* count_live_sql =
    "SELECT (SELECT count(*) FROM parked) + (SELECT count(*) FROM live) + "
    "(SELECT count(*) FROM executions WHERE tenant = 0 AND " MR_UNMARKED ")";

#undef MR_UNMARKED

// The indexes are named, because to the planner one of few rows looks like the key of all.
#define MR_PARKED_FROM(index)                                                            \
    "SELECT p.execution, w.workflow_id, p.version, p.status, p.priority, p.created_ms, " \
    "p.wake_ms, p.is_limited FROM parked p INDEXED BY " index                            \
    " CROSS JOIN workflows w USING (workflow) "

constexpr const char* due_sql = MR_PARKED_FROM("parked_by_wake")
    "WHERE p.tenant = 0 AND p.wake_ms IS NOT NULL AND p.wake_ms < ?1 "
    "AND (p.wake_ms, p.execution) > (?2, ?3) ORDER BY p.wake_ms, p.execution LIMIT ?4";
constexpr const char* limited_sql = MR_PARKED_FROM("parked_limited")
    "WHERE p.tenant = 0 AND p.is_limited = 1 AND p.execution > ?1 ORDER BY p.execution LIMIT ?2";

#undef MR_PARKED_FROM

core::Result<ParkedExecution> parked_in(const Statement& row, const Connection& from) {
    ParkedExecution read;
    read.id = core::ExecutionId{row.uuid(0)};
    read.workflow_id = row.text(1);
    read.workflow_version = static_cast<std::uint32_t>(row.integer(2));
    const auto status = stored_status(row.integer(3), read.id, from);
    if (!status) return std::unexpected(status.error());
    read.status = *status;
    read.priority = static_cast<std::int32_t>(row.integer(4));
    read.created_at = core::Time{row.integer(5)};
    if (!row.is_null(6)) read.wake_at = core::Time{row.integer(6)};
    read.is_limited = row.integer(7) != 0;
    return read;
}

core::Result<std::vector<ParkedExecution>> parked_rows(Connection& connection,
                                                       Statement& statement) {
    std::vector<ParkedExecution> rows;
    int code = SQLITE_ROW;
    while ((code = statement.step()) == SQLITE_ROW) {
        auto row = parked_in(statement, connection);
        if (!row) return std::unexpected(row.error());
        rows.push_back(std::move(*row));
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("list parked executions"));
    return rows;
}

/// An id that a list names must have its row; that it has none is damage.
core::Result<engine::ExecutionRow> listed_execution(Connection& connection, core::ExecutionId id) {
    auto row = find_execution(connection, id);
    if (row || !row.error().is(StoreErrc::not_found)) return row;
    return core::fail(StoreErrc::corrupt, connection.path().string() + ": execution " + id.text() +
                                              " is listed as live, but has no row; restore a "
                                              "backup");
}

core::Result<std::int64_t> workflow_key(Connection& connection, const std::string& workflow_id) {
    auto statement =
        connection.cached("SELECT workflow FROM workflows WHERE tenant = 0 AND workflow_id = ?1");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const int code = (*statement)->bind_text(1, workflow_id).step();
    // No workflow has the key 0.
    if (code == SQLITE_DONE) return 0;
    if (code != SQLITE_ROW) return std::unexpected(connection.error("find a workflow"));
    return (*statement)->integer(0);
}

}  // namespace

bool is_about_live(const ExecutionFilter& filter) {
    return filter.live_only || (filter.status && !is_terminal(*filter.status));
}

core::Result<ExecutionPage> list_live(Connection& connection, const ExecutionFilter& filter,
                                      std::size_t limit, std::optional<core::ExecutionId> below) {
    auto statement = connection.cached(live_ids_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    if (filter.created_before) below = lower(below, *filter.created_before);
    if (below) {
        (*statement)->bind_uuid(1, below->uuid);
    } else {
        (*statement)->bind_blob(1, above_all_ids);
    }
    const StatusRange statuses = status_range(filter);
    (*statement)->bind(2, statuses.first).bind(3, statuses.last).bind_null(4);
    if (filter.workflow_id) {
        const auto workflow = workflow_key(connection, *filter.workflow_id);
        if (!workflow) return std::unexpected(workflow.error());
        (*statement)->bind(4, *workflow);
    }
    ExecutionPage page;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW) {
        auto row = listed_execution(connection, core::ExecutionId{(*statement)->uuid(0)});
        if (!row) return std::unexpected(row.error());
        if (!matches(filter, *row)) continue;
        if (page.items.size() == limit) {
            page.next_cursor = page_cursor(page.items.back().id);
            return page;
        }
        page.items.push_back(std::move(*row));
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("list executions"));
    return page;
}

core::Result<std::vector<engine::ExecutionRow>> list_unparked(Connection& connection,
                                                              std::size_t limit,
                                                              core::ExecutionId after) {
    auto statement = connection.cached(unparked_ids_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind_uuid(1, after.uuid).bind(2, static_cast<std::int64_t>(limit));
    std::vector<engine::ExecutionRow> rows;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW) {
        auto row = listed_execution(connection, core::ExecutionId{(*statement)->uuid(0)});
        if (!row) return std::unexpected(row.error());
        rows.push_back(std::move(*row));
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("list live executions"));
    return rows;
}

core::Result<std::vector<ParkedExecution>> list_due(Connection& connection, core::Time before,
                                                    std::size_t limit, const WakePosition& after) {
    auto statement = connection.cached(due_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind(1, before.ms).bind(2, after.wake_at.ms).bind_uuid(3, after.id.uuid);
    (*statement)->bind(4, static_cast<std::int64_t>(limit));
    return parked_rows(connection, **statement);
}

core::Result<std::optional<core::Time>> find_wake(Connection& connection, core::Time from) {
    auto statement = connection.cached(
        "SELECT wake_ms FROM parked WHERE tenant = 0 AND wake_ms IS NOT NULL AND wake_ms >= ?1 "
        "ORDER BY wake_ms LIMIT 1");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const int code = (*statement)->bind(1, from.ms).step();
    if (code == SQLITE_DONE) return std::nullopt;
    if (code != SQLITE_ROW) return std::unexpected(connection.error("find who wakes next"));
    return core::Time{(*statement)->integer(0)};
}

core::Result<std::vector<ParkedExecution>> list_limited(Connection& connection, std::size_t limit,
                                                        core::ExecutionId after) {
    auto statement = connection.cached(limited_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind_uuid(1, after.uuid).bind(2, static_cast<std::int64_t>(limit));
    return parked_rows(connection, **statement);
}

core::Result<std::int64_t> count_live(Connection& connection) {
    return connection.integer(count_live_sql);
}

core::Result<std::int64_t> count_parked(Connection& connection) {
    return connection.integer("SELECT count(*) FROM parked");
}

}  // namespace millrace::store::sqlite
