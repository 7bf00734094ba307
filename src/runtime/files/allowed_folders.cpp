// SPDX-License-Identifier: Apache-2.0
#include "files/allowed_folders.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "failures.hpp"

namespace millrace::runtime {
namespace {

using Names = std::vector<std::string>;

/// The names of a path, without `.` and `..`; nothing when it leads above its beginning.
std::optional<Names> names_of(std::string_view path) {
    Names names;
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        const std::string_view name = path.substr(0, slash);
        path.remove_prefix(std::min(slash + 1, path.size()));
        if (name.empty() || name == ".") continue;
        if (name != "..") {
            names.emplace_back(name);
        } else if (names.empty()) {
            return std::nullopt;
        } else {
            names.pop_back();
        }
    }
    return names;
}

bool begins_with(std::span<const std::string> names, std::span<const std::string> beginning) {
    return names.size() >= beginning.size() &&
           std::ranges::equal(names.first(beginning.size()), beginning);
}

Fd open_folder(int at, const std::string& name) {
    return Fd{openat(at, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
}

/// Why a name could not be opened as a folder; a symbolic link shows as "no folder".
int folder_error(int at, const std::string& name, int error) {
    struct stat found {};
    if (error != ENOTDIR) return error;
    const bool is_link =
        fstatat(at, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(found.st_mode);
    return is_link ? ELOOP : error;
}

core::Failure closed(std::string_view path) {
    return make_failure(core::ErrorClass::validation, "not_allowed",
                        "\"" + std::string{path} +
                            "\" is among the data of millrace itself, which nodes do not touch");
}

}  // namespace

std::string path_below(std::string_view folder, std::string_view name) {
    return std::string{folder} + (folder.ends_with('/') ? "" : "/") + std::string{name};
}

core::Result<AllowedFolders> AllowedFolders::make(const FileOptions& options) {
    AllowedFolders made;
    for (const AllowedFolder& allowed : options.folders) {
        std::error_code error;
        Folder folder;
        folder.given = std::filesystem::absolute(allowed.path, error).lexically_normal().string();
        const auto real = std::filesystem::canonical(allowed.path, error);
        if (!error) {
            folder.real = real.string();
            folder.handle = open_folder(AT_FDCWD, folder.real);
            if (!folder.handle) error = {errno, std::generic_category()};
        }
        if (error) {
            return core::fail(RuntimeErrc::bad_option,
                              "allowed folder \"" + allowed.path + "\": " + error.message());
        }
        folder.read_only = allowed.read_only;
        made.folders_.push_back(std::move(folder));
    }
    for (const std::string& path : options.closed) {
        std::error_code error;
        const auto real = std::filesystem::weakly_canonical(path, error);
        if (error) return core::fail(RuntimeErrc::bad_option, path + ": " + error.message());
        made.closed_.push_back(real.string());
    }
    return made;
}

core::Failure AllowedFolders::not_allowed(std::string_view path, Need need) const {
    std::string message = "\"" + std::string{path} + "\" ";
    if (folders_.empty()) {
        message += "cannot be used: no folder is allowed";
    } else if (need == Need::write) {
        message += "lies in a folder that may only be read";
    } else {
        message += "lies in no folder that is allowed";
    }
    message += "; the operator allows one with --allow-files DIR";
    return make_failure(core::ErrorClass::validation, "not_allowed", std::move(message));
}

std::expected<AllowedFolders::Match, core::Failure> AllowedFolders::match(std::string_view path,
                                                                          Need need) const {
    if (path.empty()) return refused("bad_path", "the path is empty");
    if (path.find('\0') != std::string_view::npos) {
        return refused("bad_path", "the path contains a NUL character");
    }
    std::optional<Names> names = names_of(path);
    Match best;
    if (!names || folders_.empty()) return std::unexpected{not_allowed(path, Need::read)};
    if (!path.starts_with('/')) {
        const Names first = *names_of(folders_.front().real);
        names->insert(names->begin(), first.begin(), first.end());
    }
    std::size_t longest = 0;
    for (const Folder& folder : folders_) {
        for (const std::string& spelling : {folder.given, folder.real}) {
            const Names beginning = *names_of(spelling);
            if (!begins_with(*names, beginning)) continue;
            if (best.folder != nullptr && beginning.size() <= longest) continue;
            longest = beginning.size();
            best.folder = &folder;
            best.names.assign(names->begin() + static_cast<std::ptrdiff_t>(longest), names->end());
        }
    }
    if (best.folder == nullptr) return std::unexpected{not_allowed(path, Need::read)};
    if (need == Need::write && best.folder->read_only) {
        return std::unexpected{not_allowed(path, need)};
    }
    return best;
}

bool AllowedFolders::is_closed(std::string_view path) const {
    return std::ranges::any_of(closed_, [path](const std::string& folder) {
        return path.starts_with(folder) &&
               (path.size() == folder.size() || path[folder.size()] == '/');
    });
}

std::expected<std::string, core::Failure> AllowedFolders::resolve(std::string_view path,
                                                                  Need need) const {
    std::expected<Match, core::Failure> found = match(path, need);
    if (!found) return std::unexpected{std::move(found.error())};
    std::string whole = found->folder->real;
    for (const std::string& name : found->names)
        whole = path_below(whole, name);
    if (is_closed(whole)) return std::unexpected{closed(path)};
    return whole;
}

std::expected<AllowedFolders::Place, core::Failure> AllowedFolders::find(
    std::string_view path, Need need, bool create_folders) const {
    std::expected<Match, core::Failure> found = match(path, need);
    if (!found) return std::unexpected{std::move(found.error())};
    Place place{Fd{fcntl(found->folder->handle.get(), F_DUPFD_CLOEXEC, 0)}, ".",
                found->folder->real};
    if (!place.folder) return std::unexpected{file_failure(errno, "open", path)};
    for (std::size_t i = 0; i < found->names.size(); ++i) {
        const std::string& name = found->names[i];
        place.path = path_below(place.path, name);
        place.name = name;
        if (is_closed(place.path)) return std::unexpected{closed(path)};
        if (i + 1 == found->names.size()) break;
        const int at = place.folder.get();
        if (create_folders && mkdirat(at, name.c_str(), 0777) != 0 && errno != EEXIST) {
            return std::unexpected{file_failure(errno, "create the folder of", path)};
        }
        Fd next = open_folder(at, name);
        if (!next) {
            return std::unexpected{file_failure(folder_error(at, name, errno), "find", path)};
        }
        place.folder = std::move(next);
    }
    return place;
}

std::expected<Fd, core::Failure> open_at(const AllowedFolders::Place& place, int flags,
                                         std::string_view action) {
    constexpr mode_t mode = 0666;
    Fd opened{openat(place.folder.get(), place.name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode)};
    if (opened) return opened;
    return std::unexpected{file_failure(errno, action, place.path)};
}

}  // namespace millrace::runtime
