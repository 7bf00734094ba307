// SPDX-License-Identifier: Apache-2.0
#include "sqlite/idempotency.hpp"

namespace millrace::store::sqlite {

namespace {

constexpr const char* forget_sql =
    "DELETE FROM idempotency WHERE request IN (SELECT request FROM idempotency "
    "WHERE tenant = 0 AND created_ms < ?1 ORDER BY created_ms LIMIT ?2)";
constexpr const char* find_sql =
    "SELECT digest, status, headers, body, created_ms FROM idempotency "
    "WHERE tenant = 0 AND scope = ?1 AND key = ?2";
constexpr const char* begin_sql =
    "INSERT INTO idempotency (tenant, scope, key, digest, status, headers, body, created_ms) "
    "VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
constexpr const char* finish_sql =
    "INSERT INTO idempotency (tenant, scope, key, digest, status, headers, body, created_ms) "
    "VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (tenant, scope, key) DO UPDATE SET "
    "status = excluded.status, headers = excluded.headers, body = excluded.body";

core::Result<std::optional<KeptAnswer>> read_answer(Connection& connection,
                                                    const std::string& scope,
                                                    const std::string& key) {
    auto statement = connection.cached(find_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const int code = (*statement)->bind_text(1, scope).bind_text(2, key).step();
    if (code == SQLITE_DONE) return std::nullopt;
    if (code != SQLITE_ROW) return std::unexpected(connection.error("read a kept answer"));
    const Statement& row = **statement;
    return KeptAnswer{scope,
                      key,
                      std::string{row.text(0)},
                      static_cast<int>(row.integer(1)),
                      std::string{row.text(2)},
                      std::string{row.blob(3)},
                      core::Time{row.integer(4)}};
}

core::Result<> write_answer(Connection& connection, const char* sql, const KeptAnswer& answer) {
    auto statement = connection.cached(sql);
    if (!statement) return std::unexpected(statement.error());
    (*statement)->bind_text(1, answer.scope).bind_text(2, answer.key);
    (*statement)->bind_text(3, answer.digest).bind(4, answer.status);
    (*statement)->bind_text(5, answer.headers).bind_blob(6, answer.body);
    if ((*statement)->bind(7, answer.created_at.ms).run()) return {};
    return std::unexpected(connection.error(**statement, "keep an answer"));
}

}  // namespace

core::Result<std::optional<KeptAnswer>> SqliteIdempotency::begin(const KeptAnswer& request) {
    std::optional<KeptAnswer> known;
    const auto done =
        access_.write("note a request", [&](Connection& connection) -> core::Result<> {
            auto found = read_answer(connection, request.scope, request.key);
            if (!found) return std::unexpected(found.error());
            known = std::move(*found);
            return known ? core::Result<>{} : write_answer(connection, begin_sql, request);
        });
    if (!done) return std::unexpected(done.error());
    return known;
}

core::Result<> SqliteIdempotency::finish(const KeptAnswer& answer) {
    return access_.write("keep an answer", [&](Connection& connection) {
        return write_answer(connection, finish_sql, answer);
    });
}

core::Result<> SqliteIdempotency::forget(const std::string& scope, const std::string& key) {
    return access_.write("forget a request", [&](Connection& connection) -> core::Result<> {
        auto statement = connection.cached(
            "DELETE FROM idempotency WHERE tenant = 0 AND scope = ?1 AND key = ?2");
        if (!statement) return std::unexpected(statement.error());
        if ((*statement)->bind_text(1, scope).bind_text(2, key).run()) return {};
        return std::unexpected(connection.error(**statement, "forget a request"));
    });
}

core::Result<std::optional<KeptAnswer>> SqliteIdempotency::find(const std::string& scope,
                                                                const std::string& key) {
    return access_.readers().read(
        [&](Connection& connection) { return read_answer(connection, scope, key); });
}

core::Result<std::uint64_t> SqliteIdempotency::forget_before(core::Time before, std::size_t limit) {
    return forget_soon(access_, "forget requests", forget_sql, before, limit);
}

}  // namespace millrace::store::sqlite
