// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/store/open.hpp"

// What `millrace db` does. Only SQLite has a schema: for `memory:` all of it is `bad_argument`.

namespace millrace::store {

struct MigrationInfo {
    std::uint32_t version = 0;
    std::string name;
    std::optional<core::Time> applied_at;  ///< none: not applied
};

struct MigrationStatus {
    std::string location;
    std::uint32_t version = 0;  ///< 0: no schema yet
    std::uint32_t newest = 0;   ///< what this program would migrate to
    std::vector<MigrationInfo> migrations;
    std::optional<std::uint64_t> live;    ///< executions that are not finished; none: older schema
    std::optional<std::uint64_t> parked;  ///< those of them that are parked
};

/// Reads only; also works beside an owner.
core::Result<MigrationStatus> migration_status(const OpenOptions& options);

/// Applies all missing migrations in one transaction; needs the lock of the data.
core::Result<MigrationStatus> migrate(const OpenOptions& options);

/// Takes the schema back to `version` in one transaction, newest migration first; needs the lock
/// of the data. `bad_argument` when that would delete stored executions or workflows, unless
/// `lose_data`; the message counts them. An owner that opens the store later migrates it again.
core::Result<MigrationStatus> rollback(const OpenOptions& options, std::uint32_t version,
                                       bool lose_data = false);

struct CompactReport {
    std::uint64_t bytes_before = 0;
    std::uint64_t bytes_after = 0;
};

/// Writes the database anew without the space that nothing uses, and makes it able to give space
/// back from then on; needs the lock of the data, and as much room again on the disk meanwhile.
/// `older_schema` before it was migrated.
core::Result<CompactReport> compact(const OpenOptions& options);

struct BackupReport {
    std::filesystem::path file;
    std::uint64_t bytes = 0;
};

/// Copies the database, as of one moment, to a new file of mode 0600, also while an owner writes,
/// and checks the copy. `bad_argument` when `file` exists. A failed backup leaves no file.
core::Result<BackupReport> backup(const OpenOptions& options, const std::filesystem::path& file);

}  // namespace millrace::store
