// SPDX-License-Identifier: Apache-2.0
#include "service/folder_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace millrace::server {
namespace {

// Not IN_MODIFY: who writes a file in place closes it at the end.
constexpr std::uint32_t what_matters = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO |
                                       IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB |
                                       IN_ONLYDIR;
constexpr int poll_interval_ms = 2'000;
/// Somebody who changes files without a pause is not waited for any longer.
constexpr int rounds_max = 20;

}  // namespace

FolderWatch::FolderWatch(Look look, core::Duration quiet, runtime::Log& log)
    : look_{std::move(look)},
      quiet_{quiet},
      log_{log},
      inotify_{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)},
      stop_{::eventfd(0, EFD_CLOEXEC)} {
    thread_ = std::thread{[this] { run(); }};
}

FolderWatch::~FolderWatch() {
    const std::uint64_t one = 1;
    if (::write(stop_, &one, sizeof one) < 0) log_.write(runtime::LogLevel::error, "eventfd");
    thread_.join();
    if (inotify_ >= 0) ::close(inotify_);
    ::close(stop_);
}

bool FolderWatch::watch(const std::vector<std::filesystem::path>& folders) {
    std::set<int> now;
    int failure = inotify_ < 0 ? ENOSYS : 0;
    bool has_new = false;
    for (const std::filesystem::path& folder : folders) {
        if (inotify_ < 0) break;
        const int number = ::inotify_add_watch(inotify_, folder.c_str(), what_matters);
        if (number >= 0) {
            now.insert(number);
            has_new = has_new || !watched_.contains(number);
        } else if (errno != ENOENT && errno != ENOTDIR) {
            failure = errno;
        }
    }
    for (const int number : watched_)
        if (!now.contains(number)) ::inotify_rm_watch(inotify_, number);
    watched_ = std::move(now);
    if (failure != 0 && !must_poll_) {
        log_.write(runtime::LogLevel::warning,
                   "not all folders of workflows can be watched; they are looked through every "
                   "other second",
                   {{"error", std::strerror(failure)}});
    }
    must_poll_ = failure != 0;
    return has_new;
}

bool FolderWatch::drain() {
    alignas(::inotify_event) std::array<char, 16'384> buffer;
    bool has_any = false;
    while (true) {
        const ssize_t size = ::read(inotify_, buffer.data(), buffer.size());
        if (size <= 0) return has_any;
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            ::inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            // That a folder is not watched any more was our own doing, or follows its removal.
            has_any = has_any || (event.mask & IN_IGNORED) == 0;
            at += sizeof event + event.len;
        }
    }
}

FolderWatch::Woken FolderWatch::wait(int timeout_ms) {
    std::array<::pollfd, 2> waited{{{stop_, POLLIN, 0}, {inotify_, POLLIN, 0}}};
    const int ready = ::poll(waited.data(), waited.size(), timeout_ms);
    if ((waited[0].revents & POLLIN) != 0) return Woken::stopped;
    if (ready > 0 && drain()) return Woken::changed;
    return ready > 0 ? wait(std::min(timeout_ms, 0)) : Woken::timed_out;
}

void FolderWatch::run() {
    bool must_look = true;
    while (true) {
        // What was there before a folder was watched told nobody.
        for (int round = 0; must_look && round < rounds_max; ++round)
            must_look = watch(look_());
        Woken woken = wait(must_poll_ ? poll_interval_ms : -1);
        if (woken == Woken::stopped) return;
        for (int round = 0; woken == Woken::changed && round < rounds_max; ++round)
            woken = wait(static_cast<int>(quiet_.ms));
        if (woken == Woken::stopped) return;
        must_look = true;
    }
}

}  // namespace millrace::server
