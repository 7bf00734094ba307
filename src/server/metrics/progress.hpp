// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include "millrace/server/metric_registry.hpp"

namespace millrace::server {

/// A counter that is told how far something has come, rather than what was added. Thread-safe.
class Progress {
public:
    /// `counter` outlives it.
    explicit Progress(Counter& counter) : counter_{counter} {}

    void reach(double total) {
        const std::scoped_lock lock{mutex_};
        if (total <= reached_) return;
        counter_.add(total - reached_);
        reached_ = total;
    }

private:
    Counter& counter_;
    std::mutex mutex_;
    double reached_ = 0;
};

}  // namespace millrace::server
