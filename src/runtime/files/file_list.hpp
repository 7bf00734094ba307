// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <stop_token>
#include <string_view>

#include "files/allowed_folders.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/effect.hpp"

struct stat;

namespace millrace::runtime {

/// `{path, files: [{name, path, type, size, modified_at}]}` of a folder, sorted by path; `path` is
/// relative to the folder. Symbolic links, pipes, devices and closed folders are left out; with a
/// pattern all folders are.
std::expected<core::Value, core::Failure> list_files(const engine::FileCall& call,
                                                     const AllowedFolders& folders,
                                                     const AllowedFolders::Place& place,
                                                     const std::stop_token& stop);

/// RFC 3339.
core::Value modified_at(const struct stat& found);

/// Whether a name fits a pattern of characters, `?` for any one and `*` for any number.
bool fits(std::string_view name, std::string_view pattern);

}  // namespace millrace::runtime
