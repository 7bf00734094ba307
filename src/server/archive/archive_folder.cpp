// SPDX-License-Identifier: Apache-2.0
#include "archive/archive_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace millrace::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t files_noted_max = 1'000;

/// Closed, and with that unlocked, at the end of a scope.
class Descriptor {
public:
    explicit Descriptor(int number) : number_{number} {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }
    bool is_open() const { return number_ >= 0; }

private:
    int number_;
};

std::unexpected<core::Error> io_error(std::string_view action, const fs::path& path) {
    const int number = errno;
    return core::fail(ArchiveErrc::io, "cannot " + std::string{action} + " the archive " +
                                           path.string() + ": " + std::strerror(number));
}

core::Result<> sync_folder(const fs::path& folder) {
    const Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!opened.is_open() || ::fsync(opened.number()) != 0) return io_error("sync", folder);
    return {};
}

fs::path parent_of(const fs::path& path) {
    const fs::path parent = path.parent_path();
    return parent.empty() ? fs::path{"."} : parent;
}

/// Also those above it.
core::Result<> make_folder(const fs::path& folder) {
    std::error_code ignored;
    if (fs::is_directory(folder, ignored)) return {};
    const fs::path parent = parent_of(folder);
    if (parent != folder) {
        if (auto made = make_folder(parent); !made) return made;
    }
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return io_error("make", folder);
    return sync_folder(parent);
}

core::Result<> write_at(int descriptor, std::uint64_t at, std::string_view bytes,
                        const fs::path& file) {
    while (!bytes.empty()) {
        const ssize_t part =
            ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) return io_error("write", file);
        bytes.remove_prefix(static_cast<std::size_t>(part));
        at += static_cast<std::uint64_t>(part);
    }
    if (::fsync(descriptor) != 0) return io_error("write", file);
    return {};
}

/// Cuts off what is not whole; how long the file is then.
core::Result<std::uint64_t> put_right(int descriptor, std::uint64_t size, const fs::path& file) {
    const auto whole = whole_bytes(descriptor, size, file);
    if (whole && *whole < size && ::ftruncate(descriptor, static_cast<off_t>(*whole)) != 0)
        return io_error("cut", file);
    return whole;
}

}  // namespace

fs::path ArchiveFolder::file_of(core::Time day) const {
    const std::string date = day.text().substr(0, 10);
    return root_ / date.substr(0, 4) / date.substr(5, 2) / ("executions-" + date + ".ndjson.gz");
}

core::Result<> ArchiveFolder::append(core::Time day, std::string_view lines) {
    const std::string member = archive_member(lines);
    if (member.empty()) return core::fail(ArchiveErrc::io, "no memory to compress the archive");
    const fs::path file = file_of(day);
    const auto noted = whole_.find(file);
    const std::uint64_t noted_size = noted == whole_.end() ? 0 : noted->second;
    const bool is_noted = noted != whole_.end();
    if (is_noted) whole_.erase(noted);
    if (auto made = make_folder(parent_of(file)); !made) return made;
    const Descriptor opened{
        ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)};
    if (!opened.is_open()) return io_error("open", file);
    const int descriptor = opened.number();
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        return core::fail(ArchiveErrc::busy, "another process writes the archive " + file.string() +
                                                 "; give each server a folder of its own");
    }
    struct stat facts {};
    if (::fstat(descriptor, &facts) != 0) return io_error("read", file);
    std::uint64_t size = static_cast<std::uint64_t>(facts.st_size);
    if (!is_noted || noted_size != size) {
        const auto whole = put_right(descriptor, size, file);
        if (!whole) return std::unexpected(whole.error());
        size = *whole;
    }
    if (auto written = write_at(descriptor, size, member, file); !written) {
        // When this fails too, the next call does it.
        [[maybe_unused]] const int cut = ::ftruncate(descriptor, static_cast<off_t>(size));
        return written;
    }
    // The folders may be of a process that has ended before they were durable.
    if (!is_noted || size == 0) {
        for (fs::path folder = file; folder != root_;) {
            folder = parent_of(folder);
            if (auto synced = sync_folder(folder); !synced) return synced;
        }
        if (auto synced = sync_folder(parent_of(root_)); !synced) return synced;
    }
    if (whole_.size() >= files_noted_max) whole_.clear();
    whole_[file] = size + member.size();
    return {};
}

}  // namespace millrace::server
