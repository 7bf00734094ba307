// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "files/fd.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/result.hpp"
#include "millrace/runtime/runtime.hpp"

namespace millrace::runtime {

/// The folders that nodes may use, held open from the start. A path leads below one of them, name
/// by name: `..` is resolved before anything is looked at and cannot lead out, and a symbolic link
/// is never followed, whoever makes it and whenever. What is found is used by its descriptor, so
/// nothing can be put in its place afterwards. Immutable, thread-safe.
class AllowedFolders {
public:
    enum class Need : std::uint8_t { read, write };

    /// Where a file is, or would be.
    struct Place {
        Fd folder;         ///< O_PATH; of the folder that holds it
        std::string name;  ///< within that folder; `.` for an allowed folder itself
        std::string path;  ///< absolute, without symbolic links
    };

    AllowedFolders() = default;
    /// `bad_option` names a folder that cannot be opened. A closed one need not be there yet.
    static core::Result<AllowedFolders> make(const FileOptions& options);

    /// A relative path is one in the first folder. Failures: `not_allowed` names the remedy,
    /// `bad_path`, and those of `file_failure` for folders on the way.
    std::expected<Place, core::Failure> find(std::string_view path, Need need,
                                             bool create_folders = false) const;
    /// The `Place::path` that `find` would give, or why it is not allowed; looks at no file.
    std::expected<std::string, core::Failure> resolve(std::string_view path, Need need) const;
    /// Whether a path as in `Place` is in a folder that stays closed.
    bool is_closed(std::string_view path) const;

private:
    struct Folder {
        Fd handle;
        std::string given;  // absolute, as it was named
        std::string real;   // the same without symbolic links
        bool read_only = false;
    };
    struct Match {
        const Folder* folder = nullptr;
        std::vector<std::string> names;  // below it
    };
    std::expected<Match, core::Failure> match(std::string_view path, Need need) const;
    core::Failure not_allowed(std::string_view path, Need need) const;

    std::vector<Folder> folders_;
    std::vector<std::string> closed_;  // absolute, without symbolic links
};

/// The path of what is in a folder, which may be the root.
std::string path_below(std::string_view folder, std::string_view name);

/// Opens the file at a place; a symbolic link there is refused. `action` is for the message.
std::expected<Fd, core::Failure> open_at(const AllowedFolders::Place& place, int flags,
                                         std::string_view action);

}  // namespace millrace::runtime
