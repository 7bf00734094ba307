// SPDX-License-Identifier: Apache-2.0
#include "service/work_pool.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace millrace::server {

WorkPool::WorkPool(std::size_t threads, runtime::Log& log) : log_{log} {
    for (std::size_t n = std::max<std::size_t>(threads, 1); n > 0; --n) {
        threads_.emplace_back([this] { run(); });
    }
}

WorkPool::~WorkPool() {
    stop();
}

void WorkPool::add(std::function<void()> task) {
    {
        const std::scoped_lock lock{mutex_};
        if (is_stopping_) return;
        tasks_.push_back(std::move(task));
    }
    added_.notify_one();
}

void WorkPool::stop() {
    std::vector<std::thread> threads;
    {
        const std::scoped_lock lock{mutex_};
        is_stopping_ = true;
        threads.swap(threads_);
    }
    added_.notify_all();
    for (std::thread& thread : threads)
        thread.join();
}

void WorkPool::run() {
    for (;;) {
        std::function<void()> task;
        {
            std::unique_lock lock{mutex_};
            added_.wait(lock, [this] { return is_stopping_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        try {
            task();
        } catch (const std::exception& failure) {
            log_.write(runtime::LogLevel::error, "a task has failed", {{"error", failure.what()}});
        }
    }
}

}  // namespace millrace::server
