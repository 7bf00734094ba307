// SPDX-License-Identifier: Apache-2.0
#include "location.hpp"

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace millrace::store {

namespace {

constexpr const char* database_name = "millrace.db";
// More in a row are a ring, which opening the file will tell of.
constexpr int links_max = 40;

/// The file behind symbolic links in place of it, whether or not it exists: SQLite keeps its log
/// beside that one.
std::filesystem::path behind_links(std::filesystem::path file) {
    std::error_code failed;
    for (int i = 0; i < links_max && std::filesystem::is_symlink(file, failed); ++i) {
        const std::filesystem::path target = std::filesystem::read_symlink(file, failed);
        if (failed) break;
        file = file.parent_path() / target;
    }
    return file;
}

/// The one lock of a database, however its path is spelled: two locks would be two owners.
std::filesystem::path lock_of(const std::filesystem::path& database) {
    std::error_code failed;
    // Made absolute first: of a path that does not exist yet nothing would be resolved.
    const std::filesystem::path absolute = std::filesystem::absolute(database, failed);
    std::filesystem::path real = std::filesystem::weakly_canonical(absolute, failed);
    if (failed) real = absolute.lexically_normal();
    if (real.filename() == database_name) return real.parent_path() / "lock";
    return real.string() + ".lock";
}

Location located(std::filesystem::path folder, const std::filesystem::path& database) {
    std::filesystem::path real = behind_links(database);
    std::filesystem::path lock = lock_of(real);
    return {false, std::move(folder), std::move(real), std::move(lock)};
}

}  // namespace

core::Result<Location> locate(const OpenOptions& options) {
    const std::string& url = options.url;
    if (url.empty()) {
        if (options.folder.empty()) {
            return core::fail(StoreErrc::bad_argument,
                              "no data folder is given; name one with --data DIR");
        }
        return located(options.folder, options.folder / database_name);
    }
    if (url == "memory:") return Location{true, {}, {}, {}};
    constexpr std::string_view sqlite = "sqlite:";
    if (url.starts_with(sqlite)) {
        std::string path = url.substr(sqlite.size());
        // As people write it for other programs: sqlite:///var/lib/x.db
        if (path.starts_with("///")) path.erase(0, 2);
        if (path.empty()) {
            return core::fail(StoreErrc::bad_argument,
                              "the store URL sqlite: lacks the file; write sqlite:PATH");
        }
        return located({}, path);
    }
    if (url.starts_with("postgres:") || url.starts_with("postgresql:")) {
        // Not echoed: such a URL may hold a password.
        return core::fail(StoreErrc::bad_argument,
                          "PostgreSQL stores are not supported yet by this version; use "
                          "sqlite:PATH or a data folder");
    }
    return core::fail(StoreErrc::bad_argument, "unknown kind of store URL \"" +
                                                   url.substr(0, url.find(':')) +
                                                   "\"; there are sqlite:PATH and memory:");
}

core::Result<Location> locate_file(const OpenOptions& options) {
    auto location = locate(options);
    if (location && location->in_memory) {
        return core::fail(StoreErrc::bad_argument,
                          "memory: has no file and nothing outside the process that uses it");
    }
    return location;
}

}  // namespace millrace::store
