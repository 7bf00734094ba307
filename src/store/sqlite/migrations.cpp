// SPDX-License-Identifier: Apache-2.0
#include "sqlite/migrations.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <string>

#include "millrace/store/store.hpp"
#include "sqlite/schema_4.hpp"
#include "sqlite/schema_5.hpp"
#include "sqlite/schema_6.hpp"

namespace millrace::store::sqlite {

namespace {

// In the file's header: "MLRC". Tells our databases from those of other programs.
constexpr std::int64_t application_id = 0x4d4c'5243;

// A tenant is an integer key: 0 takes no space in a row, a name would be in every key of the hot
// tables. journal, executions and snapshots declare no foreign keys, because each check is one
// more lookup per row; the writer checks the workflow's version, the only key from outside.
// Ids are version 7, so keys that begin with them grow at the end and are in order of creation.
constexpr const char* base_forward = R"(
CREATE TABLE tenants (
    tenant INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO tenants (tenant, name) VALUES (0, 'default');

CREATE TABLE partitions (
    partition     INTEGER PRIMARY KEY,
    epoch         INTEGER NOT NULL,
    position      INTEGER NOT NULL,
    last_frame_ms INTEGER NOT NULL
) STRICT;
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 255)
INSERT INTO partitions (partition, epoch, position, last_frame_ms) SELECT n, 0, 0, 0 FROM numbers;

CREATE TABLE workflows (
    workflow    INTEGER PRIMARY KEY,
    tenant      INTEGER NOT NULL REFERENCES tenants,
    workflow_id TEXT NOT NULL,
    UNIQUE (tenant, workflow_id)
) STRICT;

CREATE TABLE workflow_versions (
    tenant     INTEGER NOT NULL REFERENCES tenants,
    workflow   INTEGER NOT NULL REFERENCES workflows,
    number     INTEGER NOT NULL,
    hash       TEXT NOT NULL,
    document   TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, workflow, number),
    UNIQUE (tenant, workflow, hash)
) STRICT;

CREATE TABLE executions (
    tenant       INTEGER NOT NULL,
    execution    BLOB NOT NULL,
    workflow     INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    status       INTEGER NOT NULL,
    created_ms   INTEGER NOT NULL,
    completed_ms INTEGER,
    PRIMARY KEY (tenant, execution)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    tenant    INTEGER NOT NULL,
    execution BLOB NOT NULL,
    first_seq INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (tenant, execution, first_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshots (
    tenant    INTEGER NOT NULL,
    execution BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (tenant, execution)
) STRICT, WITHOUT ROWID;
)";

constexpr const char* base_backward = R"(
DROP TABLE snapshots;
DROP TABLE journal;
DROP TABLE executions;
DROP TABLE workflow_versions;
DROP TABLE workflows;
DROP TABLE partitions;
DROP TABLE tenants;
)";

// `parked` holds all that is asked about a parked execution, so that waking many reads one table in
// its order; only those with a time are in the order of waking, only those that a limit counts in
// the list that a new owner's limits begin with.
// `live` lists the executions that are neither finished nor parked, but only those with ids below
// `live_from`: most end before the mark passes them, and cost nothing here. See live_table.hpp.
constexpr const char* parking_forward = R"(
ALTER TABLE executions ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN forked_from BLOB;
ALTER TABLE tenants ADD COLUMN live_from BLOB NOT NULL
    DEFAULT x'00000000000000000000000000000000';

CREATE TABLE live (
    tenant    INTEGER NOT NULL,
    execution BLOB NOT NULL,
    PRIMARY KEY (tenant, execution)
) STRICT, WITHOUT ROWID;
UPDATE executions SET status = 1 WHERE status IN (0, 2, 3);
INSERT INTO live (tenant, execution) SELECT tenant, execution FROM executions WHERE status = 1;
UPDATE tenants SET live_from = coalesce(
    (SELECT max(e.execution) FROM executions e WHERE e.tenant = tenants.tenant), live_from);
DELETE FROM live WHERE (tenant, execution) IN (SELECT tenant, live_from FROM tenants);

CREATE TABLE parked (
    tenant     INTEGER NOT NULL,
    execution  BLOB NOT NULL,
    workflow   INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    status     INTEGER NOT NULL,
    priority   INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    wake_ms    INTEGER,
    is_limited INTEGER NOT NULL,
    PRIMARY KEY (tenant, execution)
) STRICT, WITHOUT ROWID;
CREATE INDEX parked_by_wake ON parked (tenant, wake_ms, execution) WHERE wake_ms IS NOT NULL;
CREATE INDEX parked_limited ON parked (tenant, execution) WHERE is_limited = 1;
)";

