// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string_view>

#include "archive/archive_member.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::server {

/// Files of compressed lines by UTC day: `YYYY/MM/executions-YYYY-MM-DD.ndjson.gz`. Folders are
/// made with mode 0700 and files with 0600. Not thread-safe.
class ArchiveFolder {
public:
    explicit ArchiveFolder(std::filesystem::path root) : root_{std::move(root)} {}

    const std::filesystem::path& root() const { return root_; }
    /// Where the lines of that day go.
    std::filesystem::path file_of(core::Time day) const;
    /// Adds `lines` to that file, durably. What a crash has torn at its end is cut off first. When
    /// it fails, the file is as it was, or is put right by the next call.
    core::Result<> append(core::Time day, std::string_view lines);

private:
    std::filesystem::path root_;
    std::map<std::filesystem::path, std::uint64_t> whole_;  ///< sizes after our last writing
};

}  // namespace millrace::server
