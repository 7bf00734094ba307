// SPDX-License-Identifier: Apache-2.0
#include "documents/document_paths.hpp"

#include <glob.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <system_error>

#include "documents/document_file.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> endings{".workflow.yaml", ".workflow.yml",
                                                  ".workflow.json"};

core::Result<std::vector<std::string>> files_in(const std::string& folder) {
    std::vector<std::string> files;
    std::error_code error;
    fs::recursive_directory_iterator entry{folder, fs::directory_options::skip_permission_denied,
                                           error};
    for (; !error && entry != fs::recursive_directory_iterator{}; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        std::error_code ignored;
        if (name.starts_with('.') && entry->is_directory(ignored)) {
            entry.disable_recursion_pending();
        } else if (is_workflow_file(name) && entry->is_regular_file(ignored)) {
            files.push_back(entry->path().lexically_normal().string());
        }
    }
    if (error) {
        return core::fail(FileErrc::unreadable,
                          "cannot read the folder " + one_line(folder) + ": " + error.message());
    }
    if (files.empty()) {
        return core::fail(FileErrc::bad_argument,
                          "there is no workflow file in " + one_line(folder) +
                              "; their names end in .workflow.yaml or .workflow.json");
    }
    std::ranges::sort(files);
    return files;
}

core::Result<std::vector<std::string>> files_matching(const std::string& pattern) {
    ::glob_t found{};
    const int status = ::glob(pattern.c_str(), 0, nullptr, &found);
    std::vector<std::string> files;
    for (std::size_t i = 0; status == 0 && i < found.gl_pathc; ++i)
        files.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
    if (files.empty())
        return core::fail(FileErrc::bad_argument, "no file matches " + one_line(pattern));
    return files;
}

}  // namespace

bool is_workflow_file(std::string_view name) {
    return std::ranges::any_of(endings,
                               [&](std::string_view ending) { return name.ends_with(ending); });
}

core::Result<std::vector<std::string>> document_paths(std::span<const std::string> arguments) {
    std::vector<std::string> paths;
    std::set<std::string> seen;
    for (const std::string& argument : arguments) {
        std::error_code ignored;
        const bool exists = argument == "-" || fs::exists(argument, ignored);
        core::Result<std::vector<std::string>> found{std::vector<std::string>{argument}};
        if (argument != "-" && fs::is_directory(argument, ignored)) {
            found = files_in(argument);
        } else if (!exists && argument.find_first_of("*?[") != std::string::npos) {
            found = files_matching(argument);
        }
        if (!found) return std::unexpected(found.error());
        for (std::string& path : *found)
            if (seen.insert(path).second) paths.push_back(std::move(path));
    }
    return paths;
}

}  // namespace millrace::cli