// What goes is in the journals and snapshots too. A schema without parking holds every execution
// that is not finished for running, and resumes it.
constexpr const char* parking_backward = R"(
UPDATE executions SET status = 1 WHERE status IN (0, 2, 3);
DROP TABLE parked;
DROP TABLE live;
ALTER TABLE tenants DROP COLUMN live_from;
ALTER TABLE executions DROP COLUMN forked_from;
ALTER TABLE executions DROP COLUMN priority;
)";

constexpr std::array all_migrations{
    Migration{1, "base", base_forward, base_backward,
              "SELECT (SELECT count(*) FROM executions) + (SELECT count(*) FROM workflow_versions)",
              "stored executions and workflow versions"},
    // Pages of one workflow's executions without reading those of all others.
    Migration{2, "executions_by_workflow",
              "CREATE INDEX executions_by_workflow ON executions (tenant, workflow, execution)",
              "DROP INDEX executions_by_workflow"},
    Migration{3, "parking", parking_forward, parking_backward},
    Migration{4, "parts", parts_forward, parts_backward, parts_rows_lost,
              "dead letters, secrets and activations"},
    Migration{5, "server", server_forward, server_backward, server_rows_lost,
              "variables and library nodes"},
    Migration{6, "waiting", waiting_and_rollups_forward.data(), waiting_and_rollups_backward.data(),
              waiting_rows_lost, "open waits and states of schedules"},
};

constexpr const char* bookkeeping = R"(
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_ms INTEGER NOT NULL
) STRICT;
)";

std::string text(std::uint64_t number) {
    return std::to_string(number);
}

core::Result<> stamp(Connection& connection, std::uint32_t version) {
    const std::int64_t id = version == 0 ? 0 : application_id;
    return connection.execute(("PRAGMA application_id = " + std::to_string(id) +
                               "; PRAGMA user_version = " + text(version))
                                  .c_str());
}

core::Result<> apply(Connection& connection, const Migration& migration) {
    if (auto done = connection.execute(migration.forward); !done) return done;
    auto statement = connection.prepare(
        "INSERT INTO schema_migrations (version, name, applied_ms) "
        "VALUES (?1, ?2, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))");
    if (!statement) return std::unexpected(statement.error());
    if (!statement->bind(1, migration.version).bind_text(2, migration.name).run())
        return std::unexpected(connection.error("record a migration"));
    return stamp(connection, migration.version);
}

core::Result<> take_back(Connection& connection, const Migration& migration) {
    if (auto done = connection.execute(migration.backward); !done) return done;
    auto statement = connection.prepare("DELETE FROM schema_migrations WHERE version = ?1");
    if (!statement) return std::unexpected(statement.error());
    if (!statement->bind(1, migration.version).run())
        return std::unexpected(connection.error("take back a migration"));
    return stamp(connection, migration.version - 1);
}

core::Result<> refuse_loss(Connection& connection, const Migration& migration) {
    if (*migration.rows_lost == '\0') return {};
    const auto rows = connection.integer(migration.rows_lost);
    if (!rows) return std::unexpected(rows.error());
    if (*rows == 0) return {};
    return core::fail(StoreErrc::bad_argument,
                      connection.path().string() + ": going back behind schema " +
                          text(migration.version) + " would delete " + std::to_string(*rows) + " " +
                          migration.rows_are + "; make a backup first and then allow the loss");
}

}  // namespace

std::span<const Migration> migrations() {
    return all_migrations;
}

