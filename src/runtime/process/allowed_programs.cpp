// SPDX-License-Identifier: Apache-2.0
#include "process/allowed_programs.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace millrace::runtime {
namespace {

bool is_program(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

std::optional<std::string> in_search_path(const std::string& name) {
    const char* const given = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
    std::string_view folders = given != nullptr ? given : "/usr/local/bin:/usr/bin:/bin";
    while (!folders.empty()) {
        const std::size_t colon = std::min(folders.find(':'), folders.size());
        const std::filesystem::path folder{folders.substr(0, colon)};
        folders.remove_prefix(std::min(colon + 1, folders.size()));
        // An empty or relative entry would make the answer depend on where the process stands.
        if (folder.is_absolute() && is_program(folder / name)) return (folder / name).string();
    }
    return std::nullopt;
}

}  // namespace

core::Result<AllowedPrograms> AllowedPrograms::make(const CommandOptions& options) {
    AllowedPrograms made;
    for (const std::string& program : options.programs) {
        const bool is_path = program.find('/') != std::string::npos;
        if (is_path && !program.starts_with('/')) {
            return core::fail(
                RuntimeErrc::bad_option,
                "allowed program \"" + program + "\": write its absolute path, or its name alone");
        }
        const std::optional<std::string> path =
            is_path ? std::optional{program} : in_search_path(program);
        if (program.empty() || !path || !is_program(*path)) {
            return core::fail(RuntimeErrc::bad_option,
                              "allowed program \"" + program + "\": there is no such program");
        }
        made.paths_.emplace(program, *path);
        made.paths_.emplace(*path, *path);
    }
    return made;
}

std::optional<std::string> AllowedPrograms::find(std::string_view program) const {
    const auto found = paths_.find(program);
    return found == paths_.end() ? std::nullopt : std::optional{found->second};
}

}  // namespace millrace::runtime
