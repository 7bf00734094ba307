// SPDX-License-Identifier: Apache-2.0
#include "sql/sql_connection.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "failures.hpp"

namespace millrace::runtime {
namespace {

using Done = std::expected<void, core::Failure>;

constexpr int busy_step_ms = 5;
constexpr int busy_patience_ms = 5'000;

/// Pragmas that tell something, with or without an argument.
constexpr auto telling_pragmas = std::to_array<std::string_view>(
    {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
     "foreign_key_list", "foreign_key_check", "integrity_check", "quick_check", "collation_list",
     "function_list", "database_list", "compile_options", "data_version", "schema_version",
     "page_count", "freelist_count", "encoding"});
/// Pragmas that also change something, but in the file alone.
constexpr auto changing_pragmas = std::to_array<std::string_view>(
    {"user_version", "application_id", "journal_mode", "page_size", "auto_vacuum",
     "incremental_vacuum", "optimize", "wal_checkpoint", "defer_foreign_keys"});

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

/// Whether a pragma leaves the connection, which other nodes use after this one, as it was.
bool is_harmless(std::string_view pragma, const char* argument) {
    const std::string name = lower(pragma);
    if (is_one_of(telling_pragmas, name)) return true;
    if (argument == nullptr) return is_one_of(changing_pragmas, name) || name == "foreign_keys";
    if (name != "journal_mode") return is_one_of(changing_pragmas, name);
    // The others leave a database behind that a crash can break.
    constexpr auto modes =
        std::to_array<std::string_view>({"wal", "delete", "truncate", "persist"});
    return is_one_of(modes, lower(argument));
}

bool is_blank(std::string_view sql) {
    return sql.find_first_not_of(" \t\r\n;") == std::string_view::npos;
}

struct Meaning {
    core::ErrorClass error_class;
    std::string_view code;
    bool recoverable;
    std::string_view remedy = {};
};

Meaning meaning_of(int code) {
    using enum core::ErrorClass;
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return {connection, "sqlite_busy", true};
        case SQLITE_MISMATCH:
        case SQLITE_CONSTRAINT: return {validation, "sqlite_constraint", false};
        case SQLITE_TOOBIG:
            return {limit, "value_too_large", false, "; a value has at most 256MiB"};
        case SQLITE_FULL: return {limit, "disk_full", true};
        case SQLITE_AUTH:
        case SQLITE_READONLY:
        case SQLITE_PERM: return {validation, "sqlite_denied", false};
        case SQLITE_CANTOPEN:
            return {validation, "sqlite_not_found", false, "; create: true makes a new database"};
        case SQLITE_IOERR:
        case SQLITE_NOMEM: return {internal, "sqlite_io", true};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return {internal, "sqlite_corrupt", false};
        case SQLITE_INTERRUPT: return {canceled, "canceled", false};
        default: return {validation, "sqlite_error", false};
    }
}

core::Value details_of(int code) {
    constexpr auto kinds = std::to_array<std::pair<int, std::string_view>>(
        {{SQLITE_CONSTRAINT_UNIQUE, "unique"},
         {SQLITE_CONSTRAINT_PRIMARYKEY, "primary_key"},
         {SQLITE_CONSTRAINT_ROWID, "primary_key"},
         {SQLITE_CONSTRAINT_NOTNULL, "not_null"},
         {SQLITE_CONSTRAINT_CHECK, "check"},
         {SQLITE_CONSTRAINT_FOREIGNKEY, "foreign_key"},
         {SQLITE_CONSTRAINT_TRIGGER, "trigger"},
         {SQLITE_MISMATCH, "datatype"},
         {SQLITE_CONSTRAINT_DATATYPE, "datatype"}});
    const auto kind = std::ranges::find(kinds, code, &std::pair<int, std::string_view>::first);
    if (kind == kinds.end()) return {};
    return core::Value::object({{"constraint", kind->second}});
}

}  // namespace

SqlConnection::~SqlConnection() {
    statements_.clear();
}

std::expected<std::unique_ptr<SqlConnection>, core::Failure> SqlConnection::open(
    const std::string& path, Mode mode) {
    std::unique_ptr<SqlConnection> made{new SqlConnection};
    made->path_ = path;
    made->read_only_ = mode.read_only;
    int flags = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= mode.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (mode.create && !mode.read_only) flags |= SQLITE_OPEN_CREATE;
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
    made->database_.reset(opened);
    if (code != SQLITE_OK) return std::unexpected{made->failure("cannot open")};
    if (Done done = made->configure(); !done) return std::unexpected{std::move(done.error())};
    struct stat found {};
    if (stat(path.c_str(), &found) == 0) {
        made->device_ = found.st_dev;
        made->inode_ = found.st_ino;
    }
    return made;
}

Done SqlConnection::configure() {
    sqlite3* const database = database_.get();
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
    sqlite3_limit(database, SQLITE_LIMIT_LENGTH, static_cast<int>(value_bytes_max));
    sqlite3_set_authorizer(database, &SqlConnection::authorize, this);
    sqlite3_busy_handler(database, &SqlConnection::on_busy, this);
    constexpr int operations_between_looks = 20'000;
    sqlite3_progress_handler(database, operations_between_looks, &SqlConnection::on_progress, this);
    return {};
}

bool SqlConnection::is_current() const {
    struct stat found {};
    return stat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
}

