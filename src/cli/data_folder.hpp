// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "commands.hpp"
#include "millrace/store/open.hpp"

namespace millrace::cli {

/// Where the data is: --store, else --data, else $MILLRACE_DATA, else ./millrace-data if it is
/// there, else millrace in $XDG_DATA_HOME or ~/.local/share. Creates nothing.
store::OpenOptions chosen_store(const Context& context, store::OpenMode mode);

/// A folder, and what has chosen it: `--data`, `$MILLRACE_DATA`, `./millrace-data`, ….
struct ChosenFolder {
    std::filesystem::path folder;
    std::string origin;
};
ChosenFolder chosen_folder(const Context& context);

/// All folders that would be chosen where nothing else is said, whether they are there or not: they
/// may hold the secrets of other runs.
std::vector<std::string> usual_folders(const Context& context);

/// The store's place for people.
std::string place_of(const store::OpenOptions& options);

/// Opens the store that the options mean and names it on stderr.
core::Result<std::unique_ptr<store::Store>> open_chosen(const Context& context,
                                                        store::OpenMode mode);

}  // namespace millrace::cli
