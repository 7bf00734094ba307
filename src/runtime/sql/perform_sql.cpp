// SPDX-License-Identifier: Apache-2.0
#include "sql/perform_sql.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "failures.hpp"
#include "millrace/core/binary.hpp"
#include "sql/sql_statement.hpp"

namespace millrace::runtime {
namespace {

using core::Value;
using Done = std::expected<void, core::Failure>;
using Result = std::expected<Value, core::Failure>;

/// Attempts of a run follow each other within hours, or when a machine comes back.
constexpr core::Duration noted_for{30LL * 24 * 3600 * 1000};

class Transaction {
public:
    explicit Transaction(SqlConnection& connection) : connection_{connection} {}
    ~Transaction() {
        if (is_open_) static_cast<void>(connection_.execute_own("ROLLBACK"));
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    Done begin(bool writes) {
        // To become a writer only later could fail for good while another one waits.
        Done done = connection_.execute_own(writes ? "BEGIN IMMEDIATE" : "BEGIN");
        is_open_ = done.has_value();
        return done;
    }
    Done commit() {
        Done done = connection_.execute_own("COMMIT");
        if (done) is_open_ = false;
        return done;
    }

private:
    SqlConnection& connection_;
    bool is_open_ = false;
};

/// The table in which a database notes which runs have written to it.
class Notes {
public:
    Notes(SqlConnection& connection, const std::string& key, core::Time now)
        : connection_{connection}, key_{key}, now_{now} {}

    /// What an earlier attempt has given, if there is one.
    std::expected<std::optional<Value>, core::Failure> find() {
        Done done = connection_.execute_own(
            "CREATE TABLE IF NOT EXISTS millrace_once (key TEXT PRIMARY KEY, result BLOB NOT "
            "NULL, at INTEGER NOT NULL) WITHOUT ROWID");
        // Without it, each write would look at the notes of a month to find old ones.
        if (done) {
            done = connection_.execute_own(
                "CREATE INDEX IF NOT EXISTS millrace_once_at ON millrace_once (at)");
        }
        if (!done) return std::unexpected{std::move(done.error())};
        const auto select =
            connection_.prepare_own("SELECT result FROM millrace_once WHERE key = ?");
        if (!select) return std::unexpected{select.error()};
        bind_key(*select);
        std::optional<Value> found;
        const int code = sqlite3_step(*select);
        if (code == SQLITE_ROW) {
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(*select, 0));
            core::BinaryReader reader{
                {static_cast<const char*>(sqlite3_column_blob(*select, 0)), size}};
            found = reader.value();
        }
        std::optional<core::Failure> failed;
        if (code != SQLITE_ROW && code != SQLITE_DONE) failed = connection_.failure("");
        sqlite3_reset(*select);
        if (failed) return std::unexpected{*std::move(failed)};
        return found;
    }
    Done add(const Value& result) {
        std::string bytes;
        core::BinaryWriter{bytes}.value(result);
        const auto insert = connection_.prepare_own("INSERT INTO millrace_once VALUES (?, ?, ?)");
        if (!insert) return std::unexpected{insert.error()};
        bind_key(*insert);
        sqlite3_bind_blob64(*insert, 2, bytes.data(), bytes.size(), SQLITE_STATIC);
        sqlite3_bind_int64(*insert, 3, now_.ms);
        if (Done done = run(*insert); !done) return done;
        // Some at a time: those of a day with a million writes must not fall upon one.
        const auto remove = connection_.prepare_own(
            "DELETE FROM millrace_once WHERE key IN (SELECT key FROM millrace_once WHERE at < ? "
            "ORDER BY at LIMIT 100)");
        if (!remove) return std::unexpected{remove.error()};
        sqlite3_bind_int64(*remove, 1, (now_ - noted_for).ms);
        return run(*remove);
    }

private:
    void bind_key(sqlite3_stmt* statement) const {
        sqlite3_bind_text64(statement, 1, key_.data(), key_.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    Done run(sqlite3_stmt* statement) {
        Done done;
        if (sqlite3_step(statement) != SQLITE_DONE) done = std::unexpected{connection_.failure("")};
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
        return done;
    }

    SqlConnection& connection_;
    const std::string& key_;
    core::Time now_;
};

Result run_all(SqlConnection& connection, const engine::SqlCall& call, const AttemptFacts& facts) {
    SqlBudget budget{.rows_max = call.max_rows};
    std::vector<Value> results;
    std::int64_t changes = 0;
    for (const engine::SqlStatement& statement : call.statements) {
        if (facts.stop.stop_requested()) {
            return std::unexpected{make_failure(core::ErrorClass::canceled, "canceled",
                                                "the statements were stopped before their end")};
        }
        const std::string where =
            call.single ? "the statement" : "statement " + std::to_string(results.size() + 1);
        auto result = run_statement(connection, statement, where, budget);
        if (!result) return std::unexpected{std::move(result.error())};
        changes += result->changes;
        results.push_back(std::move(*result).to_value());
    }
    if (call.single) return results.front();
    return Value::object({{"results", Value::array(std::move(results))}, {"changes", changes}});
}

Result run_together(SqlConnection& connection, const engine::SqlCall& call,
                    const AttemptFacts& facts, core::Time now) {
    Transaction transaction{connection};
    if (Done done = transaction.begin(!call.read_only); !done) {
        return std::unexpected{std::move(done.error())};
    }
    const bool notes = call.once && !call.read_only;
    Notes noted{connection, facts.idempotency_key, now};
    if (notes) {
        auto found = noted.find();
        if (!found) return std::unexpected{std::move(found.error())};
        if (*found) return **std::move(found);
    }
    Result result = run_all(connection, call, facts);
    if (!result) return result;
    if (notes) {
        if (Done done = noted.add(*result); !done) return std::unexpected{std::move(done.error())};
    }
    if (Done done = transaction.commit(); !done) return std::unexpected{std::move(done.error())};
    return result;
}

}  // namespace

Result perform_sql(const engine::SqlCall& call, Surroundings& surroundings,
                   const AttemptFacts& facts) {
    const auto need = call.read_only ? AllowedFolders::Need::read : AllowedFolders::Need::write;
    auto place = surroundings.folders->find(call.database, need);
    if (!place) return std::unexpected{std::move(place.error())};
    auto connection = surroundings.databases.take(place->path, {call.read_only, call.create});
    if (!connection) return std::unexpected{std::move(connection.error())};
    (*connection)->obey(facts.stop);
    Result result = call.transaction
                        ? run_together(**connection, call, facts, surroundings.clock->wall())
                        : run_all(**connection, call, facts);
    const bool is_broken = !result && result.error().error_class == core::ErrorClass::internal;
    if (!is_broken && !(*connection)->has_temporary())
        surroundings.databases.give_back(*std::move(connection));
    return result;
}

}  // namespace millrace::runtime
