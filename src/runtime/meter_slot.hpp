// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

#include "millrace/runtime/meter.hpp"

namespace millrace::runtime {

/// Where the threads of a runtime find whoever measures, who may come and go. Thread-safe.
class MeterSlot {
public:
    /// Null: nobody does.
    void set(std::shared_ptr<Meter> meter) { meter_.store(std::move(meter)); }
    std::shared_ptr<Meter> get() const { return meter_.load(); }

private:
    std::atomic<std::shared_ptr<Meter>> meter_;
};

/// Time that passes, for measuring only: what happens never depends on it.
class Stopwatch {
public:
    std::chrono::nanoseconds elapsed() const { return std::chrono::steady_clock::now() - start_; }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Processor time of the calling thread.
std::chrono::nanoseconds thread_time();

}  // namespace millrace::runtime
