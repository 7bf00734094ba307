// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace millrace::runtime::testing {

/// Collects what other threads bring, for a test that waits for it.
template <class T>
class Harvest {
public:
    void add(T item) {
        const std::scoped_lock lock{mutex_};
        items_.push_back(std::move(item));
        came_.notify_all();
    }
    void add_all(std::span<T> items) {
        for (T& item : items)
            add(std::move(item));
    }
    /// Waits until there are at least `count`.
    std::vector<T> wait_for(std::size_t count) {
        std::unique_lock lock{mutex_};
        came_.wait(lock, [&] { return items_.size() >= count; });
        return items_;
    }
    std::size_t size() const {
        const std::scoped_lock lock{mutex_};
        return items_.size();
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable came_;
    std::vector<T> items_;
};

}  // namespace millrace::runtime::testing
