// SPDX-License-Identifier: Apache-2.0
#include "sqlite/waits.hpp"

#include <limits>
#include <utility>

#include "millrace/core/binary.hpp"
#include "millrace/store/store.hpp"
#include "part_rules.hpp"
#include "wait_rules.hpp"

namespace millrace::store::sqlite {

namespace {

#define MR_WAIT_COLUMNS                                                                       \
    "SELECT q.wait, q.execution, q.scope, q.node, q.generation, q.path, q.node_id, "          \
    "q.workflow_id, q.version, q.what, q.name, q.details, q.opened_ms, q.until_ms, q.state, " \
    "q.closed_ms, q.answer, q.token_hash FROM waits q "

constexpr const char* by_token_sql =
    MR_WAIT_COLUMNS "INDEXED BY waits_by_token WHERE q.tenant = 0 AND q.token_hash = ?1";
constexpr const char* by_run_sql = MR_WAIT_COLUMNS
    "WHERE q.tenant = 0 AND q.execution = ?1 AND q.scope = ?2 AND q.node = ?3 "
    "AND q.generation = ?4";
constexpr const char* all_sql =
    MR_WAIT_COLUMNS "WHERE q.tenant = 0 AND q.wait < ?1 ORDER BY q.wait DESC";
constexpr const char* open_sql = MR_WAIT_COLUMNS
    "INDEXED BY waits_open WHERE q.tenant = 0 AND q.state = 0 AND q.wait < ?1 "
    "ORDER BY q.wait DESC";
// An execution has few.
constexpr const char* of_execution_sql =
    MR_WAIT_COLUMNS "WHERE q.tenant = 0 AND q.execution = ?2 AND q.wait < ?1 ORDER BY q.wait DESC";
constexpr const char* open_events_sql = MR_WAIT_COLUMNS
    "INDEXED BY waits_open_events WHERE q.tenant = 0 AND q.state = 0 AND q.what = 3 "
    "AND q.wait > ?1 ORDER BY q.wait LIMIT ?2";
// 4 is the first status of those that have ended.
constexpr const char* finished_children_sql = MR_WAIT_COLUMNS
    "INDEXED BY waits_open_children LEFT JOIN executions e ON e.tenant = 0 "
    "AND e.execution = q.child WHERE q.tenant = 0 AND q.state = 0 AND q.what = 4 "
    "AND q.wait > ?1 AND (e.status IS NULL OR e.status >= 4) ORDER BY q.wait LIMIT ?2";

constexpr const char* abandoned_children_sql = MR_WAIT_COLUMNS
    "INDEXED BY waits_given_up CROSS JOIN executions e ON e.tenant = 0 AND e.execution = q.child "
    "WHERE q.tenant = 0 AND q.state = 3 AND q.what = 4 AND q.wait > ?1 AND e.status < 4 "
    "ORDER BY q.wait LIMIT ?2";

#undef MR_WAIT_COLUMNS

// A run that waits anew gives up what is known of the time before, and its number.
constexpr const char* put_sql =
    "INSERT INTO waits (wait, tenant, execution, scope, node, generation, path, node_id, "
    "workflow_id, version, what, name, child, details, opened_ms, until_ms, state, "
    "token_hash) VALUES (1 + max((SELECT coalesce(max(wait), 0) FROM waits), "
    "(SELECT waits_from FROM tenants WHERE tenant = 0)), "
    "0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 0, ?15) "
    "ON CONFLICT (tenant, execution, scope, node, generation) DO UPDATE SET "
    "wait = excluded.wait, path = excluded.path, node_id = excluded.node_id, "
    "workflow_id = excluded.workflow_id, version = excluded.version, what = excluded.what, "
    "name = excluded.name, child = excluded.child, details = excluded.details, "
    "opened_ms = excluded.opened_ms, until_ms = excluded.until_ms, state = 0, "
    "closed_ms = NULL, answer = NULL, "
    "token_hash = excluded.token_hash";
constexpr const char* close_sql =
    "UPDATE waits SET state = ?5, closed_ms = ?6, answer = ?7 WHERE tenant = 0 "
    "AND execution = ?1 AND scope = ?2 AND node = ?3 AND generation = ?4";
constexpr const char* postpone_sql =
    "UPDATE waits SET until_ms = ?5 WHERE tenant = 0 AND execution = ?1 AND scope = ?2 "
    "AND node = ?3 AND generation = ?4 AND state = 0";

std::string packed(const core::Value& value) {
    std::string bytes;
    core::BinaryWriter{bytes}.value(value);
    return bytes;
}

void bind_time(Statement& statement, int index, const std::optional<core::Time>& time) {
    if (time) {
        statement.bind(index, time->ms);
    } else {
        statement.bind_null(index);
    }
}

void bind_run(Statement& statement, const engine::RunKey& run) {
    statement.bind(2, run.scope).bind(3, run.node.value).bind(4, run.generation);
}

core::Result<Wait> wait_in(const Statement& row, const Connection& from) {
    Wait wait;
    wait.number = static_cast<std::uint64_t>(row.integer(0));
    wait.id = core::ExecutionId{row.uuid(1)};
    wait.run = {static_cast<std::uint32_t>(row.integer(2)),
                core::NodeIndex{static_cast<std::uint32_t>(row.integer(3))},
                static_cast<std::uint32_t>(row.integer(4))};
    wait.path = row.text(5);
    wait.node_id = row.text(6);
    wait.workflow_id = row.text(7);
    wait.workflow_version = static_cast<std::uint32_t>(row.integer(8));
    wait.what = static_cast<WaitWhat>(row.integer(9));
    wait.name = row.text(10);
    core::BinaryReader details{row.blob(11)};
    wait.details = details.value();
    wait.opened_at = core::Time{row.integer(12)};
    if (!row.is_null(13)) wait.until = core::Time{row.integer(13)};
    wait.state = static_cast<WaitState>(row.integer(14));
    if (!row.is_null(15)) wait.closed_at = core::Time{row.integer(15)};
    bool is_sound = details.at_end() && row.integer(9) <= 4 && row.integer(14) <= 3;
    if (!row.is_null(16)) {
        core::BinaryReader answer{row.blob(16)};
        wait.answer = answer.value();
        is_sound = is_sound && answer.at_end();
    }
    if (!row.is_null(17)) wait.token_hash = row.text(17);
    if (is_sound) return wait;
    return core::fail(StoreErrc::corrupt, from.path().string() + ": wait " +
                                              std::to_string(wait.number) + " of execution " +
                                              wait.id.text() + " cannot be read; restore a backup");
}

core::Result<Wait> one_wait(Connection& connection, Statement& statement,
                            const core::Error& missing) {
    const int code = statement.step();
    if (code == SQLITE_DONE) return std::unexpected(missing);
    if (code != SQLITE_ROW) return std::unexpected(connection.error("read a wait"));
    return wait_in(statement, connection);
}

core::Result<WaitPage> read_page(Connection& connection, const WaitFilter& filter,
                                 std::size_t limit, std::int64_t below) {
    const char* sql = filter.open_only ? open_sql : all_sql;
    auto statement = connection.cached(filter.id ? of_execution_sql : sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind(1, below);
    const core::ExecutionId id = filter.id.value_or(core::ExecutionId{});
    if (filter.id) (*statement)->bind_uuid(2, id.uuid);
    WaitPage page;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW) {
        auto wait = wait_in(**statement, connection);
        if (!wait) return std::unexpected(wait.error());
        if (!matches(filter, *wait)) continue;
        if (page.items.size() == limit) {
            const auto last = static_cast<std::int64_t>(page.items.back().number);
            page.next_cursor = list_cursor(wait_cursor, {last, 0});
            return page;
        }
        page.items.push_back(std::move(*wait));
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("list waits"));
    return page;
}

core::Result<std::vector<Wait>> read_after(Connection& connection, const char* sql,
                                           std::size_t limit, std::uint64_t after) {
    auto statement = connection.cached(sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind(1, static_cast<std::int64_t>(after));
    (*statement)->bind(2, static_cast<std::int64_t>(limit));
    std::vector<Wait> waits;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW) {
        auto wait = wait_in(**statement, connection);
        if (!wait) return std::unexpected(wait.error());
        waits.push_back(std::move(*wait));
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("list waits"));
    return waits;
}

core::Result<> put_wait(Connection& connection, const Wait& wait) {
    auto statement = connection.cached(put_sql);
    if (!statement) return std::unexpected(statement.error());
    Statement& put = **statement;
    const std::string details = packed(wait.details);
    const auto child = core::Uuid::parse(wait.name);
    put.bind_uuid(1, wait.id.uuid).bind_text(5, wait.path).bind_text(6, wait.node_id);
    bind_run(put, wait.run);
    put.bind_text(7, wait.workflow_id).bind(8, wait.workflow_version);
    put.bind(9, static_cast<std::int64_t>(wait.what)).bind_text(10, wait.name);
    if (wait.what == WaitWhat::child && child) {
        put.bind_uuid(11, *child);
    } else {
        put.bind_null(11);
    }
    put.bind_blob(12, details).bind(13, wait.opened_at.ms);
    bind_time(put, 14, wait.until);
    if (wait.token_hash.empty()) {
        put.bind_null(15);
    } else {
        put.bind_text(15, wait.token_hash);
    }
    if (put.run()) return {};
    return std::unexpected(connection.error(put, "write a wait of execution " + wait.id.text()));
}

core::Result<> close_wait(Connection& connection, const Wait& wait) {
    auto statement = connection.cached(close_sql);
    if (!statement) return std::unexpected(statement.error());
    Statement& close = **statement;
    const std::string answer = packed(wait.answer);
    close.bind_uuid(1, wait.id.uuid).bind(5, static_cast<std::int64_t>(wait.state));
    bind_run(close, wait.run);
    bind_time(close, 6, wait.closed_at);
    if (wait.state == WaitState::answered) {
        close.bind_blob(7, answer);
    } else {
        close.bind_null(7);
    }
    if (close.run()) return {};
    return std::unexpected(connection.error(close, "close a wait of execution " + wait.id.text()));
}

}  // namespace

core::Result<> write_wait(Connection& connection, const engine::WaitRow& row) {
    const Wait wait = wait_of(row);
    return wait.state == WaitState::open ? put_wait(connection, wait)
                                         : close_wait(connection, wait);
}

core::Result<> postpone_wait(Connection& connection, const engine::PostponedWait& wait) {
    auto statement = connection.cached(postpone_sql);
    if (!statement) return std::unexpected(statement.error());
    Statement& postpone = **statement;
    postpone.bind_uuid(1, wait.id.uuid).bind(5, wait.until.ms);
    bind_run(postpone, wait.run);
    if (postpone.run()) return {};
    return std::unexpected(
        connection.error(postpone, "postpone a wait of execution " + wait.id.text()));
}

core::Result<Wait> SqliteWaits::find(std::string_view token_hash) {
    return access_.readers().read([&](Connection& connection) -> core::Result<Wait> {
        auto statement = connection.cached(by_token_sql);
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        (*statement)->bind_text(1, token_hash);
        return one_wait(connection, **statement, wait_not_found());
    });
}

core::Result<Wait> SqliteWaits::find(core::ExecutionId id, const engine::RunKey& run) {
    return access_.readers().read([&](Connection& connection) -> core::Result<Wait> {
        auto statement = connection.cached(by_run_sql);
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        (*statement)->bind_uuid(1, id.uuid);
        bind_run(**statement, run);
        return one_wait(connection, **statement, wait_not_found(id));
    });
}

core::Result<WaitPage> SqliteWaits::list(const WaitFilter& filter, std::size_t limit,
                                         const std::string& cursor) {
    const auto start = list_start(limit, cursor, wait_cursor, "waits");
    if (!start) return std::unexpected(start.error());
    const std::int64_t below = *start ? (*start)->first : std::numeric_limits<std::int64_t>::max();
    return access_.readers().read(
        [&](Connection& connection) { return read_page(connection, filter, limit, below); });
}

core::Result<std::vector<Wait>> SqliteWaits::open_events(std::size_t limit, std::uint64_t after) {
    if (auto checked = check_waits_limit(limit); !checked) return std::unexpected(checked.error());
    return access_.readers().read([&](Connection& connection) {
        return read_after(connection, open_events_sql, limit, after);
    });
}

core::Result<std::vector<Wait>> SqliteWaits::finished_children(std::size_t limit,
                                                               std::uint64_t after) {
    if (auto checked = check_waits_limit(limit); !checked) return std::unexpected(checked.error());
    return access_.readers().read([&](Connection& connection) {
        return read_after(connection, finished_children_sql, limit, after);
    });
}

core::Result<std::vector<Wait>> SqliteWaits::abandoned_children(std::size_t limit,
                                                                std::uint64_t after) {
    if (auto checked = check_waits_limit(limit); !checked) return std::unexpected(checked.error());
    return access_.readers().read([&](Connection& connection) {
        return read_after(connection, abandoned_children_sql, limit, after);
    });
}

}  // namespace millrace::store::sqlite
