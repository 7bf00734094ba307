// SPDX-License-Identifier: Apache-2.0
#include "sqlite/secrets.hpp"

#include <set>
#include <utility>

#include "secret_rules.hpp"

namespace millrace::store::sqlite {

namespace {

#define MR_SECRET_COLUMNS                                                                          \
    "SELECT kind, name, type, key_id, sealed, created_ms, updated_ms FROM secrets WHERE tenant = " \
    "0 "

constexpr const char* all_secrets_sql =
    MR_SECRET_COLUMNS "AND kind BETWEEN ?1 AND ?2 ORDER BY kind, name";
constexpr const char* one_secret_sql = MR_SECRET_COLUMNS "AND kind = ?1 AND name = ?2";

#undef MR_SECRET_COLUMNS

constexpr const char* put_secret_sql =
    "INSERT INTO secrets (tenant, kind, name, type, key_id, sealed, created_ms, updated_ms) "
    "VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET type = excluded.type, "
    "key_id = excluded.key_id, sealed = excluded.sealed, updated_ms = excluded.updated_ms";

std::int64_t number_of(SecretKind kind) {
    return static_cast<std::int64_t>(kind);
}

SealedSecret secret_in(const Statement& row) {
    SealedSecret secret;
    secret.kind = row.integer(0) == 0 ? SecretKind::secret : SecretKind::credential;
    secret.name = row.text(1);
    secret.type = row.text(2);
    secret.key_id = row.text(3);
    secret.sealed = row.blob(4);
    secret.created_at = core::Time{row.integer(5)};
    secret.updated_at = core::Time{row.integer(6)};
    return secret;
}

core::Result<std::vector<SealedSecret>> read_secrets(Connection& connection,
                                                     std::optional<SecretKind> kind) {
    auto statement = connection.cached(all_secrets_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind(1, number_of(kind.value_or(SecretKind::secret)));
    (*statement)->bind(2, number_of(kind.value_or(SecretKind::credential)));
    std::vector<SealedSecret> secrets;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW)
        secrets.push_back(secret_in(**statement));
    if (code != SQLITE_DONE) return std::unexpected(connection.error("list secrets"));
    return secrets;
}

core::Result<> write_secret(Connection& connection, const SealedSecret& secret) {
    auto statement = connection.cached(put_secret_sql);
    if (!statement) return std::unexpected(statement.error());
    (*statement)->bind(1, number_of(secret.kind)).bind_text(2, secret.name);
    (*statement)->bind_text(3, secret.type).bind_text(4, secret.key_id);
    (*statement)->bind_blob(5, secret.sealed).bind(6, secret.created_at.ms);
    if ((*statement)->bind(7, secret.updated_at.ms).run()) return {};
    return std::unexpected(connection.error(**statement, "save a secret"));
}

}  // namespace

core::Result<std::vector<SealedSecret>> SqliteSecrets::list(std::optional<SecretKind> kind) {
    return access_.readers().read(
        [&](Connection& connection) { return read_secrets(connection, kind); });
}

core::Result<SealedSecret> SqliteSecrets::find(SecretKind kind, const std::string& name) {
    return access_.readers().read([&](Connection& connection) -> core::Result<SealedSecret> {
        auto statement = connection.cached(one_secret_sql);
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        const int code = (*statement)->bind(1, number_of(kind)).bind_text(2, name).step();
        if (code == SQLITE_DONE) return std::unexpected(secret_not_found(kind, name));
        if (code != SQLITE_ROW) return std::unexpected(connection.error("read a secret"));
        return secret_in(**statement);
    });
}

core::Result<> SqliteSecrets::put(const SealedSecret& secret) {
    return access_.write("save a secret",
                         [&](Connection& connection) { return write_secret(connection, secret); });
}

core::Result<> SqliteSecrets::remove(SecretKind kind, const std::string& name) {
    return access_.write("delete a secret", [&](Connection& connection) -> core::Result<> {
        auto statement =
            connection.cached("DELETE FROM secrets WHERE tenant = 0 AND kind = ?1 AND name = ?2");
        if (!statement) return std::unexpected(statement.error());
        if (!(*statement)->bind(1, number_of(kind)).bind_text(2, name).run())
            return std::unexpected(connection.error(**statement, "delete a secret"));
        if (connection.changes() == 0) return std::unexpected(secret_not_found(kind, name));
        return {};
    });
}

core::Result<> SqliteSecrets::replace_all(std::span<const SealedSecret> secrets) {
    return access_.write("replace all secrets", [&](Connection& connection) -> core::Result<> {
        const auto stored = read_secrets(connection, std::nullopt);
        if (!stored) return std::unexpected(stored.error());
        using Name = std::pair<SecretKind, std::string>;
        std::set<Name> known;
        for (const SealedSecret& secret : *stored)
            known.emplace(secret.kind, secret.name);
        for (const SealedSecret& secret : secrets) {
            if (known.erase({secret.kind, secret.name}) == 0)
                return std::unexpected(secrets_have_changed());
            if (auto done = write_secret(connection, secret); !done) return done;
        }
        if (!known.empty()) return std::unexpected(secrets_have_changed());
        return {};
    });
}

}  // namespace millrace::store::sqlite
