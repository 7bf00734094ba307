// SPDX-License-Identifier: Apache-2.0
#include "sqlite/dead_letters.hpp"

#include <limits>
#include <utility>

#include "dead_letter_rules.hpp"
#include "millrace/core/binary.hpp"
#include "millrace/store/store.hpp"
#include "part_rules.hpp"

namespace millrace::store::sqlite {

namespace {

#define MR_LETTER_COLUMNS                                                              \
    "SELECT number, execution, path, node_id, workflow_id, version, attempts, at_ms, " \
    "status, replayed_as, decided_ms, failure, input FROM dead_letters WHERE tenant = 0 "

constexpr const char* one_letter_sql = MR_LETTER_COLUMNS "AND number = ?1";
constexpr const char* letters_sql = MR_LETTER_COLUMNS "AND number < ?1 ORDER BY number DESC";
// Whoever waits for decisions need not read those that have been taken.
constexpr const char* open_letters_sql =
    MR_LETTER_COLUMNS "AND number < ?1 AND status = 0 ORDER BY number DESC";

#undef MR_LETTER_COLUMNS

// A number is not given twice, also when retention has removed the newest letters.
// The same work can only fail again after somebody has had it tried again: what is told of it then
// takes the place of what was told before, and has to be decided anew.
constexpr const char* write_letter_sql =
    "INSERT INTO dead_letters (number, tenant, execution, path, node_id, workflow_id, version, "
    "code, attempts, at_ms, status, failure, input) "
    "VALUES (1 + max((SELECT coalesce(max(number), 0) FROM dead_letters), "
    "(SELECT letters_from FROM tenants WHERE tenant = 0)), "
    "0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?10) "
    "ON CONFLICT (tenant, execution, path) DO UPDATE SET code = excluded.code, "
    "attempts = excluded.attempts, at_ms = excluded.at_ms, status = 0, replayed_as = NULL, "
    "decided_ms = NULL, failure = excluded.failure, input = excluded.input";

core::Result<DeadLetter> letter_in(const Statement& row, const Connection& from) {
    DeadLetter letter;
    letter.number = static_cast<std::uint64_t>(row.integer(0));
    letter.row.id = core::ExecutionId{row.uuid(1)};
    letter.row.path = row.text(2);
    letter.row.node_id = row.text(3);
    letter.row.workflow_id = row.text(4);
    letter.row.workflow_version = static_cast<std::uint32_t>(row.integer(5));
    letter.row.attempts = static_cast<std::uint32_t>(row.integer(6));
    letter.row.at = core::Time{row.integer(7)};
    letter.status = static_cast<DeadLetterStatus>(row.integer(8));
    if (!row.is_null(9)) letter.replayed_as = core::ExecutionId{row.uuid(9)};
    if (!row.is_null(10)) letter.decided_at = core::Time{row.integer(10)};
    core::BinaryReader failure{row.blob(11)};
    letter.row.failure = failure.failure();
    core::BinaryReader input{row.blob(12)};
    letter.row.input = input.value();
    if (failure.at_end() && input.at_end() && row.integer(8) <= 2) return letter;
    return core::fail(StoreErrc::corrupt, from.path().string() + ": dead letter " +
                                              std::to_string(letter.number) +
                                              " cannot be read; restore a backup");
}

core::Result<DeadLetter> read_letter(Connection& connection, std::uint64_t number) {
    auto statement = connection.cached(one_letter_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const int code = (*statement)->bind(1, static_cast<std::int64_t>(number)).step();
    if (code == SQLITE_DONE) return std::unexpected(dead_letter_not_found(number));
    if (code != SQLITE_ROW) return std::unexpected(connection.error("read a dead letter"));
    return letter_in(**statement, connection);
}

core::Result<DeadLetterPage> read_letters(Connection& connection, const DeadLetterFilter& filter,
                                          std::size_t limit, std::int64_t below) {
    const bool is_open = filter.status == DeadLetterStatus::open;
    auto statement = connection.cached(is_open ? open_letters_sql : letters_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind(1, below);
    DeadLetterPage page;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW) {
        auto letter = letter_in(**statement, connection);
        if (!letter) return std::unexpected(letter.error());
        if (!matches(filter, *letter)) continue;
        if (page.items.size() == limit) {
            const auto last = static_cast<std::int64_t>(page.items.back().number);
            page.next_cursor = list_cursor(dead_letter_cursor, {last, 0});
            return page;
        }
        page.items.push_back(std::move(*letter));
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("list dead letters"));
    return page;
}

}  // namespace

core::Result<> write_dead_letter(Connection& connection, const engine::DeadLetterRow& row) {
    auto statement = connection.cached(write_letter_sql);
    if (!statement) return std::unexpected(statement.error());
    std::string failure;
    core::BinaryWriter{failure}.failure(row.failure);
    std::string input;
    core::BinaryWriter{input}.value(row.input);
    (*statement)->bind_uuid(1, row.id.uuid).bind_text(2, row.path).bind_text(3, row.node_id);
    (*statement)->bind_text(4, row.workflow_id).bind(5, row.workflow_version);
    (*statement)->bind_text(6, row.failure.code).bind(7, row.attempts).bind(8, row.at.ms);
    if ((*statement)->bind_blob(9, failure).bind_blob(10, input).run()) return {};
    return std::unexpected(
        connection.error(**statement, "write a dead letter of execution " + row.id.text()));
}

core::Result<> write_shared(Connection& connection, const engine::SharedRow& row) {
    auto statement = connection.cached(
        row.bytes.empty()
            ? "DELETE FROM shared_state WHERE tenant = 0 AND kind = ?1 AND key = ?2"
            : "INSERT INTO shared_state (tenant, kind, key, bytes) VALUES (0, ?1, ?2, ?3) "
              "ON CONFLICT DO UPDATE SET bytes = excluded.bytes");
    if (!statement) return std::unexpected(statement.error());
    (*statement)->bind_text(1, row.kind).bind_text(2, row.key);
    if (!row.bytes.empty()) (*statement)->bind_blob(3, row.bytes);
    if ((*statement)->run()) return {};
    return std::unexpected(connection.error(**statement, "write the shared state " + row.key));
}

core::Result<std::vector<engine::SharedRow>> read_shared(Connection& connection) {
    auto statement = connection.cached(
        "SELECT kind, key, bytes FROM shared_state WHERE tenant = 0 ORDER BY kind, key");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    std::vector<engine::SharedRow> rows;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW) {
        rows.push_back({std::string{(*statement)->text(0)}, std::string{(*statement)->text(1)},
                        std::string{(*statement)->blob(2)}});
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("read the shared state"));
    return rows;
}

core::Result<DeadLetterPage> SqliteDeadLetters::list(const DeadLetterFilter& filter,
                                                     std::size_t limit, const std::string& cursor) {
    const auto start = list_start(limit, cursor, dead_letter_cursor, "dead letters");
    if (!start) return std::unexpected(start.error());
    const std::int64_t below = *start ? (*start)->first : std::numeric_limits<std::int64_t>::max();
    return access_.readers().read(
        [&](Connection& connection) { return read_letters(connection, filter, limit, below); });
}

core::Result<DeadLetter> SqliteDeadLetters::find(std::uint64_t number) {
    return access_.readers().read(
        [&](Connection& connection) { return read_letter(connection, number); });
}

core::Result<> SqliteDeadLetters::mark_replayed(std::uint64_t number, core::ExecutionId as,
                                                core::Time now) {
    return decide(number, DeadLetterStatus::replayed, now, as);
}

core::Result<> SqliteDeadLetters::discard(std::uint64_t number, core::Time now) {
    return decide(number, DeadLetterStatus::discarded, now, std::nullopt);
}

core::Result<> SqliteDeadLetters::decide(std::uint64_t number, DeadLetterStatus status,
                                         core::Time now, std::optional<core::ExecutionId> as) {
    return access_.write(
        "decide about a dead letter", [&](Connection& connection) -> core::Result<> {
            const auto letter = read_letter(connection, number);
            if (!letter) return std::unexpected(letter.error());
            if (letter->status != DeadLetterStatus::open)
                return std::unexpected(dead_letter_is_decided(*letter));
            auto statement = connection.cached(
                "UPDATE dead_letters SET status = ?2, replayed_as = ?3, decided_ms = ?4, "
                "input = ?5 WHERE tenant = 0 AND number = ?1");
            if (!statement) return std::unexpected(statement.error());
            (*statement)->bind(1, static_cast<std::int64_t>(number));
            (*statement)->bind(2, static_cast<std::int64_t>(status)).bind(4, now.ms);
            std::string no_input;
            core::BinaryWriter{no_input}.value({});
            (*statement)->bind_blob(5, no_input);
            if (as) {
                (*statement)->bind_uuid(3, as->uuid);
            } else {
                (*statement)->bind_null(3);
            }
            if ((*statement)->run()) return {};
            return std::unexpected(connection.error(**statement, "decide about a dead letter"));
        });
}

}  // namespace millrace::store::sqlite
