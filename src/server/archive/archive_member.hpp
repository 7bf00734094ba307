// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"

// Archives are files of gzip members, which any gzip reads as one text. Each member notes its own
// length in its header, so that the last one is found without unpacking those before it.

namespace millrace::server {

enum class ArchiveErrc {
    io,       ///< a folder or file cannot be made, read or written
    damaged,  ///< a file holds what no crash can have left
    busy,     ///< another process writes the file
};
std::string_view code_text(ArchiveErrc code);

/// `text` as one member; empty when there is no memory for it.
std::string archive_member(std::string_view text);

/// How many bytes of the open file, from its first, are whole members. What is behind them was
/// torn by a crash; `damaged` when something whole or of somebody else may be among it.
core::Result<std::uint64_t> whole_bytes(int descriptor, std::uint64_t size,
                                        const std::filesystem::path& file);

}  // namespace millrace::server
