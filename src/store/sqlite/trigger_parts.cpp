// SPDX-License-Identifier: Apache-2.0
#include "sqlite/trigger_parts.hpp"

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "millrace/format/json.hpp"
#include "millrace/store/store.hpp"
#include "sqlite/schema_6.hpp"
#include "wait_rules.hpp"

namespace millrace::store::sqlite {

namespace {

#define MR_SCHEDULE_COLUMNS                                                                  \
    "SELECT workflow_id, node_id, spec, last_due_ms, next_due_ms, last_execution, started, " \
    "skipped, missed, updated_ms, paused, waiting_ms FROM schedules WHERE tenant = 0 "

constexpr const char* schedules_sql = MR_SCHEDULE_COLUMNS "ORDER BY workflow_id, node_id";
constexpr const char* one_schedule_sql =
    MR_SCHEDULE_COLUMNS "AND workflow_id = ?1 AND node_id = ?2";

#undef MR_SCHEDULE_COLUMNS

constexpr const char* put_schedule_sql =
    "INSERT OR REPLACE INTO schedules (tenant, workflow_id, node_id, spec, last_due_ms, "
    "next_due_ms, last_execution, started, skipped, missed, updated_ms, paused, waiting_ms) "
    "VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

#define MR_TRIGGER_COLUMNS                                                         \
    "SELECT w.workflow_id, t.version, t.node_id, t.type, t.data FROM workflows w " \
    "CROSS JOIN active_triggers t ON t.tenant = 0 AND t.workflow = w.workflow WHERE w.tenant = 0 "

constexpr const char* triggers_sql = MR_TRIGGER_COLUMNS "ORDER BY w.workflow_id, t.place";
constexpr const char* workflow_triggers_sql =
    MR_TRIGGER_COLUMNS "AND w.workflow_id = ?1 ORDER BY t.place";

#undef MR_TRIGGER_COLUMNS

constexpr const char* drop_triggers_sql =
    "DELETE FROM active_triggers WHERE tenant = 0 AND workflow = "
    "(SELECT workflow FROM workflows WHERE tenant = 0 AND workflow_id = ?1)";
constexpr const char* insert_triggers_sql = MR_INSERT_TRIGGERS "AND w.workflow_id = ?1";

constexpr const char* counts_sql =
    "SELECT workflow_id, node_id, calls, succeeded, failed, refused, total_us, last_ms "
    "FROM trigger_counts WHERE tenant = 0 AND (?1 IS NULL OR workflow_id = ?1) "
    "ORDER BY workflow_id, node_id";
constexpr const char* add_count_sql =
    "INSERT INTO trigger_counts (tenant, workflow_id, node_id, calls, succeeded, failed, refused, "
    "total_us, last_ms) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET "
    "calls = calls + excluded.calls, succeeded = succeeded + excluded.succeeded, "
    "failed = failed + excluded.failed, refused = refused + excluded.refused, "
    "total_us = total_us + excluded.total_us, last_ms = max(last_ms, excluded.last_ms)";

void bind_time(Statement& statement, int index, const std::optional<core::Time>& time) {
    if (time) {
        statement.bind(index, time->ms);
    } else {
        statement.bind_null(index);
    }
}

std::int64_t signed_of(std::uint64_t number) {
    return static_cast<std::int64_t>(number);
}

std::uint64_t number_in(const Statement& row, int column) {
    return static_cast<std::uint64_t>(row.integer(column));
}

/// Milliseconds with commas between them.
std::string text_of(const std::vector<core::Time>& times) {
    std::string text;
    for (const core::Time time : times)
        text.append(text.empty() ? "" : ",").append(std::to_string(time.ms));
    return text;
}

std::vector<core::Time> times_in(std::string_view text) {
    std::vector<core::Time> times;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (core::Time time; at < end; ++at) {
        const auto [rest, error] = std::from_chars(at, end, time.ms);
        if (error != std::errc{}) break;
        times.push_back(time);
        at = rest;
    }
    return times;
}

ScheduleState schedule_in(const Statement& row) {
    ScheduleState state;
    state.workflow_id = row.text(0);
    state.node_id = row.text(1);
    state.spec = row.text(2);
    if (!row.is_null(3)) state.last_due = core::Time{row.integer(3)};
    if (!row.is_null(4)) state.next_due = core::Time{row.integer(4)};
    if (!row.is_null(5)) state.last_execution = core::ExecutionId{row.uuid(5)};
    state.started = number_in(row, 6);
    state.skipped = number_in(row, 7);
    state.missed = number_in(row, 8);
    state.updated_at = core::Time{row.integer(9)};
    state.is_paused = row.integer(10) != 0;
    state.waiting = times_in(row.text(11));
    return state;
}

core::Result<> put_schedule(Connection& connection, const ScheduleState& state) {
    auto statement = connection.cached(put_schedule_sql);
    if (!statement) return std::unexpected(statement.error());
    Statement& put = **statement;
    put.bind_text(1, state.workflow_id).bind_text(2, state.node_id).bind_text(3, state.spec);
    bind_time(put, 4, state.last_due);
    bind_time(put, 5, state.next_due);
    if (state.last_execution) {
        put.bind_uuid(6, state.last_execution->uuid);
    } else {
        put.bind_null(6);
    }
    put.bind(7, signed_of(state.started)).bind(8, signed_of(state.skipped));
    put.bind(9, signed_of(state.missed)).bind(10, state.updated_at.ms);
    const std::string waiting = text_of(state.waiting);
    put.bind(11, std::int64_t{state.is_paused}).bind_text(12, waiting);
    if (put.run()) return {};
    return std::unexpected(connection.error(put, "write the state of a schedule"));
}

core::Result<ActiveTrigger> trigger_in(const Statement& row, const Connection& from) {
    ActiveTrigger trigger;
    trigger.workflow_id = row.text(0);
    trigger.version = static_cast<std::uint32_t>(row.integer(1));
    trigger.node_id = row.text(2);
    set_type(trigger, row.text(3));
    const std::string_view data = row.text(4);
    auto read = format::read_json(data, {.bytes_max = data.size()});
    if (!read) {
        return core::fail(StoreErrc::corrupt, from.path().string() + ": the data of trigger " +
                                                  trigger.node_id + " of workflow " +
                                                  trigger.workflow_id +
                                                  " cannot be read; activate the workflow again");
    }
    trigger.data = std::move(*read);
    return trigger;
}

core::Result<std::vector<ActiveTrigger>> read_triggers(Connection& connection,
                                                       const std::string* workflow_id) {
    auto statement = connection.cached(workflow_id ? workflow_triggers_sql : triggers_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    if (workflow_id) (*statement)->bind_text(1, *workflow_id);
    std::vector<ActiveTrigger> triggers;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW) {
        auto trigger = trigger_in(**statement, connection);
        if (!trigger) return std::unexpected(trigger.error());
        triggers.push_back(std::move(*trigger));
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("list triggers"));
    return triggers;
}

core::Result<> add_count(Connection& connection, const TriggerCount& count) {
    auto statement = connection.cached(add_count_sql);
    if (!statement) return std::unexpected(statement.error());
    Statement& add = **statement;
    add.bind_text(1, count.workflow_id).bind_text(2, count.node_id);
    add.bind(3, signed_of(count.calls)).bind(4, signed_of(count.succeeded));
    add.bind(5, signed_of(count.failed)).bind(6, signed_of(count.refused));
    add.bind(7, signed_of(count.total_us)).bind(8, count.last_at.ms);
    if (add.run()) return {};
    return std::unexpected(connection.error(add, "count calls of a trigger"));
}

}  // namespace

core::Result<> write_triggers(Connection& connection, const std::string& workflow_id) {
    for (const char* sql : {drop_triggers_sql, insert_triggers_sql}) {
        auto statement = connection.cached(sql);
        if (!statement) return std::unexpected(statement.error());
        if (!(*statement)->bind_text(1, workflow_id).run())
            return std::unexpected(connection.error(**statement, "write triggers"));
    }
    return {};
}

// ---- Schedules ------------------------------------------------------------------------------

core::Result<std::vector<ScheduleState>> SqliteSchedules::list() {
    using All = std::vector<ScheduleState>;
    return access_.readers().read([](Connection& connection) -> core::Result<All> {
        auto statement = connection.cached(schedules_sql);
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        All all;
        int code = SQLITE_ROW;
        while ((code = (*statement)->step()) == SQLITE_ROW)
            all.push_back(schedule_in(**statement));
        if (code != SQLITE_DONE) return std::unexpected(connection.error("list schedules"));
        return all;
    });
}

core::Result<ScheduleState> SqliteSchedules::find(const std::string& workflow_id,
                                                  const std::string& node_id) {
    return access_.readers().read([&](Connection& connection) -> core::Result<ScheduleState> {
        auto statement = connection.cached(one_schedule_sql);
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        const int code = (*statement)->bind_text(1, workflow_id).bind_text(2, node_id).step();
        if (code == SQLITE_DONE) return std::unexpected(schedule_not_found(workflow_id, node_id));
        if (code != SQLITE_ROW) return std::unexpected(connection.error("read a schedule"));
        return schedule_in(**statement);
    });
}

core::Result<> SqliteSchedules::put(std::span<const ScheduleState> states) {
    if (states.empty()) return {};
    return access_.write("write schedules", [&](Connection& connection) -> core::Result<> {
        for (const ScheduleState& state : states)
            if (auto done = put_schedule(connection, state); !done) return done;
        return {};
    });
}

core::Result<> SqliteSchedules::remove(const std::string& workflow_id, const std::string& node_id) {
    return access_.write("remove schedules", [&](Connection& connection) -> core::Result<> {
        auto statement = connection.cached(
            "DELETE FROM schedules WHERE tenant = 0 AND workflow_id = ?1 "
            "AND (?2 = '' OR node_id = ?2)");
        if (!statement) return std::unexpected(statement.error());
        if ((*statement)->bind_text(1, workflow_id).bind_text(2, node_id).run()) return {};
        return std::unexpected(connection.error(**statement, "remove schedules"));
    });
}

// ---- Triggers -------------------------------------------------------------------------------

core::Result<std::vector<ActiveTrigger>> SqliteTriggers::active() {
    return access_.readers().read(
        [](Connection& connection) { return read_triggers(connection, nullptr); });
}

core::Result<std::vector<ActiveTrigger>> SqliteTriggers::active(const std::string& workflow_id) {
    return access_.readers().read(
        [&](Connection& connection) { return read_triggers(connection, &workflow_id); });
}

// ---- Counts ---------------------------------------------------------------------------------

core::Result<> SqliteTriggerCounts::add(std::span<const TriggerCount> counts) {
    if (counts.empty()) return {};
    return access_.write_soon("count calls", [&](Connection& connection) -> core::Result<> {
        for (const TriggerCount& count : counts)
            if (auto done = add_count(connection, count); !done) return done;
        return {};
    });
}

core::Result<std::vector<TriggerCount>> SqliteTriggerCounts::list(
    const std::optional<std::string>& workflow_id) {
    using All = std::vector<TriggerCount>;
    return access_.readers().read([&](Connection& connection) -> core::Result<All> {
        auto statement = connection.cached(counts_sql);
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        if (workflow_id) {
            (*statement)->bind_text(1, *workflow_id);
        } else {
            (*statement)->bind_null(1);
        }
        All all;
        int code = SQLITE_ROW;
        while ((code = (*statement)->step()) == SQLITE_ROW) {
            const Statement& row = **statement;
            all.push_back({std::string{row.text(0)}, std::string{row.text(1)}, number_in(row, 2),
                           number_in(row, 3), number_in(row, 4), number_in(row, 5),
                           number_in(row, 6), core::Time{row.integer(7)}});
        }
        if (code != SQLITE_DONE) return std::unexpected(connection.error("list counts of calls"));
        return all;
    });
}

// ---- Cursors --------------------------------------------------------------------------------

core::Result<std::optional<FeedPosition>> SqliteCursors::get(const std::string& name) {
    using Position = std::optional<FeedPosition>;
    return access_.readers().read([&](Connection& connection) -> core::Result<Position> {
        auto statement =
            connection.cached("SELECT frame, row FROM cursors WHERE tenant = 0 AND name = ?1");
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        const int code = (*statement)->bind_text(1, name).step();
        if (code == SQLITE_DONE) return std::nullopt;
        if (code != SQLITE_ROW) return std::unexpected(connection.error("read a cursor"));
        return FeedPosition{number_in(**statement, 0),
                            static_cast<std::uint32_t>((*statement)->integer(1))};
    });
}

core::Result<> SqliteCursors::put(const std::string& name, FeedPosition position) {
    return access_.write_soon("move a cursor", [&](Connection& connection) -> core::Result<> {
        auto statement = connection.cached(
            "INSERT OR REPLACE INTO cursors (tenant, name, frame, row) VALUES (0, ?1, ?2, ?3)");
        if (!statement) return std::unexpected(statement.error());
        (*statement)->bind_text(1, name).bind(2, signed_of(position.frame));
        if ((*statement)->bind(3, position.row).run()) return {};
        return std::unexpected(connection.error(**statement, "move a cursor"));
    });
}

}  // namespace millrace::store::sqlite
