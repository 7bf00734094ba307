// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/store/store.hpp"

namespace millrace::store {

/// Of the feed's rows; about a million of them.
inline constexpr std::uint64_t feed_bytes_default = 64u << 20;

enum class OpenMode : std::uint8_t {
    own,        ///< writes: creates what is missing, holds the lock of the data until destroyed
    read_only,  ///< reads, also while another process owns the data; creates and changes nothing
};

struct OpenOptions {
    /// Data folder: the database is `millrace.db` in it, the lock `lock`. Created with mode 0700.
    std::filesystem::path folder;
    /// `sqlite:PATH` or `memory:`; empty: the data folder. The lock of PATH is PATH.lock, with all
    /// symbolic links resolved, and that of a folder when PATH is the `millrace.db` in it.
    std::string url;
    OpenMode mode = OpenMode::own;
    /// An owner brings an older schema forward; without it that is `older_schema`.
    bool migrate = true;
    std::uint64_t feed_bytes_max = feed_bytes_default;  ///< 0: no feed is written
};

/// Opens a store. `locked` names the process that owns the data; `not_found` when there is nothing
/// to read; `bad_argument` for a URL of another kind; `newer_schema` before anything is touched.
/// An owner calls `take_ownership` before its first commit.
core::Result<std::unique_ptr<Store>> open_store(const OpenOptions& options);

/// A store that ends with the process; the same contract without the durability.
std::unique_ptr<Store> open_memory_store(std::uint64_t feed_bytes_max = feed_bytes_default);

}  // namespace millrace::store
