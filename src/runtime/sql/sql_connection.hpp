// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <list>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "millrace/core/failure.hpp"

namespace millrace::runtime {

/// A database that a node uses; by one thread at a time. What a statement may do is limited: no
/// other files, no extensions, no transactions of its own, and only harmless pragmas.
///
/// Failures, by class: `connection` sqlite_busy; `validation` sqlite_constraint, sqlite_denied,
/// sqlite_error, sqlite_not_found; `limit` disk_full, value_too_large; `internal` sqlite_io,
/// sqlite_corrupt; `canceled` canceled.
class SqlConnection {
public:
    /// Of one value, and so of what SQLite itself takes for one.
    static constexpr std::size_t value_bytes_max = 256u << 20;

    struct Mode {
        bool read_only = false;
        bool create = false;
    };
    /// `path` leads to the file without symbolic links.
    static std::expected<std::unique_ptr<SqlConnection>, core::Failure> open(
        const std::string& path, Mode mode);
    ~SqlConnection();
    SqlConnection(const SqlConnection&) = delete;
    SqlConnection& operator=(const SqlConnection&) = delete;

    const std::string& path() const { return path_; }
    bool is_read_only() const { return read_only_; }
    /// Whether there are temporary tables, which the next node must not find.
    bool has_temporary() const { return has_temporary_; }
    /// Whether the file that was opened is still the one of that name.
    bool is_current() const;

    /// Until it is given another token, work ends soon after a stop is requested.
    void obey(std::stop_token stop) { stop_ = std::move(stop); }

    /// A node's statement, kept for the next time. `where` stands before messages.
    std::expected<sqlite3_stmt*, core::Failure> prepare(const std::string& sql,
                                                        std::string_view where);
    /// A statement of this program, which may do anything.
    std::expected<sqlite3_stmt*, core::Failure> prepare_own(const std::string& sql);
    std::expected<void, core::Failure> execute_own(const std::string& sql);

    sqlite3* raw() const { return database_.get(); }
    /// What the last call has run into.
    core::Failure failure(std::string_view where) const;

private:
    struct Close {
        void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    struct Prepared {
        std::string sql;
        bool own = false;
        std::unique_ptr<sqlite3_stmt, Finalize> statement;
    };
    static constexpr std::size_t statements_max = 64;

    SqlConnection() = default;
    std::expected<void, core::Failure> configure();
    std::expected<sqlite3_stmt*, core::Failure> prepared(const std::string& sql, bool own,
                                                         std::string_view where);
    static int authorize(void* self, int action, const char* first, const char* second,
                         const char* database, const char* trigger) noexcept;
    static int on_busy(void* self, int count) noexcept;
    static int on_progress(void* self) noexcept;

    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    bool read_only_ = false;
    bool has_temporary_ = false;
    bool judges_ = false;  // a node's statement is being prepared
    std::string denial_;
    std::stop_token stop_;
    std::unique_ptr<sqlite3, Close> database_;
    std::list<Prepared> statements_;  // the last used first; gone before the database
};

}  // namespace millrace::runtime
