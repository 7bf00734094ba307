// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace millrace::testing {

/// Proves that things happen at the same time: none of them goes on before all are there.
class Rendezvous {
public:
    explicit Rendezvous(int expected) : expected_{expected} {}

    /// False when the others do not come.
    bool meet() {
        std::unique_lock lock{mutex_};
        ++present_;
        all_there_.notify_all();
        return all_there_.wait_for(lock, std::chrono::seconds{20},
                                   [this] { return present_ >= expected_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable all_there_;
    int expected_;
    int present_ = 0;
};

}  // namespace millrace::testing
