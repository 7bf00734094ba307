// SPDX-License-Identifier: Apache-2.0
#include "sqlite/live_table.hpp"

#include <algorithm>
#include <utility>

namespace millrace::store::sqlite {

namespace {

constexpr const char* insert_sql =
    "INSERT INTO live (tenant, execution) VALUES (0, ?1) ON CONFLICT DO NOTHING";
constexpr const char* erase_sql = "DELETE FROM live WHERE tenant = 0 AND execution = ?1";
constexpr const char* list_sql =
    "INSERT INTO live (tenant, execution) SELECT 0, execution FROM executions "
    "WHERE tenant = 0 AND execution >= ?1 AND execution < ?2 AND status = 1 ON CONFLICT DO NOTHING";
constexpr const char* move_sql = "UPDATE tenants SET live_from = ?1 WHERE tenant = 0";

core::Result<core::ExecutionId> read_id(Connection& connection, const char* sql) {
    auto statement = connection.prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    const int code = statement->step();
    if (code == SQLITE_DONE) return core::ExecutionId{};
    if (code != SQLITE_ROW)
        return std::unexpected(connection.error("read which executions are live"));
    return core::ExecutionId{statement->uuid(0)};
}

}  // namespace

core::Result<> LiveTable::open(Connection& connection) {
    connection_ = &connection;
    const std::pair<Statement*, const char*> wanted[] = {
        {&insert_, insert_sql}, {&erase_, erase_sql}, {&list_, list_sql}, {&move_, move_sql}};
    for (const auto& [statement, sql] : wanted) {
        auto prepared = connection.prepare(sql);
        if (!prepared) return std::unexpected(prepared.error());
        *statement = std::move(*prepared);
    }
    const auto mark = read_id(connection, "SELECT live_from FROM tenants WHERE tenant = 0");
    if (!mark) return std::unexpected(mark.error());
    const auto newest = read_id(
        connection,
        "SELECT execution FROM executions WHERE tenant = 0 ORDER BY execution DESC LIMIT 1");
    if (!newest) return std::unexpected(newest.error());
    // Owners that come and go before they have added an interval's worth must not add up.
    const auto added = connection.integer(
        "SELECT count(*) FROM executions WHERE tenant = 0 AND execution >= "
        "(SELECT live_from FROM tenants WHERE tenant = 0)");
    if (!added) return std::unexpected(added.error());
    committed_ = {*mark, *newest, *newest, static_cast<std::uint64_t>(*added)};
    current_ = committed_;
    return {};
}

core::Result<> LiveTable::run(Statement& statement, core::ExecutionId id) {
    if (statement.bind_uuid(1, id.uuid).run()) return {};
    return std::unexpected(
        connection_->error(statement, "list execution " + id.text() + " as live"));
}

core::Result<> LiveTable::insert_new(core::ExecutionId id, bool is_live) {
    ++current_.added;
    current_.newest = std::max(current_.newest, id);
    if (!is_live) return {};
    return insert(id);
}

core::Result<> LiveTable::insert(core::ExecutionId id) {
    if (id >= current_.mark) return {};
    return run(insert_, id);
}

core::Result<> LiveTable::erase(core::ExecutionId id) {
    if (id >= current_.mark) return {};
    return run(erase_, id);
}

core::Result<> LiveTable::sweep() {
    if (current_.added < interval_) return {};
    if (current_.next > current_.mark) {
        list_.bind_uuid(1, current_.mark.uuid).bind_uuid(2, current_.next.uuid);
        if (!list_.run()) return std::unexpected(connection_->error(list_, "list live executions"));
        if (auto moved = run(move_, current_.next); !moved) return moved;
        current_.mark = current_.next;
    }
    current_.next = current_.newest;
    current_.added = 0;
    return {};
}

}  // namespace millrace::store::sqlite
