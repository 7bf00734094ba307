// SPDX-License-Identifier: Apache-2.0
#include "sqlite/variables.hpp"

#include <utility>

#include "millrace/core/binary.hpp"
#include "millrace/store/store.hpp"
#include "part_rules.hpp"

namespace millrace::store::sqlite {

namespace {

core::Result<Variable> variable_in(const Statement& row, const Connection& from) {
    core::BinaryReader value{row.blob(1)};
    Variable variable{std::string{row.text(0)}, value.value(), std::string{row.text(2)},
                      core::Time{row.integer(3)}};
    if (value.at_end()) return variable;
    return core::fail(StoreErrc::corrupt, from.path().string() + ": variable " + variable.name +
                                              " cannot be read; set it again");
}

}  // namespace

core::Result<std::vector<Variable>> SqliteVariables::list() {
    using All = std::vector<Variable>;
    return access_.readers().read([](Connection& connection) -> core::Result<All> {
        auto statement = connection.cached(
            "SELECT name, value, description, updated_ms FROM variables WHERE tenant = 0 "
            "ORDER BY name");
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        All all;
        int code = SQLITE_ROW;
        while ((code = (*statement)->step()) == SQLITE_ROW) {
            auto variable = variable_in(**statement, connection);
            if (!variable) return std::unexpected(variable.error());
            all.push_back(std::move(*variable));
        }
        if (code != SQLITE_DONE) return std::unexpected(connection.error("list variables"));
        return all;
    });
}

core::Result<Variable> SqliteVariables::find(const std::string& name) {
    return access_.readers().read([&](Connection& connection) -> core::Result<Variable> {
        auto statement = connection.cached(
            "SELECT name, value, description, updated_ms FROM variables WHERE tenant = 0 "
            "AND name = ?1");
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        const int code = (*statement)->bind_text(1, name).step();
        if (code == SQLITE_DONE) return std::unexpected(variable_not_found(name));
        if (code != SQLITE_ROW) return std::unexpected(connection.error("read a variable"));
        return variable_in(**statement, connection);
    });
}

core::Result<> SqliteVariables::put(const Variable& variable) {
    return access_.write("save a variable", [&](Connection& connection) -> core::Result<> {
        auto statement = connection.cached(
            "INSERT INTO variables (tenant, name, value, description, updated_ms) "
            "VALUES (0, ?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET value = excluded.value, "
            "description = excluded.description, updated_ms = excluded.updated_ms");
        if (!statement) return std::unexpected(statement.error());
        std::string value;
        core::BinaryWriter{value}.value(variable.value);
        (*statement)->bind_text(1, variable.name).bind_blob(2, value);
        (*statement)->bind_text(3, variable.description).bind(4, variable.updated_at.ms);
        if ((*statement)->run()) return {};
        return std::unexpected(connection.error(**statement, "save a variable"));
    });
}

core::Result<> SqliteVariables::remove(const std::string& name) {
    return access_.write("delete a variable", [&](Connection& connection) -> core::Result<> {
        auto statement = connection.cached("DELETE FROM variables WHERE tenant = 0 AND name = ?1");
        if (!statement) return std::unexpected(statement.error());
        if (!(*statement)->bind_text(1, name).run())
            return std::unexpected(connection.error(**statement, "delete a variable"));
        if (connection.changes() == 0) return std::unexpected(variable_not_found(name));
        return {};
    });
}

}  // namespace millrace::store::sqlite
