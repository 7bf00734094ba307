// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <utility>

#include "millrace/core/result.hpp"

namespace millrace::store {

/// The right to write a store's data: a lock of the operating system on a file that holds the
/// owner's process id. It ends with the object or with the process, however that dies; the file
/// stays, because removing it would let two owners lock two files of one name.
class FolderLock {
public:
    /// `locked` names the process that has it; `read_only` when the file cannot be written.
    static core::Result<FolderLock> acquire(const std::filesystem::path& file);

    FolderLock(FolderLock&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    FolderLock& operator=(FolderLock&&) = delete;
    ~FolderLock();

private:
    explicit FolderLock(int descriptor) : descriptor_{descriptor} {}

    int descriptor_;
};

/// Creates `folder` with mode 0700 and those above it, durably.
core::Result<> create_folder(const std::filesystem::path& folder);

/// Creates an empty file with mode 0600 unless there is one; SQLite gives its log the same mode.
core::Result<> create_private_file(const std::filesystem::path& file);

/// Makes the names in a folder durable.
core::Result<> sync_folder(const std::filesystem::path& folder);

}  // namespace millrace::store
