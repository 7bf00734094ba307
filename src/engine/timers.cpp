// SPDX-License-Identifier: Apache-2.0
#include "timers.hpp"

#include <algorithm>
#include <functional>

namespace millrace::engine {

void TimerQueue::push(const Timer& timer) {
    heap_.push_back(timer);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>{});
}

std::optional<core::Time> TimerQueue::next_due() const {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().due;
}

std::optional<Timer> TimerQueue::pop_due(core::Time now) {
    if (heap_.empty() || heap_.front().due > now) return std::nullopt;
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>{});
    const Timer timer = heap_.back();
    heap_.pop_back();
    return timer;
}

}  // namespace millrace::engine
