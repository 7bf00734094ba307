// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
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

/// Pending timers of a shard. A timer that no longer matters stays until it is due and is then
/// found stale by its owner: removing it early would cost more than letting it pass.
class TimerQueue {
public:
    void push(const Timer& timer);
    std::optional<core::Time> next_due() const;
    /// Takes the first timer that is due at `now`.
    std::optional<Timer> pop_due(core::Time now);
    std::size_t size() const { return heap_.size(); }

private:
    std::vector<Timer> heap_;  // earliest first
};

}  // namespace millrace::engine
