// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "millrace/core/result.hpp"
#include "millrace/store/open.hpp"

namespace millrace::store {

/// Where the data of an OpenOptions lies.
struct Location {
    bool in_memory = false;
    std::filesystem::path folder;    ///< to be created by an owner; empty for `sqlite:PATH`
    std::filesystem::path database;  ///< itself no symbolic link
    std::filesystem::path lock;      ///< the same for every spelling of the database's path
};

core::Result<Location> locate(const OpenOptions& options);

/// The same for what only a file can do; `bad_argument` for `memory:`.
core::Result<Location> locate_file(const OpenOptions& options);

}  // namespace millrace::store
