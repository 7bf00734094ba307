// SPDX-License-Identifier: Apache-2.0
#include "sqlite/start_keys.hpp"

#include <string>

namespace millrace::store::sqlite {
namespace {

constexpr const char* forget_sql =
    "DELETE FROM start_keys WHERE tenant = 0 AND name IN (SELECT name FROM start_keys "
    "WHERE tenant = 0 AND until_ms < ?1 ORDER BY until_ms LIMIT ?2)";
constexpr const char* find_sql =
    "SELECT k.execution, k.until_ms, k.answered, k.removed, EXISTS (SELECT 1 FROM executions e "
    "WHERE e.tenant = 0 AND e.execution = k.execution) "
    "FROM start_keys k WHERE k.tenant = 0 AND k.name = ?1";
constexpr const char* put_sql =
    "INSERT INTO start_keys (tenant, name, execution, until_ms, answered, removed) "
    "VALUES (0, ?1, ?2, ?3, ?4, 0) ON CONFLICT (tenant, name) DO UPDATE SET "
    "removed = CASE WHEN execution = excluded.execution THEN removed ELSE 0 END, "
    "execution = excluded.execution, until_ms = excluded.until_ms, answered = excluded.answered";

StartKey::Fate fate_in(const Statement& row) {
    if (row.integer(4) != 0) return StartKey::Fate::there;
    return row.integer(3) != 0 ? StartKey::Fate::removed : StartKey::Fate::not_started;
}

class Table final : public StartKeyTable {
public:
    explicit Table(Connection& connection) : connection_{connection} {}

    core::Result<std::optional<StartKey>> find(const std::string& name) override {
        auto statement = connection_.cached(find_sql);
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        const int code = (*statement)->bind_text(1, name).step();
        if (code == SQLITE_DONE) return std::nullopt;
        if (code != SQLITE_ROW) return std::unexpected(connection_.error("read what was started"));
        const Statement& row = **statement;
        return StartKey{name, core::ExecutionId{row.uuid(0)}, core::Time{row.integer(1)},
                        row.integer(2) != 0, fate_in(row)};
    }

    core::Result<> put(const StartKey& key) override {
        auto statement = connection_.cached(put_sql);
        if (!statement) return std::unexpected(statement.error());
        (*statement)->bind_text(1, key.name).bind_uuid(2, key.execution.uuid);
        (*statement)->bind(3, key.until.ms).bind(4, key.is_answered ? 1 : 0);
        if ((*statement)->run()) return {};
        return std::unexpected(connection_.error(**statement, "note what is started"));
    }

private:
    Connection& connection_;
};

}  // namespace

core::Result<> SqliteStartKeys::change(const Work& work) {
    return access_.write("note what is started", [&](Connection& connection) {
        Table table{connection};
        return work(table);
    });
}

core::Result<std::uint64_t> SqliteStartKeys::forget_over(core::Time now, std::size_t limit) {
    return forget_soon(access_, "forget what was started", forget_sql, now, limit);
}

core::Result<> note_removed(Connection& connection, core::ExecutionId id) {
    auto statement =
        connection.cached("UPDATE start_keys SET removed = 1 WHERE tenant = 0 AND execution = ?1");
    if (!statement) return std::unexpected(statement.error());
    if ((*statement)->bind_uuid(1, id.uuid).run()) return {};
    return std::unexpected(connection.error(**statement, "note that an execution is removed"));
}

}  // namespace millrace::store::sqlite
