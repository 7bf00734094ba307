// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "millrace/runtime/clock.hpp"

namespace millrace::runtime::testing {

/// Time that stands still until a test moves it.
class VirtualClock final : public Clock {
public:
    core::Time wall() const override {
        const std::scoped_lock lock{mutex_};
        return wall_;
    }
    core::Duration monotonic() const override {
        const std::scoped_lock lock{mutex_};
        return monotonic_;
    }
    void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
              std::optional<core::Duration> until) override {
        const Waiter self{lock.mutex(), &wake};
        {
            const std::scoped_lock own{mutex_};
            if (until && *until <= monotonic_) return;
            waiters_.push_back(self);
        }
        wake.wait(lock);
        const std::scoped_lock own{mutex_};
        waiters_.erase(std::ranges::find(waiters_, self));
    }

    void advance(core::Duration by) {
        std::vector<Waiter> waiters;
        {
            const std::scoped_lock own{mutex_};
            wall_ = wall_ + by;
            monotonic_ = monotonic_ + by;
            waiters = waiters_;
        }
        for (const Waiter& waiter : waiters) {
            // Whoever has looked at the time before is waiting by now, or still holds the lock.
            const std::scoped_lock theirs{*waiter.mutex};
            waiter.wake->notify_all();
        }
    }

private:
    struct Waiter {
        std::mutex* mutex;
        std::condition_variable* wake;

        bool operator==(const Waiter&) const = default;
    };

    mutable std::mutex mutex_;
    core::Time wall_{1'800'000'000'000};
    core::Duration monotonic_{1'000};
    std::vector<Waiter> waiters_;
};

}  // namespace millrace::runtime::testing
