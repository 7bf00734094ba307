// SPDX-License-Identifier: Apache-2.0
// Loaded into a process by LD_PRELOAD. While the file that MILLRACE_TEST_FULL_DISK names exists,
// writes to databases and their logs fail as they do on a full disk.

#include <dlfcn.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

bool is_full() {
    const char* const mark = std::getenv("MILLRACE_TEST_FULL_DISK");
    return mark != nullptr && access(mark, F_OK) == 0;
}

bool is_database(int file) {
    std::array<char, 64> link;
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
    std::array<char, 4096> path;
    const ssize_t size = readlink(link.data(), path.data(), path.size());
    if (size <= 0) return false;
    const std::string_view name{path.data(), static_cast<std::size_t>(size)};
    return name.ends_with(".db") || name.ends_with(".db-wal") || name.ends_with(".db-journal");
}

bool refuses(int file) {
    const int before = errno;
    const bool refused = is_full() && is_database(file);
    errno = refused ? ENOSPC : before;
    return refused;
}

template <class Call>
Call next(const char* name) {
    return reinterpret_cast<Call>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
    static const auto real = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
    return refuses(file) ? -1 : real(file, bytes, size, at);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
    static const auto real = next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
    return refuses(file) ? -1 : real(file, bytes, size, at);
}

ssize_t write(int file, const void* bytes, size_t size) {
    static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
    return refuses(file) ? -1 : real(file, bytes, size);
}

}  // extern "C"