std::uint32_t newest_version() {
    return all_migrations.back().version;
}

core::Result<std::uint32_t> schema_version(Connection& connection) {
    const auto id = connection.integer("PRAGMA application_id");
    if (!id) return std::unexpected(id.error());
    const auto version = connection.integer("PRAGMA user_version");
    if (!version) return std::unexpected(version.error());
    const auto tables = connection.integer("SELECT count(*) FROM sqlite_schema");
    if (!tables) return std::unexpected(tables.error());

    const std::string place = connection.path().string();
    if (*id == 0 && *version == 0 && *tables == 0) return 0;
    if (*id != application_id) {
        return core::fail(StoreErrc::bad_argument,
                          place + " is a database of another program; choose another file");
    }
    if (*version > newest_version()) {
        return core::fail(StoreErrc::newer_schema,
                          place + " was written by a newer version of Millrace (schema " +
                              std::to_string(*version) + ", this one knows " +
                              text(newest_version()) +
                              "); use that version, or go back with its `millrace db rollback`");
    }
    return static_cast<std::uint32_t>(*version);
}

core::Result<> require_newest(Connection& connection) {
    const auto version = schema_version(connection);
    if (!version) return std::unexpected(version.error());
    if (*version == newest_version()) return {};
    return core::fail(StoreErrc::older_schema,
                      connection.path().string() + " has schema " + text(*version) +
                          ", this version of Millrace needs " + text(newest_version()) +
                          "; run `millrace db migrate`");
}

core::Result<> migrate_forward(Connection& connection) {
    const auto version = schema_version(connection);
    if (!version) return std::unexpected(version.error());
    if (*version == newest_version()) return {};
    auto transaction = Transaction::begin(connection, "migrate");
    if (!transaction) return std::unexpected(transaction.error());
    if (auto made = connection.execute(bookkeeping); !made) return made;
    for (const Migration& migration : all_migrations) {
        if (migration.version <= *version) continue;
        if (auto applied = apply(connection, migration); !applied)
            return std::unexpected(applied.error().during("migrate to", migration.name));
    }
    return transaction->commit("migrate");
}

core::Result<> migrate_back(Connection& connection, std::uint32_t version, bool lose_data) {
    const auto current = schema_version(connection);
    if (!current) return std::unexpected(current.error());
    if (version > *current) {
        return core::fail(StoreErrc::bad_argument, connection.path().string() + " has schema " +
                                                       text(*current) + "; going back to " +
                                                       text(version) + " is not possible");
    }
    auto transaction = Transaction::begin(connection, "migrate back");
    if (!transaction) return std::unexpected(transaction.error());
    for (const Migration& migration : std::views::reverse(all_migrations)) {
        if (migration.version > *current || migration.version <= version) continue;
        if (!lose_data) {
            if (auto checked = refuse_loss(connection, migration); !checked) return checked;
        }
        if (auto done = take_back(connection, migration); !done)
            return std::unexpected(done.error().during("migrate back from", migration.name));
    }
    if (version == 0) {
        if (auto done = connection.execute("DROP TABLE IF EXISTS schema_migrations"); !done)
            return done;
    }
    return transaction->commit("migrate back");
}

core::Result<std::vector<MigrationInfo>> migration_list(Connection& connection) {
    const auto version = schema_version(connection);
    if (!version) return std::unexpected(version.error());
    std::vector<MigrationInfo> list;
    for (const Migration& migration : all_migrations)
        list.push_back({migration.version, migration.name, std::nullopt});
    if (*version == 0) return list;
    auto statement = connection.prepare("SELECT version, applied_ms FROM schema_migrations");
    if (!statement) return std::unexpected(statement.error());
    int code = SQLITE_ROW;
    while ((code = statement->step()) == SQLITE_ROW) {
        const auto found = std::ranges::find(list, statement->integer(0), &MigrationInfo::version);
        if (found != list.end()) found->applied_at = core::Time{statement->integer(1)};
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("read the migrations"));
    return list;
}

}  // namespace millrace::store::sqlite
