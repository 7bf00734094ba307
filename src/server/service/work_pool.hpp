// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "millrace/runtime/log.hpp"

namespace millrace::server {

/// Threads for what would hold up the connections: reading the store, compiling. Tasks begin in the
/// order in which they came; there are no more of them than requests under way. Thread-safe.
class WorkPool {
public:
    /// `log` outlives the pool and hears of tasks that fail.
    WorkPool(std::size_t threads, runtime::Log& log);
    /// `stop`.
    ~WorkPool();
    WorkPool(const WorkPool&) = delete;
    WorkPool& operator=(const WorkPool&) = delete;

    /// After `stop` the task is dropped.
    void add(std::function<void()> task);
    /// Does what has been added, and ends.
    void stop();

private:
    void run();

    runtime::Log& log_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable added_;
    std::deque<std::function<void()>> tasks_;
    bool is_stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace millrace::server
