// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "millrace/core/time.hpp"
#include "tracing/span.hpp"

namespace millrace::server {

/// Decides which spans go to the receiver when, and what becomes of those that it did not take: a
/// machine without I/O and clock, that is told what happened. At most one request is under way.
class SpanQueue {
public:
    struct Limits {
        std::size_t waiting_max = 16'384;
        std::size_t batch_max = 512;
        core::Duration batch_after{2'000};
        core::Duration backoff_min{1'000};
        core::Duration backoff_max{60'000};
        std::uint32_t attempts_max = 8;  ///< of one batch
    };
    explicit SpanQueue(Limits limits) : limits_{limits} {}

    /// False: there is no room, and it is dropped. The oldest are kept: their trace may be half
    /// told.
    bool add(Span span, core::Duration now);

    struct Send {
        std::vector<Span> spans;
    };
    struct Wait {
        std::optional<core::Duration> until;  ///< none: until something is added
    };
    /// `flushes`: nothing waits for more to come.
    std::variant<Send, Wait> next(core::Duration now, bool flushes = false);

    enum class Outcome : std::uint8_t {
        taken,
        later,    ///< the receiver is busy or cannot be reached
        refused,  ///< and would refuse it again
    };
    /// Of what `next` has given to send; how many spans are dropped for it. `after`: when the
    /// receiver wants to be asked again, if it said so.
    std::size_t answered(std::vector<Span> spans, Outcome outcome, core::Duration now,
                         std::optional<core::Duration> after = {});

    bool is_empty() const { return waiting_.empty() && repeated_.empty(); }
    std::size_t size() const { return waiting_.size() + repeated_.size(); }

private:
    const Limits limits_;
    std::deque<Span> waiting_;
    core::Duration since_;        ///< when the oldest of them was added
    std::vector<Span> repeated_;  ///< to be sent again
    std::uint32_t attempts_ = 0;  ///< of those
    core::Duration not_before_{0};
};

}  // namespace millrace::server
