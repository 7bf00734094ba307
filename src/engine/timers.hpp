// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::engine {

struct Timer {
    core::Time due;
    core::ExecutionId id;
    RunKey run;
    TimerPurpose purpose = TimerPurpose::delay;
    std::uint32_t attempt = 0;

    /// (due, path) is the order in which timers fire.
    auto operator<=>(const Timer&) const = default;
};

/// Pending timers of a shard. A timer that no longer matters stays until it is due or the queue is
/// compacted: looking for it when it becomes stale would cost more.
class TimerQueue {
public:
    void push(const Timer& timer);
    std::optional<core::Time> next_due() const;
    /// Takes the first timer that is due at `now`.
    std::optional<Timer> pop_due(core::Time now);
    std::size_t size() const { return heap_.size(); }

    /// Many timers never fire: the attempt is answered long before its timeout. When the queue has
    /// doubled since it was last looked through, those for which `is_current` says no are dropped:
    /// constant time per timer, and memory for at most as many stale timers as current ones.
    template <class IsCurrent>
    void compact(IsCurrent is_current) {
        if (heap_.size() < compact_at_) return;
        std::erase_if(heap_, [&](const Timer& timer) { return !is_current(timer); });
        std::make_heap(heap_.begin(), heap_.end(), std::greater<>{});
        compact_at_ = std::max(compact_min, 2 * heap_.size());
    }

private:
    static constexpr std::size_t compact_min = 4'096;

    std::vector<Timer> heap_;  // earliest first
    std::size_t compact_at_ = compact_min;
};

}  // namespace millrace::engine
