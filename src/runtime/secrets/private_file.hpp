// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"

// Files that hold keys: mode 0600, and durable once they are written. Errors are VaultErrc's.

namespace millrace::runtime {

/// Nothing when there is no such file; `bad_key` when others than its owner may use it.
core::Result<std::optional<std::string>> read_private_file(const std::filesystem::path& file);

/// Writes a new file in the place of one that a crash has left half written.
core::Result<> write_private_file(const std::filesystem::path& file, std::string_view text);

/// Makes what was renamed within the file's folder durable.
core::Result<> sync_folder_of(const std::filesystem::path& file);

/// `cannot ACTION the key file FILE: …` for an errno.
core::Error private_file_error(std::string_view action, const std::filesystem::path& file,
                               int number);

}  // namespace millrace::runtime
