// SPDX-License-Identifier: Apache-2.0
#include "millrace/store/admin.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

#include "folder_lock.hpp"
#include "location.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/live_reading.hpp"
#include "sqlite/migrations.hpp"
#include "sqlite/read_pool.hpp"
#include "sqlite/retention.hpp"

namespace millrace::store {

namespace {

using sqlite::Access;
using sqlite::Connection;

constexpr core::Duration busy_timeout{5'000};
constexpr std::uint64_t any_size = std::numeric_limits<std::uint64_t>::max();
constexpr core::Duration unlimited{std::int64_t{7} * 24 * 3'600'000};

core::Result<MigrationStatus> status_of(Connection& connection) {
    MigrationStatus status;
    status.location = connection.path().string();
    status.newest = sqlite::newest_version();
    const auto version = sqlite::schema_version(connection);
    if (!version) return std::unexpected(version.error());
    status.version = *version;
    auto list = sqlite::migration_list(connection);
    if (!list) return std::unexpected(list.error());
    status.migrations = std::move(*list);
    if (status.version != status.newest) return status;
    const auto live = sqlite::count_live(connection);
    if (!live) return std::unexpected(live.error());
    const auto parked = sqlite::count_parked(connection);
    if (!parked) return std::unexpected(parked.error());
    status.live = static_cast<std::uint64_t>(*live);
    status.parked = static_cast<std::uint64_t>(*parked);
    return status;
}

/// Runs `change` on the database, which exists, as its owner.
template <class T, class Change>
core::Result<T> as_owner(const OpenOptions& options, Change change) {
    const auto location = locate_file(options);
    if (!location) return std::unexpected(location.error());
    std::error_code ignored;
    if (!std::filesystem::exists(location->database, ignored)) {
        return core::fail(StoreErrc::not_found,
                          "there is no database " + location->database.string());
    }
    const auto lock = FolderLock::acquire(location->lock);
    if (!lock) return std::unexpected(lock.error());
    auto connection = Connection::open(location->database, Access::write, busy_timeout, {});
    if (!connection) return std::unexpected(connection.error());
    // Refuses a newer schema and foreign databases before the first write.
    if (const auto version = sqlite::schema_version(*connection); !version)
        return std::unexpected(version.error());
    if (auto set = connection->execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"); !set)
        return std::unexpected(set.error());
    return change(*connection);
}

/// Bytes of the database, with what its log still holds.
core::Result<std::uint64_t> size_of(Connection& connection) {
    const auto pages = connection.integer("PRAGMA page_count");
    if (!pages) return std::unexpected(pages.error());
    const auto bytes = connection.integer("PRAGMA page_size");
    if (!bytes) return std::unexpected(bytes.error());
    return static_cast<std::uint64_t>(*pages * *bytes);
}

core::Result<CompactReport> compact_as_owner(Connection& connection) {
    if (auto checked = sqlite::require_newest(connection); !checked)
        return std::unexpected(checked.error());
    CompactReport report;
    const auto before = size_of(connection);
    if (!before) return std::unexpected(before.error());
    report.bytes_before = *before;
    const auto mode = connection.integer("PRAGMA auto_vacuum");
    if (!mode) return std::unexpected(mode.error());
    if (*mode == sqlite::auto_vacuum_incremental) {
        if (auto done = connection.execute("VACUUM"); !done) return std::unexpected(done.error());
    } else if (auto done = sqlite::enable_give_back(connection, any_size); !done) {
        return std::unexpected(done.error());
    }
    const auto after = size_of(connection);
    if (!after) return std::unexpected(after.error());
    report.bytes_after = *after;
    return report;
}

core::Error file_error(std::string_view action, const std::filesystem::path& file, int number) {
    const StoreErrc code = number == EEXIST                       ? StoreErrc::bad_argument
                           : number == ENOSPC || number == EDQUOT ? StoreErrc::full
                           : number == EACCES || number == EROFS  ? StoreErrc::read_only
                           : number == ENOENT                     ? StoreErrc::not_found
                                                                  : StoreErrc::io;
    return {code, file.string() + ": cannot " + std::string{action} + ": " + std::strerror(number)};
}

/// The copy under another name until it is complete; removed unless it was given its own.
class PartialFile {
public:
    static core::Result<PartialFile> create(const std::filesystem::path& file) {
        std::error_code ignored;
        if (std::filesystem::exists(file, ignored)) {
            return core::fail(StoreErrc::bad_argument,
                              file.string() + " exists; name a new file for the backup");
        }
        std::filesystem::path partial = file.string() + ".partial";
        const int made = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (made < 0) return std::unexpected(file_error("create", partial, errno));
        ::close(made);
        return PartialFile{std::move(partial), file};
    }
    PartialFile(PartialFile&& other) noexcept
        : path_{std::exchange(other.path_, {})}, file_{std::move(other.file_)} {}
    PartialFile& operator=(PartialFile&&) = delete;
    ~PartialFile() {
        if (path_.empty()) return;
        std::error_code ignored;
        for (const char* suffix : {"", "-journal", "-wal", "-shm"})
            std::filesystem::remove(path_.string() + suffix, ignored);
    }

    core::Result<> give_name() {
        if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, file_.c_str(), RENAME_NOREPLACE) != 0)
            return std::unexpected(file_error("name the backup", file_, errno));
        path_.clear();
        return sync_folder(file_.parent_path());
    }
    const std::filesystem::path& path() const { return path_; }

private:
    PartialFile(std::filesystem::path path, std::filesystem::path file)
        : path_{std::move(path)}, file_{std::move(file)} {}

    std::filesystem::path path_;
    std::filesystem::path file_;
};

core::Result<bool> copy_pages(Connection& from, Connection& to) {
    sqlite3_backup* copy = sqlite3_backup_init(to.raw(), "main", from.raw(), "main");
    if (copy == nullptr) return std::unexpected(to.error("begin the backup"));
    // All in one step: one moment's state, however much an owner writes meanwhile.
    const int code = sqlite3_backup_step(copy, -1);
    sqlite3_backup_finish(copy);
    if (code == SQLITE_DONE) return true;
    return std::unexpected(to.error(code, "copy"));
}

core::Result<> check_copy(Connection& copy) {
    auto check = copy.prepare("PRAGMA quick_check(1)");
    if (!check) return std::unexpected(check.error());
    const sqlite::ResetAtExit reset{*check};
    if (check->step() == SQLITE_ROW && check->text(0) == "ok") return {};
    return core::fail(StoreErrc::corrupt,
                      "the copy is damaged, so the database is too; keep a copy of its files, then "
                      "save what can be read with: sqlite3 FILE .recover");
}

}  // namespace

core::Result<MigrationStatus> migration_status(const OpenOptions& options) {
    const auto location = locate_file(options);
    if (!location) return std::unexpected(location.error());
    sqlite::ReadPool pool{{.path = location->database, .foreign = true, .any_schema = true}};
    return pool.read([](Connection& connection) { return status_of(connection); });
}

core::Result<MigrationStatus> migrate(const OpenOptions& options) {
    return as_owner<MigrationStatus>(
        options, [](Connection& connection) -> core::Result<MigrationStatus> {
            if (auto done = sqlite::migrate_forward(connection); !done)
                return std::unexpected(done.error());
            // As an owner does it; where it is not possible, the schema is the newest all the same.
            (void)sqlite::enable_give_back(connection, sqlite::give_back_bytes_max);
            return status_of(connection);
        });
}

core::Result<CompactReport> compact(const OpenOptions& options) {
    return as_owner<CompactReport>(options, compact_as_owner);
}

core::Result<MigrationStatus> rollback(const OpenOptions& options, std::uint32_t version,
                                       bool lose_data) {
    return as_owner<MigrationStatus>(
        options, [&](Connection& connection) -> core::Result<MigrationStatus> {
            if (auto done = sqlite::migrate_back(connection, version, lose_data); !done)
                return std::unexpected(done.error());
            return status_of(connection);
        });
}

core::Result<BackupReport> backup(const OpenOptions& options, const std::filesystem::path& file) {
    const auto location = locate_file(options);
    if (!location) return std::unexpected(location.error());
    auto partial = PartialFile::create(file);
    if (!partial) return std::unexpected(partial.error());
    sqlite::ReadPool pool{{.path = location->database, .foreign = true, .any_schema = true}};
    const auto copied = pool.read(unlimited, [&](Connection& from) -> core::Result<bool> {
        auto to = Connection::open(partial->path(), Access::write, busy_timeout, {});
        if (!to) return std::unexpected(to.error());
        // A whole copy that is checked and named at its end needs no journal of its own.
        if (auto set = to->execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL"); !set)
            return std::unexpected(set.error());
        if (auto done = copy_pages(from, *to); !done) return done;
        if (auto checked = check_copy(*to); !checked) return std::unexpected(checked.error());
        return true;
    });
    if (!copied) return std::unexpected(copied.error());
    std::error_code failed;
    const auto bytes = std::filesystem::file_size(partial->path(), failed);
    if (auto named = partial->give_name(); !named) return std::unexpected(named.error());
    return BackupReport{file, failed ? 0 : bytes};
}

}  // namespace millrace::store
