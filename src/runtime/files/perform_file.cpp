// SPDX-License-Identifier: Apache-2.0
#include "files/perform_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "failures.hpp"
#include "files/file_form.hpp"
#include "files/file_list.hpp"
#include "millrace/core/size.hpp"

namespace millrace::runtime {
namespace {

using core::Value;
using Done = std::expected<void, core::Failure>;
using Result = std::expected<Value, core::Failure>;
using Place = AllowedFolders::Place;
using Need = AllowedFolders::Need;

std::unexpected<core::Failure> failed(int error, std::string_view action, const Place& place) {
    return std::unexpected{file_failure(error, action, place.path)};
}

/// The file's facts; a folder, a pipe or a device is `not_a_file`.
std::expected<struct stat, core::Failure> facts_of(int file, const Place& place) {
    struct stat found {};
    if (fstat(file, &found) != 0) return failed(errno, "look at", place);
    if (!S_ISREG(found.st_mode)) {
        return refused("not_a_file", place.path + " is a folder or a device, not a file");
    }
    return found;
}

core::Failure too_large(const Place& place, core::ByteSize most) {
    return make_failure(core::ErrorClass::limit, "file_too_large",
                        place.path + " has more than " + core::to_text(most) + "; raise max_size");
}

std::expected<std::string, core::Failure> contents_of(const Fd& file, const Place& place,
                                                      core::ByteSize most) {
    auto found = facts_of(file.get(), place);
    if (!found) return std::unexpected{std::move(found.error())};
    if (static_cast<std::uint64_t>(found->st_size) > most.bytes) {
        return std::unexpected{too_large(place, most)};
    }
    // Files of the kernel have no size, and others may grow meanwhile: the end is where reading
    // stops.
    constexpr std::size_t piece = 256u << 10;
    std::string contents;
    contents.resize(static_cast<std::size_t>(found->st_size) + 1);
    std::size_t used = 0;
    while (true) {
        if (used == contents.size()) contents.resize(used + piece);
        const ssize_t count = read(file.get(), contents.data() + used, contents.size() - used);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed(errno, "read", place);
        if (count == 0) break;
        used += static_cast<std::size_t>(count);
        if (used > most.bytes) return std::unexpected{too_large(place, most)};
    }
    contents.resize(used);
    return contents;
}

std::expected<std::string, core::Failure> read_place(const Place& place, core::ByteSize most) {
    // Not to wait for a writer where the name turns out to be a pipe's.
    auto file = open_at(place, O_RDONLY | O_NONBLOCK, "read");
    if (!file) return std::unexpected{std::move(file.error())};
    return contents_of(*file, place, most);
}

Done write_all(const Fd& file, std::string_view bytes, const Place& place,
               const std::stop_token& stop) {
    constexpr std::size_t piece = 4u << 20;
    while (!bytes.empty()) {
        if (stop.stop_requested()) return failed(ECANCELED, "write", place);
        const ssize_t count = write(file.get(), bytes.data(), std::min(bytes.size(), piece));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed(errno, "write", place);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

/// What a rename or a new name has changed is on the disk only once the folder is.
Done sync_folder(const Place& place) {
    const Fd folder{openat(place.folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder && fsync(folder.get()) == 0) return {};
    return failed(errno, "write", place);
}

/// A new file under a name of its own that is gone unless it has been given its real one.
class Draft {
public:
    explicit Draft(const Place& place) : place_{place}, name_{new_name()} {
        do {
            file_ = Fd{openat(place.folder.get(), name_.c_str(),
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666)};
            error_ = file_ ? 0 : errno;
            // A process of the same number may have been killed before it could clean up.
            if (error_ == EEXIST) name_ = new_name();
        } while (error_ == EEXIST);
    }
    ~Draft() {
        if (file_) unlinkat(place_.folder.get(), name_.c_str(), 0);
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    Done fill(std::string_view bytes, std::optional<mode_t> mode, const std::stop_token& stop) {
        if (!file_) return failed(error_, "write", place_);
        if (Done done = write_all(file_, bytes, place_, stop); !done) return done;
        // Not its set-user bits: they were given to the old contents.
        if (mode && fchmod(file_.get(), *mode & 0777) != 0) return failed(errno, "write", place_);
        if (fsync(file_.get()) != 0) return failed(errno, "write", place_);
        return {};
    }
    /// 0 or the error.
    int take_name(bool overwrite) {
        const int folder = place_.folder.get();
        const char* const target = place_.name.c_str();
        const unsigned flags = overwrite ? 0 : RENAME_NOREPLACE;
        if (renameat2(folder, name_.c_str(), folder, target, flags) != 0) {
            if (overwrite || (errno != EINVAL && errno != ENOSYS)) return errno;
            // Of the file systems that cannot do that, most can link.
            return linkat(folder, name_.c_str(), folder, target, 0) == 0 ? 0 : errno;
        }
        file_.close();
        return 0;
    }

private:
    /// An attempt that was given up may still be writing: no two have the same.
    static std::string new_name() {
        static std::atomic<std::uint64_t> last = 0;
        return ".millrace-" + std::to_string(getpid()) + "-" + std::to_string(++last) + ".part";
    }

    const Place& place_;
    std::string name_;
    Fd file_;
    int error_ = 0;
};

Result written(const Place& place, std::size_t size, bool created) {
    return Value::object(
        {{"path", place.path}, {"size", static_cast<std::int64_t>(size)}, {"created", created}});
}

Result write_file(const engine::FileCall& call, const Place& place, const AttemptFacts& facts) {
    auto bytes = write_form(call.contents, call.form);
    if (!bytes) return std::unexpected{std::move(bytes.error())};
    struct stat old {};
    const bool exists =
        fstatat(place.folder.get(), place.name.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0;
    if (exists && S_ISLNK(old.st_mode)) return failed(ELOOP, "write", place);
    if (exists && !S_ISREG(old.st_mode)) return failed(EISDIR, "write", place);
    Draft draft{place};
    const auto mode = exists ? std::optional{old.st_mode} : std::nullopt;
    if (Done done = draft.fill(*bytes, mode, facts.stop); !done) {
        return std::unexpected{std::move(done.error())};
    }
    const int error = draft.take_name(call.overwrite);
    if (error == EEXIST) {
        // An earlier attempt may have written it and not lived to tell.
        const auto present = read_place(place, core::ByteSize{bytes->size()});
        if (present && *present == *bytes) return written(place, bytes->size(), false);
    }
    if (error != 0) return failed(error, "write", place);
    if (Done done = sync_folder(place); !done) return std::unexpected{std::move(done.error())};
    return written(place, bytes->size(), !exists);
}

/// Takes the file for this attempt alone: of two that append at the same time, one that fails and
/// takes back its half would cut off what the other has written.
Done lock_file(const Fd& file, const Place& place, const std::stop_token& stop) {
    constexpr std::chrono::milliseconds pause{5};
    while (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return failed(errno, "lock", place);
        if (stop.stop_requested()) return failed(ECANCELED, "write", place);
        std::this_thread::sleep_for(pause);
    }
    return {};
}

struct LockedFile {
    Fd file;
    struct stat found {};
};

std::expected<LockedFile, core::Failure> open_to_append(const Place& place,
                                                        const std::stop_token& stop) {
    while (true) {
        auto file = open_at(place, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, "write");
        if (!file) return std::unexpected{std::move(file.error())};
        auto found = facts_of(file->get(), place);
        if (!found) return std::unexpected{std::move(found.error())};
        if (Done done = lock_file(*file, place, stop); !done) {
            return std::unexpected{std::move(done.error())};
        }
        found = facts_of(file->get(), place);
        if (!found) return std::unexpected{std::move(found.error())};
        // While this waited, the file may have been deleted, or replaced by another.
        if (found->st_nlink > 0) return LockedFile{*std::move(file), *found};
    }
}

Result append_file(const engine::FileCall& call, const Place& place, const AttemptFacts& facts) {
    auto bytes = write_form(call.contents, call.form);
    if (!bytes) return std::unexpected{std::move(bytes.error())};
    auto opened = open_to_append(place, facts.stop);
    if (!opened) return std::unexpected{std::move(opened.error())};
    const auto& [file, found] = *opened;
    if (Done done = write_all(file, *bytes, place, facts.stop); !done) {
        // Not half of it: the next attempt appends all again.
        if (ftruncate(file.get(), found.st_size) != 0) return failed(errno, "write", place);
        return std::unexpected{std::move(done.error())};
    }
    if (fsync(file.get()) != 0) return failed(errno, "write", place);
    return written(place, static_cast<std::size_t>(found.st_size) + bytes->size(),
                   found.st_size == 0);
}

Result read_file(const engine::FileCall& call, const Place& place) {
    auto file = open_at(place, O_RDONLY | O_NONBLOCK, "read");
    if (!file) return std::unexpected{std::move(file.error())};
    auto contents = contents_of(*file, place, call.max_size);
    if (!contents) return std::unexpected{std::move(contents.error())};
    const auto found = facts_of(file->get(), place);
    if (!found) return std::unexpected{found.error()};
    auto value = read_form(*contents, call.form, place.path);
    if (!value) return value;
    return Value::object({{"path", place.path},
                          {"size", static_cast<std::int64_t>(contents->size())},
                          {"modified_at", modified_at(*found)},
                          {"contents", *std::move(value)}});
}

Result remove_file(const Place& place) {
    struct stat found {};
    const int folder = place.folder.get();
    const bool exists = fstatat(folder, place.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
    if (exists && S_ISDIR(found.st_mode)) {
        return refused("not_a_file", place.path + " is a folder; file.delete removes files only");
    }
    const bool deleted = unlinkat(folder, place.name.c_str(), 0) == 0;
    if (!deleted && errno != ENOENT) return failed(errno, "delete", place);
    if (deleted) {
        if (Done done = sync_folder(place); !done) return std::unexpected{std::move(done.error())};
    }
    return Value::object({{"path", place.path}, {"deleted", deleted}});
}

}  // namespace

std::expected<std::string, core::Failure> read_allowed_file(const AllowedFolders& folders,
                                                            std::string_view path,
                                                            core::ByteSize size_max) {
    auto place = folders.find(path, Need::read);
    if (!place) return std::unexpected{std::move(place.error())};
    return read_place(*place, size_max);
}

Result perform_file(const engine::FileCall& call, const Surroundings& surroundings,
                    const AttemptFacts& facts) {
    using Action = engine::FileCall::Action;
    const bool reads = call.action == Action::read || call.action == Action::list;
    auto place = surroundings.folders->find(call.path, reads ? Need::read : Need::write,
                                            call.create_folders);
    if (!place && call.action == Action::remove && place.error().code == "file_not_found") {
        return Value::object({{"path", call.path}, {"deleted", false}});
    }
    if (!place) return std::unexpected{std::move(place.error())};
    switch (call.action) {
        case Action::read: return read_file(call, *place);
        case Action::write: return write_file(call, *place, facts);
        case Action::append: return append_file(call, *place, facts);
        case Action::list: return list_files(call, *surroundings.folders, *place, facts.stop);
        case Action::remove: return remove_file(*place);
    }
    std::unreachable();
}

}  // namespace millrace::runtime
