// SPDX-License-Identifier: Apache-2.0
#include "sqlite/parking.hpp"

#include <utility>

#include "rows.hpp"

namespace millrace::store::sqlite {

namespace {

// Writes no row when the execution is not live. 4 is the first of the terminal statuses.
constexpr const char* put_sql =
    "INSERT INTO parked (tenant, execution, workflow, version, status, priority, created_ms, "
    "wake_ms, is_limited) SELECT 0, execution, workflow, version, ?2, ?3, ?4, ?5, ?6 "
    "FROM executions WHERE tenant = 0 AND execution = ?1 AND status < 4 "
    "ON CONFLICT DO UPDATE SET status = excluded.status, priority = excluded.priority, "
    "created_ms = excluded.created_ms, wake_ms = excluded.wake_ms, "
    "is_limited = excluded.is_limited";
constexpr const char* erase_sql = "DELETE FROM parked WHERE tenant = 0 AND execution = ?1";
constexpr const char* set_status_sql =
    "UPDATE executions SET status = ?2 WHERE tenant = 0 AND execution = ?1 AND status <> ?2";

}  // namespace

core::Result<> Parking::open(Connection& connection) {
    connection_ = &connection;
    const std::pair<Statement*, const char*> wanted[] = {
        {&put_, put_sql}, {&erase_, erase_sql}, {&set_status_, set_status_sql}};
    for (const auto& [statement, sql] : wanted) {
        auto prepared = connection.prepare(sql);
        if (!prepared) return std::unexpected(prepared.error());
        *statement = std::move(*prepared);
    }
    return {};
}

core::Result<> Parking::park(const engine::ParkedRow& row, LiveTable& live) {
    if (auto checked = check_parked_status(row); !checked) return checked;
    const auto status = static_cast<std::int64_t>(row.status);
    put_.bind_uuid(1, row.id.uuid).bind(2, status).bind(3, row.priority);
    put_.bind(4, row.created_at.ms).bind(6, row.is_limited ? 1 : 0);
    if (row.wake_at) {
        put_.bind(5, row.wake_at->ms);
    } else {
        put_.bind_null(5);
    }
    if (!put_.run())
        return std::unexpected(connection_->error(put_, "park execution " + row.id.text()));
    if (connection_->changes() != 1) return std::unexpected(not_live(row.id, "parked"));
    if (!set_status_.bind_uuid(1, row.id.uuid).bind(2, status).run())
        return std::unexpected(connection_->error(set_status_, "park execution " + row.id.text()));
    return live.erase(row.id);
}

core::Result<bool> Parking::unpark(core::ExecutionId id, LiveTable& live) {
    if (!erase_.bind_uuid(1, id.uuid).run())
        return std::unexpected(connection_->error(erase_, "unpark execution " + id.text()));
    if (connection_->changes() == 0) return false;
    const auto status = static_cast<std::int64_t>(core::ExecutionStatus::running);
    if (!set_status_.bind_uuid(1, id.uuid).bind(2, status).run())
        return std::unexpected(connection_->error(set_status_, "unpark execution " + id.text()));
    if (auto listed = live.insert(id); !listed) return std::unexpected(listed.error());
    return true;
}

}  // namespace millrace::store::sqlite
