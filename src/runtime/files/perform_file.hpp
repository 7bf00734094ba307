// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/effect.hpp"
#include "surroundings.hpp"

namespace millrace::runtime {

/// Does what the call says, in the allowed folders. Writing is all or nothing: a new file takes the
/// place of the old one once it is on the disk. Gives `{path, size, …}`; `path` is absolute.
std::expected<core::Value, core::Failure> perform_file(const engine::FileCall& call,
                                                       const Surroundings& surroundings,
                                                       const AttemptFacts& facts);

/// All of a file, up to a size; `file_too_large` beyond it.
std::expected<std::string, core::Failure> read_allowed_file(const AllowedFolders& folders,
                                                            std::string_view path,
                                                            core::ByteSize size_max);

}  // namespace millrace::runtime
