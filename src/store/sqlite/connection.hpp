// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::store::sqlite {

/// The three ways to reach a database file.
enum class Access : std::uint8_t {
    write,      ///< creates the file and its log
    shared,     ///< reads beside an owner, through the log's shared index
    exclusive,  ///< reads a log that has no index, with an index in memory; nobody writes
    frozen,     ///< reads a file without a log; nobody writes
};

/// A prepared statement. Its texts and blobs are bound without a copy: they must outlive the step.
class Statement {
public:
    Statement() = default;
    explicit Statement(sqlite3_stmt* statement) : statement_{statement} {}

    Statement& bind(int index, std::int64_t value);
    Statement& bind_null(int index);
    Statement& bind_text(int index, std::string_view value);
    Statement& bind_blob(int index, std::string_view value);
    Statement& bind_uuid(int index, const core::Uuid& value);

    /// SQLITE_ROW, SQLITE_DONE or an error code, also that of a value that could not be bound.
    int step() { return bound_ == SQLITE_OK ? sqlite3_step(statement_.get()) : bound_; }
    /// Steps to the end and resets; whether all went well.
    bool run();
    void reset();

    /// What the last `run` ended with, and the bytes of all texts and blobs it was given.
    int code() const { return code_; }
    std::size_t row_bytes() const { return row_bytes_; }

    std::int64_t integer(int column) const;
    bool is_null(int column) const;
    std::string_view text(int column) const;
    std::string_view blob(int column) const;
    core::Uuid uuid(int column) const;

    explicit operator bool() const { return statement_ != nullptr; }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    Statement& bind_bytes(int code, std::size_t size);

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int bound_ = SQLITE_OK;  // the first failure to bind; what was not bound counts as NULL
    std::size_t bound_bytes_ = 0;
    int code_ = SQLITE_OK;
    std::size_t row_bytes_ = 0;
};

/// Ends a statement's use at the end of a scope, so that it holds no read lock.
class ResetAtExit {
public:
    explicit ResetAtExit(Statement& statement) : statement_{statement} {}
    ~ResetAtExit() { statement_.reset(); }
    ResetAtExit(const ResetAtExit&) = delete;
    ResetAtExit& operator=(const ResetAtExit&) = delete;

private:
    Statement& statement_;
};

/// An open database; used by one thread at a time. Errors carry the file's path and a remedy.
class Connection {
public:
    /// `vfs` empty: the system's. A connection for reading neither creates nor removes a file.
    static core::Result<Connection> open(const std::filesystem::path& path, Access access,
                                         core::Duration busy_timeout, const std::string& vfs);

    core::Result<> execute(const char* sql);
    core::Result<Statement> prepare(std::string_view sql);
    /// Prepared at the first use and kept; `sql` is a literal, known by its address.
    core::Result<Statement*> cached(const char* sql);
    /// The only value of the only row of `sql`; 0 when there is no row.
    core::Result<std::int64_t> integer(const char* sql);

    /// What the last call ran into, while doing `action` ("commit frame 7").
    core::Error error(std::string_view action) const;
    /// The same for a result code that the caller kept.
    core::Error error(int extended_code, std::string_view action) const;
    /// The same for a statement whose `run` has failed; names the size of a row that is too large.
    core::Error error(const Statement& failed, std::string_view action) const;

    sqlite3* raw() const { return database_.get(); }
    const std::filesystem::path& path() const { return path_; }
    std::int64_t changes() const { return sqlite3_changes64(database_.get()); }

private:
    struct Close {
        void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    };
    std::filesystem::path path_;
    std::unique_ptr<sqlite3, Close> database_;
    std::map<const void*, Statement> statements_;  // before the database goes
};

/// A transaction that is rolled back unless it was committed.
class Transaction {
public:
    static core::Result<Transaction> begin(Connection& connection, std::string_view action);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    /// Never repeated on this connection: after `outcome_unknown` it must be closed.
    core::Result<> commit(std::string_view action);

private:
    explicit Transaction(Connection& connection) : connection_{&connection} {}
    Connection* connection_;
};

/// Tells whether a failed COMMIT certainly kept nothing, once it was rolled back.
bool commit_kept_nothing(int extended_code);

}  // namespace millrace::store::sqlite
