// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "commands.hpp"
#include "millrace/core/result.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/open.hpp"

namespace millrace::cli {

/// Options of commands whose nodes may use files and start programs of this machine.
struct PermissionOptions {
    std::vector<std::string> folders;  ///< `DIR` or `DIR:ro`
    std::vector<std::string> programs;

    void add_to(CLI::App& command);

    /// The folders that were given, or else `folder` alone; an empty one stands for none.
    /// `FileErrc::bad_argument` where one is no folder.
    core::Result<runtime::FileOptions> files(const std::filesystem::path& folder = {}) const;
    runtime::CommandOptions commands() const;
};

/// What belongs to a store and so stays closed to nodes wherever it lies.
std::vector<std::string> closed_places(const store::OpenOptions& store);

/// The folder of a workflow file, which nodes may use where nothing else is said; for `-`, standard
/// input, the current one.
std::filesystem::path folder_of(std::string_view workflow_file);

}  // namespace millrace::cli
