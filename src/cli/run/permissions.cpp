// SPDX-License-Identifier: Apache-2.0
#include "run/permissions.hpp"

#include <CLI/CLI.hpp>

#include <system_error>
#include <utility>

#include "documents/document_file.hpp"
#include "key_file.hpp"

namespace millrace::cli {
namespace {

constexpr std::string_view read_only_suffix = ":ro";

core::Result<runtime::AllowedFolder> allowed_folder(std::string text) {
    const std::string given = text;
    runtime::AllowedFolder folder;
    if (text.ends_with(read_only_suffix)) {
        folder.read_only = true;
        text.resize(text.size() - read_only_suffix.size());
    }
    std::error_code ignored;
    if (text.empty() || !std::filesystem::is_directory(text, ignored)) {
        return core::fail(FileErrc::bad_argument,
                          "--allow-files " + given +
                              ": is no folder; name one that exists, with :ro behind it if nodes "
                              "may only read there");
    }
    folder.path = std::move(text);
    return folder;
}

}  // namespace

void PermissionOptions::add_to(CLI::App& command) {
    command
        .add_option("--allow-files", folders,
                    "Let nodes use files in this folder, only to read them with :ro")
        ->take_all()
        ->allow_extra_args(false)
        ->type_name("DIR[:ro]");
    command.add_option("--allow-command", programs, "Let command.run start this program")
        ->take_all()
        ->allow_extra_args(false)
        ->type_name("PROGRAM");
}

core::Result<runtime::FileOptions> PermissionOptions::files(
    const std::filesystem::path& folder) const {
    runtime::FileOptions options;
    for (const std::string& text : folders) {
        auto allowed = allowed_folder(text);
        if (!allowed) return std::unexpected(allowed.error());
        options.folders.push_back(std::move(*allowed));
    }
    if (options.folders.empty() && !folder.empty()) options.folders.push_back({folder.string()});
    return options;
}

runtime::CommandOptions PermissionOptions::commands() const {
    return {programs};
}

std::vector<std::string> closed_places(const store::OpenOptions& store) {
    constexpr std::string_view scheme = "sqlite:";
    if (store.url.empty()) return {store.folder.string()};
    std::vector<std::string> places;
    if (!store.url.starts_with(scheme)) return places;
    const std::string database = store.url.substr(scheme.size());
    for (const std::string_view ending : {"", "-wal", "-shm", "-journal", ".lock"})
        places.push_back(database + std::string{ending});
    const std::string key_file = key_file_of(store).string();
    places.push_back(key_file);
    places.push_back(key_file + ".next");  // of a rotation that was cut off
    return places;
}

std::filesystem::path folder_of(std::string_view workflow_file) {
    const std::filesystem::path folder = std::filesystem::path{workflow_file}.parent_path();
    return workflow_file == "-" || folder.empty() ? std::filesystem::path{"."} : folder;
}

}  // namespace millrace::cli
