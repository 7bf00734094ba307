// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"

namespace millrace::server {

/// What tells that a file has not changed.
struct FileStamp {
    std::int64_t modified_ns = 0;  ///< -1: a link to what is not there
    std::uint64_t size = 0;
    std::uint64_t inode = 0;
    std::uint64_t device = 0;

    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// The workflow files in a folder and below it, hidden ones aside.
struct FolderContent {
    std::map<std::string, FileStamp> files;      ///< by their path below the folder
    std::vector<std::filesystem::path> folders;  ///< in which something may change that matters
    /// A folder below could not be read: what is missing may still be there.
    std::string unread;
};

/// Does the name end like that of a workflow file, and is it no hidden one?
bool is_workflow_file_name(std::string_view name);

/// Follows links to files and folders, but to no folder twice. `bad_workflows` when the folder
/// itself cannot be read.
core::Result<FolderContent> read_workflow_folder(const std::filesystem::path& folder);

}  // namespace millrace::server
