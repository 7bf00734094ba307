// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/runtime/log.hpp"

namespace millrace::server {

/// Looks again whenever something changes in folders, once it has been quiet for a moment: editors
/// and `git checkout` change many files in many steps. Where the system cannot tell of changes, it
/// looks every other second.
class FolderWatch {
public:
    /// Does what is to be done, on the watch's own thread, and says which folders matter now.
    using Look = std::function<std::vector<std::filesystem::path>()>;

    /// Looks once at first: something may have changed since the caller did. `log` outlives it.
    FolderWatch(Look look, core::Duration quiet, runtime::Log& log);
    /// Waits for a look that is under way.
    ~FolderWatch();
    FolderWatch(const FolderWatch&) = delete;
    FolderWatch& operator=(const FolderWatch&) = delete;

private:
    enum class Woken { changed, timed_out, stopped };

    void run();
    /// Whether a folder is watched from now on that was not before.
    bool watch(const std::vector<std::filesystem::path>& folders);
    Woken wait(int timeout_ms);
    bool drain();

    Look look_;
    const core::Duration quiet_;
    runtime::Log& log_;
    int inotify_ = -1;
    int stop_ = -1;
    bool must_poll_ = false;
    std::set<int> watched_;  // what inotify calls the folders
    std::thread thread_;     // last: uses everything above
};

}  // namespace millrace::server
