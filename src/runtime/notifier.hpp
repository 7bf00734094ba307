// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "millrace/engine/frame.hpp"
#include "millrace/runtime/observer.hpp"

namespace millrace::runtime {

/// Hands committed rows to observers on a thread of its own, which starts with the first observer.
/// Each has a bounded queue, so that a slow one costs only itself. Thread-safe.
class Notifier {
public:
    explicit Notifier(std::size_t rows_max) : rows_max_{rows_max} {}
    ~Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    void add(std::shared_ptr<Observer> observer);
    /// It is not called any more afterwards.
    void remove(const std::shared_ptr<Observer>& observer);

    /// Takes the journal rows out of the frame, if somebody watches.
    void publish(engine::Frame& frame);
    /// Tells what is queued, then ends.
    void stop();

private:
    using Batch = std::shared_ptr<const std::vector<CommittedRow>>;
    // Only bundles what is told; nothing that is recorded depends on it.
    using Instant = std::chrono::steady_clock::time_point;
    struct Watcher {
        std::shared_ptr<Observer> observer;
        std::chrono::milliseconds patience{0};
        std::deque<Batch> batches;
        std::size_t rows = 0;
        std::uint64_t lost = 0;
        Instant due;  ///< when it is to be told, while there is something

        bool has_news() const { return !batches.empty() || lost > 0; }
    };

    static Batch rows_of(engine::Frame& frame);
    bool add_batch(Watcher& watcher, const Batch& batch);
    void run();
    void sleep(std::unique_lock<std::mutex>& lock);
    bool tell_next(std::unique_lock<std::mutex>& lock);

    const std::size_t rows_max_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable told_;
    std::vector<std::unique_ptr<Watcher>> watchers_;
    const Observer* telling_ = nullptr;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace millrace::runtime