int SqlConnection::authorize(void* self, int action, const char* first, const char* second,
                             const char* database, const char*) noexcept {
    SqlConnection& connection = *static_cast<SqlConnection*>(self);
    // What SQLite prepares for itself while a statement runs was judged with that statement, but
    // for the file that VACUUM INTO names.
    if (!connection.judges_ && action != SQLITE_ATTACH) return SQLITE_OK;
    const std::string_view name = first != nullptr ? first : "";
    const auto deny = [&connection](std::string why) {
        connection.denial_ = std::move(why);
        return SQLITE_DENY;
    };
    switch (action) {
        case SQLITE_ATTACH:
            // VACUUM attaches a nameless file while it runs. Any other name would lead out of the
            // database, and a nameless one of the node's own would stay for the next node.
            if (!connection.judges_ && first != nullptr && name.empty()) return SQLITE_OK;
            return deny("a node uses one database; ATTACH and VACUUM INTO are not allowed");
        case SQLITE_TRANSACTION:
        case SQLITE_SAVEPOINT:
            return deny("the node begins and ends transactions itself; see its field transaction");
        case SQLITE_FUNCTION:
            if (second == nullptr || std::string_view{second} != "load_extension") return SQLITE_OK;
            return deny("load_extension is not allowed");
        case SQLITE_PRAGMA:
            if (is_harmless(name, second)) return SQLITE_OK;
            return deny("PRAGMA " + std::string{name} + " is not allowed");
        case SQLITE_CREATE_TEMP_INDEX:
        case SQLITE_CREATE_TEMP_TABLE:
        case SQLITE_CREATE_TEMP_TRIGGER:
        case SQLITE_CREATE_TEMP_VIEW: connection.has_temporary_ = true; return SQLITE_OK;
        case SQLITE_CREATE_VTABLE:
            if (database != nullptr && std::string_view{database} == "temp")
                connection.has_temporary_ = true;
            return SQLITE_OK;
        default: return SQLITE_OK;
    }
}

int SqlConnection::on_busy(void* self, int count) noexcept {
    const SqlConnection& connection = *static_cast<SqlConnection*>(self);
    if (connection.stop_.stop_requested() || count * busy_step_ms >= busy_patience_ms) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds{busy_step_ms});
    return 1;
}

int SqlConnection::on_progress(void* self) noexcept {
    return static_cast<SqlConnection*>(self)->stop_.stop_requested() ? 1 : 0;
}

std::expected<sqlite3_stmt*, core::Failure> SqlConnection::prepare(const std::string& sql,
                                                                   std::string_view where) {
    return prepared(sql, false, where);
}

std::expected<sqlite3_stmt*, core::Failure> SqlConnection::prepare_own(const std::string& sql) {
    return prepared(sql, true, "");
}

std::expected<sqlite3_stmt*, core::Failure> SqlConnection::prepared(const std::string& sql,
                                                                    bool own,
                                                                    std::string_view where) {
    const auto known = std::ranges::find_if(statements_, [&](const Prepared& prepared) {
        return prepared.own == own && prepared.sql == sql;
    });
    if (known != statements_.end()) {
        statements_.splice(statements_.begin(), statements_, known);
        sqlite3_reset(known->statement.get());
        sqlite3_clear_bindings(known->statement.get());
        return known->statement.get();
    }
    judges_ = !own;
    denial_.clear();
    sqlite3_stmt* made = nullptr;
    const char* rest = nullptr;
    const int code =
        sqlite3_prepare_v3(database_.get(), sql.c_str(), static_cast<int>(sql.size()) + 1,
                           SQLITE_PREPARE_PERSISTENT, &made, &rest);
    judges_ = false;
    Prepared statement{sql, own, std::unique_ptr<sqlite3_stmt, Finalize>{made}};
    if (code != SQLITE_OK) return std::unexpected{failure(where)};
    if (made == nullptr) return refused("sqlite_error", std::string{where} + ": the SQL is empty");
    // What follows may be a comment, which gives no statement.
    const std::string more{rest};
    if (!is_blank(more)) {
        sqlite3_stmt* second = nullptr;
        const int more_code =
            sqlite3_prepare_v3(database_.get(), more.c_str(), -1, 0, &second, nullptr);
        sqlite3_finalize(second);
        if (more_code != SQLITE_OK || second != nullptr) {
            return refused("sqlite_error", std::string{where} +
                                               ": one statement was expected; several go into "
                                               "`statements`, one in each element");
        }
    }
    if (statements_.size() == statements_max) statements_.pop_back();
    statements_.push_front(std::move(statement));
    return made;
}

Done SqlConnection::execute_own(const std::string& sql) {
    const auto statement = prepare_own(sql);
    if (!statement) return std::unexpected{statement.error()};
    const int code = sqlite3_step(*statement);
    if (code != SQLITE_DONE && code != SQLITE_ROW) {
        core::Failure failed = failure("");
        sqlite3_reset(*statement);
        return std::unexpected{std::move(failed)};
    }
    sqlite3_reset(*statement);
    return {};
}

core::Failure SqlConnection::failure(std::string_view where) const {
    const int code = database_ ? sqlite3_extended_errcode(database_.get()) : SQLITE_NOMEM;
    const Meaning meaning = meaning_of(code);
    std::string message = where.empty() ? path_ : path_ + ": " + std::string{where};
    const bool denied = (code & 0xff) == SQLITE_AUTH && !denial_.empty();
    message += ": " + (denied ? denial_ : std::string{sqlite3_errmsg(database_.get())});
    message += meaning.remedy;
    core::Failure failure =
        make_failure(meaning.error_class, meaning.code, std::move(message), meaning.recoverable);
    failure.details = details_of(code);
    return failure;
}

}  // namespace millrace::runtime
