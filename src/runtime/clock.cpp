// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/clock.hpp"

#include <chrono>

namespace millrace::runtime {
namespace {

class SystemClock final : public Clock {
public:
    core::Time wall() const override {
        return {milliseconds(std::chrono::system_clock::now().time_since_epoch())};
    }
    core::Duration monotonic() const override {
        return {milliseconds(std::chrono::steady_clock::now().time_since_epoch())};
    }
    void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
              std::optional<core::Duration> until) override {
        if (!until) return wake.wait(lock);
        const std::chrono::steady_clock::time_point at{std::chrono::milliseconds{until->ms}};
        wake.wait_until(lock, at);
    }

private:
    template <class D>
    static std::int64_t milliseconds(D duration) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    }
};

}  // namespace

std::shared_ptr<Clock> make_system_clock() {
    return std::make_shared<SystemClock>();
}

}  // namespace millrace::runtime
