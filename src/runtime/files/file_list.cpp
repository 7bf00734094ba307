// SPDX-License-Identifier: Apache-2.0
#include "files/file_list.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "failures.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/utf8.hpp"

namespace millrace::runtime {
namespace {

using core::Value;
using Done = std::expected<void, core::Failure>;

struct Entry {
    std::string path;
    std::string name;
    struct stat found {};
};

struct CloseFolder {
    void operator()(DIR* folder) const { closedir(folder); }
};

/// A walk through a folder that goes no deeper than names allow and no wider than its limit.
class Listing {
public:
    Listing(const engine::FileCall& call, const AllowedFolders& folders,
            const AllowedFolders::Place& place, const std::stop_token& stop)
        : call_{call}, folders_{folders}, place_{place}, stop_{stop} {}

    Done add_folder(Fd folder, const std::string& prefix) {
        const std::unique_ptr<DIR, CloseFolder> open{fdopendir(folder.get())};
        if (!open) return failed(errno);
        const int at = folder.release();  // the open folder's now
        while (const dirent* const found = readdir(open.get())) {
            const std::string name{found->d_name};
            if (name == "." || name == "..") continue;
            if (Done done = add(at, name, prefix); !done) return done;
        }
        return {};
    }
    std::vector<Entry> take() { return std::move(entries_); }

private:
    std::unexpected<core::Failure> failed(int error) const {
        return std::unexpected{file_failure(error, "list", place_.path)};
    }
    Done add(int at, const std::string& name, const std::string& prefix) {
        if (stop_.stop_requested()) return failed(ECANCELED);
        Entry entry{prefix + name, name};
        // What is gone meanwhile is not there.
        if (fstatat(at, name.c_str(), &entry.found, AT_SYMLINK_NOFOLLOW) != 0) return {};
        const bool is_folder = S_ISDIR(entry.found.st_mode);
        if (is_folder && folders_.is_closed(path_below(place_.path, entry.path))) return {};
        const bool wanted = is_folder ? call_.pattern.empty() : fits(name, pattern());
        if ((is_folder || S_ISREG(entry.found.st_mode)) && wanted) {
            if (entries_.size() == call_.max_entries) return std::unexpected{too_many()};
            entries_.push_back(std::move(entry));
        }
        if (!is_folder || !call_.recursive) return {};
        Fd inner{openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
        if (!inner) return errno == ENOENT ? Done{} : Done{failed(errno)};
        return add_folder(std::move(inner), prefix + name + "/");
    }
    std::string_view pattern() const { return call_.pattern.empty() ? "*" : call_.pattern; }
    core::Failure too_many() const {
        return make_failure(core::ErrorClass::limit, "too_many_files",
                            place_.path + " has more than " + std::to_string(call_.max_entries) +
                                " files that fit; raise max_files or narrow the pattern");
    }

    const engine::FileCall& call_;
    const AllowedFolders& folders_;
    const AllowedFolders::Place& place_;
    const std::stop_token& stop_;
    std::vector<Entry> entries_;
};

Value value_of(const Entry& entry) {
    const bool is_folder = S_ISDIR(entry.found.st_mode);
    const auto size = static_cast<std::int64_t>(entry.found.st_size);
    return Value::object({{"name", core::replace_invalid_utf8(entry.name)},
                          {"path", core::replace_invalid_utf8(entry.path)},
                          {"type", is_folder ? "folder" : "file"},
                          {"size", is_folder ? Value{} : Value{size}},
                          {"modified_at", modified_at(entry.found)}});
}

}  // namespace

Value modified_at(const struct stat& found) {
    const std::int64_t ms =
        std::int64_t{found.st_mtim.tv_sec} * 1000 + found.st_mtim.tv_nsec / 1'000'000;
    return core::Time{ms}.text();
}

bool fits(std::string_view name, std::string_view pattern) {
    // The usual walk: after a mismatch the last star takes one character more.
    std::size_t at = 0;
    std::size_t rule = 0;
    std::size_t star = std::string_view::npos;
    std::size_t star_at = 0;
    while (at < name.size()) {
        if (rule < pattern.size() && pattern[rule] == '*') {
            star = rule++;
            star_at = at;
        } else if (rule < pattern.size() && (pattern[rule] == '?' || pattern[rule] == name[at])) {
            ++rule;
            ++at;
        } else if (star != std::string_view::npos) {
            rule = star + 1;
            at = ++star_at;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', rule) == std::string_view::npos;
}

std::expected<Value, core::Failure> list_files(const engine::FileCall& call,
                                               const AllowedFolders& folders,
                                               const AllowedFolders::Place& place,
                                               const std::stop_token& stop) {
    auto folder = open_at(place, O_RDONLY | O_DIRECTORY, "list");
    if (!folder) return std::unexpected{std::move(folder.error())};
    Listing listing{call, folders, place, stop};
    if (Done done = listing.add_folder(*std::move(folder), ""); !done) {
        return std::unexpected{std::move(done.error())};
    }
    std::vector<Entry> entries = listing.take();
    std::ranges::sort(entries, {}, &Entry::path);
    std::vector<Value> files;
    files.reserve(entries.size());
    for (const Entry& entry : entries)
        files.push_back(value_of(entry));
    return Value::object({{"path", place.path}, {"files", Value::array(std::move(files))}});
}

}  // namespace millrace::runtime
