// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "millrace/core/time.hpp"

namespace millrace::runtime {

/// The only place where time enters the runtime. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    /// UTC as the machine believes it; may jump either way.
    virtual core::Time wall() const = 0;
    /// Never goes back; since an arbitrary start.
    virtual core::Duration monotonic() const = 0;
    /// Waits until `wake` is notified or `monotonic()` has reached `until`; may return earlier.
    virtual void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
                      std::optional<core::Duration> until) = 0;
};

std::shared_ptr<Clock> make_system_clock();

}  // namespace millrace::runtime
