// SPDX-License-Identifier: Apache-2.0
#include "sqlite/connection.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include "millrace/store/store.hpp"

namespace millrace::store::sqlite {

namespace {

/// As SQLite wants it; what has a meaning in a URI is escaped.
std::string uri_of(const std::filesystem::path& path, Access access) {
    std::string uri = "file:";
    for (const char c : path.string()) {
        if (c == '%') {
            uri += "%25";
        } else if (c == '?') {
            uri += "%3f";
        } else if (c == '#') {
            uri += "%23";
        } else {
            uri += c;
        }
    }
    switch (access) {
        case Access::write: return uri + "?mode=rwc";
        case Access::shared: return uri + "?mode=ro";
        // Locks that do nothing: an exclusive one cannot be had on a file opened for reading.
        case Access::exclusive: return uri + "?mode=ro&vfs=unix-none";
        case Access::frozen: return uri + "?mode=ro&immutable=1";
    }
    return uri;
}

/// Which error of the system lies behind it: a full disk also shows as a failed write.
bool is_out_of_space(sqlite3* database) {
    const int number = sqlite3_system_errno(database);
    return number == ENOSPC || number == EDQUOT;
}

StoreErrc code_of(sqlite3* database, int extended_code) {
    switch (extended_code & 0xff) {
        case SQLITE_FULL: return StoreErrc::full;
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_CANTOPEN: return StoreErrc::read_only;
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return StoreErrc::locked;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_FORMAT: return StoreErrc::corrupt;
        case SQLITE_INTERRUPT: return StoreErrc::timed_out;
        case SQLITE_CONSTRAINT:
        case SQLITE_TOOBIG: return StoreErrc::bad_argument;
        case SQLITE_IOERR: return is_out_of_space(database) ? StoreErrc::full : StoreErrc::io;
        default: return StoreErrc::io;
    }
}

std::string_view remedy(StoreErrc code) {
    switch (code) {
        case StoreErrc::full:
            return "no space is left there; nothing of this was kept: make room and repeat it";
        case StoreErrc::read_only:
            return "the file or its folder may not be written or opened; correct its permissions, "
                   "or choose another folder with --data";
        case StoreErrc::locked:
            return "another program is using the database; end it (a database browser, a sqlite3 "
                   "shell) and repeat this";
        case StoreErrc::corrupt:
            return "the database is damaged; keep a copy of it, then restore a backup, or save "
                   "what can be read with: sqlite3 FILE .recover";
        case StoreErrc::timed_out: return "reading took too long and was ended; ask for less";
        case StoreErrc::io: return "the disk or the system failed; see the system's log";
        case StoreErrc::bad_argument:
        case StoreErrc::newer_schema:
        case StoreErrc::older_schema:
        case StoreErrc::stale_epoch:
        case StoreErrc::outcome_unknown:
        case StoreErrc::not_found:
        case StoreErrc::conflict: break;
    }
    return {};
}

int open_flags(Access access) {
    const int mode =
        access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    return mode | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
}

}  // namespace

Statement& Statement::bind_bytes(int code, std::size_t size) {
    if (bound_ == SQLITE_OK) bound_ = code;
    bound_bytes_ += size;
    return *this;
}

Statement& Statement::bind(int index, std::int64_t value) {
    return bind_bytes(sqlite3_bind_int64(statement_.get(), index, value), 0);
}

Statement& Statement::bind_null(int index) {
    return bind_bytes(sqlite3_bind_null(statement_.get(), index), 0);
}

Statement& Statement::bind_text(int index, std::string_view value) {
    // A null pointer would bind NULL, also when the length is 0.
    const char* data = value.data() == nullptr ? "" : value.data();
    return bind_bytes(sqlite3_bind_text64(statement_.get(), index, data, value.size(),
                                          SQLITE_STATIC, SQLITE_UTF8),
                      value.size());
}

Statement& Statement::bind_blob(int index, std::string_view value) {
    const char* data = value.data() == nullptr ? "" : value.data();
    return bind_bytes(
        sqlite3_bind_blob64(statement_.get(), index, data, value.size(), SQLITE_STATIC),
        value.size());
}

Statement& Statement::bind_uuid(int index, const core::Uuid& value) {
    return bind_bytes(sqlite3_bind_blob64(statement_.get(), index, value.bytes.data(),
                                          value.bytes.size(), SQLITE_STATIC),
                      value.bytes.size());
}

bool Statement::run() {
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW)
        code = step();
    code_ = code;
    row_bytes_ = bound_bytes_;
    // A reset repeats the step's error code, so the connection still tells of it afterwards.
    reset();
    return code == SQLITE_DONE;
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
    bound_ = SQLITE_OK;
    bound_bytes_ = 0;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string_view Statement::text(int column) const {
    return blob(column);
}

std::string_view Statement::blob(int column) const {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return {static_cast<const char*>(data), data == nullptr ? 0 : static_cast<std::size_t>(size)};
}

core::Uuid Statement::uuid(int column) const {
    core::Uuid uuid;
    const std::string_view bytes = blob(column);
    if (bytes.size() == uuid.bytes.size())
        std::memcpy(uuid.bytes.data(), bytes.data(), bytes.size());
    return uuid;
}

core::Result<Connection> Connection::open(const std::filesystem::path& path, Access access,
                                          core::Duration busy_timeout, const std::string& vfs) {
    Connection connection;
    connection.path_ = path;
    sqlite3* database = nullptr;
    const int code = sqlite3_open_v2(uri_of(path, access).c_str(), &database, open_flags(access),
                                     vfs.empty() ? nullptr : vfs.c_str());
    connection.database_.reset(database);
    if (code != SQLITE_OK) return std::unexpected(connection.error(code, "open"));
    sqlite3_busy_timeout(database, static_cast<int>(busy_timeout.ms));
    // Schemas come from our own migrations only; a foreign one must not run functions.
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    if (access != Access::write)
        sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    // Before the first access to the log this keeps the log's index in memory.
    if (access == Access::exclusive) {
        if (auto set = connection.execute("PRAGMA locking_mode = EXCLUSIVE"); !set)
            return std::unexpected(set.error());
    }
    if (auto set = connection.execute("PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY");
        !set)
        return std::unexpected(set.error());
    return connection;
}

core::Result<> Connection::execute(const char* sql) {
    if (sqlite3_exec(raw(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return std::unexpected(error("use"));
}

core::Result<Statement> Connection::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(raw(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return std::unexpected(error("use"));
    return Statement{statement};
}

core::Result<Statement*> Connection::cached(const char* sql) {
    Statement& kept = statements_[sql];
    if (!kept) {
        auto prepared = prepare(sql);
        if (!prepared) return std::unexpected(prepared.error());
        kept = std::move(*prepared);
    }
    return &kept;
}

core::Result<std::int64_t> Connection::integer(const char* sql) {
    auto statement = prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    const int code = statement->step();
    if (code == SQLITE_DONE) return 0;
    if (code != SQLITE_ROW) return std::unexpected(error("read"));
    return statement->integer(0);
}

core::Error Connection::error(std::string_view action) const {
    return error(sqlite3_extended_errcode(raw()), action);
}

core::Error Connection::error(int extended_code, std::string_view action) const {
    const StoreErrc code = code_of(raw(), extended_code);
    std::string message = path_.string() + ": cannot " + std::string{action} + ": ";
    const bool is_last = raw() != nullptr && sqlite3_extended_errcode(raw()) == extended_code;
    message += is_last ? sqlite3_errmsg(raw()) : sqlite3_errstr(extended_code);
    message += " (SQLite error " + std::to_string(extended_code);
    if (const int number = raw() == nullptr ? 0 : sqlite3_system_errno(raw()); number != 0)
        message += std::string{", "} + std::strerror(number);
    message += ")";
    if (const std::string_view advice = remedy(code); !advice.empty())
        message.append("; ").append(advice);
    return {code, message};
}

core::Error Connection::error(const Statement& failed, std::string_view action) const {
    if ((failed.code() & 0xff) != SQLITE_TOOBIG) {
        return error(failed.code(), action);
    }
    return {StoreErrc::bad_argument,
            path_.string() + ": cannot " + std::string{action} + ": its row of " +
                std::to_string(failed.row_bytes()) + " bytes is larger than the limit of " +
                std::to_string(sqlite3_limit(raw(), SQLITE_LIMIT_LENGTH, -1)) + " bytes"};
}

core::Result<Transaction> Transaction::begin(Connection& connection, std::string_view action) {
    auto begin = connection.cached("BEGIN IMMEDIATE");
    if (!begin) return std::unexpected(begin.error());
    if (!(*begin)->run()) return std::unexpected(connection.error(action));
    return Transaction{connection};
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_{std::exchange(other.connection_, nullptr)} {}

Transaction::~Transaction() {
    if (connection_ == nullptr || sqlite3_get_autocommit(connection_->raw()) != 0) return;
    // A failed ROLLBACK leaves the transaction open; whoever begins the next one finds out.
    sqlite3_exec(connection_->raw(), "ROLLBACK", nullptr, nullptr, nullptr);
}

core::Result<> Transaction::commit(std::string_view action) {
    auto statement = connection_->cached("COMMIT");
    if (!statement) return std::unexpected(statement.error());
    if ((*statement)->run()) {
        connection_ = nullptr;
        return {};
    }
    const int code = sqlite3_extended_errcode(connection_->raw());
    const core::Error error = connection_->error(code, action);
    if (!commit_kept_nothing(code)) {
        return core::fail(StoreErrc::outcome_unknown,
                          error.message() + "; whether it was kept shows after reopening");
    }
    sqlite3_exec(connection_->raw(), "ROLLBACK", nullptr, nullptr, nullptr);
    if (sqlite3_get_autocommit(connection_->raw()) == 0) {
        return core::fail(StoreErrc::outcome_unknown,
                          error.message() + "; it could not be rolled back");
    }
    return std::unexpected(error);
}

bool commit_kept_nothing(int extended_code) {
    // SQLITE_FULL comes from writing to the log, before the frame that commits is complete there.
    // Any other failure may have come after it, such as from fsync.
    return (extended_code & 0xff) == SQLITE_FULL;
}

}  // namespace millrace::store::sqlite
