// SPDX-License-Identifier: Apache-2.0
#include "location.hpp"

#include <string>
#include <string_view>

namespace millrace::store {

core::Result<Location> locate(const OpenOptions& options) {
    const std::string& url = options.url;
    if (url.empty()) {
        if (options.folder.empty()) {
            return core::fail(StoreErrc::bad_argument,
                              "no data folder is given; name one with --data DIR");
        }
        return Location{false, options.folder, options.folder / "millrace.db",
                        options.folder / "lock"};
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
        return Location{false, {}, path, path + ".lock"};
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
