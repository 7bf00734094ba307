// SPDX-License-Identifier: Apache-2.0
#include "folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include "millrace/store/store.hpp"

namespace millrace::store {

namespace {

core::Error system_error(std::string_view action, const std::filesystem::path& path, int number) {
    std::string message = path.string() + ": cannot " + std::string{action} + ": ";
    message += std::strerror(number);
    switch (number) {
        case EACCES:
        case EPERM:
        case EROFS:
            return {StoreErrc::read_only,
                    message + "; correct its permissions, or choose another folder with --data"};
        case ENOSPC:
        case EDQUOT: return {StoreErrc::full, message + "; make room and repeat it"};
        case ENOENT:
        case ENOTDIR: return {StoreErrc::not_found, message + "; create the folder it is in"};
        default: return {StoreErrc::io, message};
    }
}

/// The process id in a lock file; 0: none that could be read.
long owner_in(int descriptor) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
    long owner = 0;
    if (size > 0) std::from_chars(text.data(), text.data() + size, owner);
    return owner;
}

core::Error owned_by_another(const std::filesystem::path& file, int descriptor) {
    const long owner = owner_in(descriptor);
    const std::string who = owner == 0 ? "another process" : "process " + std::to_string(owner);
    return {StoreErrc::locked, who + " owns the data (" + file.string() +
                                   "); end it, or choose another folder with --data"};
}

}  // namespace

core::Result<FolderLock> FolderLock::acquire(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return std::unexpected(system_error("open the lock", file, errno));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const core::Error error = errno == EWOULDBLOCK ? owned_by_another(file, descriptor)
                                                       : system_error("lock", file, errno);
        ::close(descriptor);
        return std::unexpected(error);
    }
    FolderLock lock{descriptor};
    const std::string text = std::to_string(::getpid()) + "\n";
    if (::ftruncate(descriptor, 0) != 0 ||
        ::pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        return std::unexpected(system_error("write the lock", file, errno));
    return lock;
}

FolderLock::~FolderLock() {
    if (descriptor_ < 0) return;
    // So that a later reader of the file is not told of a process that has ended well.
    if (owner_in(descriptor_) == ::getpid()) static_cast<void>(::ftruncate(descriptor_, 0) == 0);
    ::close(descriptor_);
}

core::Result<> create_folder(const std::filesystem::path& folder) {
    std::error_code failed;
    if (std::filesystem::is_directory(folder, failed)) return {};
    const std::filesystem::path parent = std::filesystem::absolute(folder).parent_path();
    std::filesystem::create_directories(parent, failed);
    if (failed) return std::unexpected(system_error("create", parent, failed.value()));
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return std::unexpected(system_error("create", folder, errno));
    if (!std::filesystem::is_directory(folder, failed)) {
        return core::fail(StoreErrc::bad_argument,
                          folder.string() + " is not a folder; choose another with --data");
    }
    return sync_folder(parent);
}

core::Result<> create_private_file(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return std::unexpected(system_error("create", file, errno));
    ::close(descriptor);
    return {};
}

core::Result<> sync_folder(const std::filesystem::path& folder) {
    const std::filesystem::path named = folder.empty() ? "." : folder;
    const int descriptor = ::open(named.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return std::unexpected(system_error("open", named, errno));
    const int result = ::fsync(descriptor);
    const int number = errno;
    ::close(descriptor);
    // Some file systems cannot do this for folders and need it not.
    if (result != 0 && number != EINVAL)
        return std::unexpected(system_error("make durable", named, number));
    return {};
}

}  // namespace millrace::store
