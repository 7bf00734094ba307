// SPDX-License-Identifier: Apache-2.0
#include "tracing/span_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace::server {

bool SpanQueue::add(Span span, core::Duration now) {
    if (size() >= limits_.waiting_max) return false;
    if (waiting_.empty()) since_ = now;
    waiting_.push_back(std::move(span));
    return true;
}

std::variant<SpanQueue::Send, SpanQueue::Wait> SpanQueue::next(core::Duration now, bool flushes) {
    if (is_empty()) return Wait{};
    if (now < not_before_ && !flushes) return Wait{not_before_};
    if (!repeated_.empty()) return Send{std::exchange(repeated_, {})};
    const core::Duration due = since_ + limits_.batch_after;
    if (waiting_.size() < limits_.batch_max && now < due && !flushes) return Wait{due};
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), limits_.batch_max));
    Send send;
    send.spans.assign(std::make_move_iterator(waiting_.begin()),
                      std::make_move_iterator(waiting_.begin() + count));
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    since_ = now;
    return send;
}

std::size_t SpanQueue::answered(std::vector<Span> spans, Outcome outcome, core::Duration now,
                                std::optional<core::Duration> after) {
    if (outcome != Outcome::later) {
        attempts_ = 0;
        not_before_ = {};
        return outcome == Outcome::refused ? spans.size() : 0;
    }
    ++attempts_;
    core::Duration pause = limits_.backoff_max;
    // Doubles with each attempt; far fewer of them overflow nothing.
    if (attempts_ <= 16)
        pause = std::min(pause, core::Duration{limits_.backoff_min.ms << (attempts_ - 1)});
    not_before_ = now + std::min(after.value_or(pause), limits_.backoff_max);
    if (attempts_ < limits_.attempts_max) {
        repeated_ = std::move(spans);
        return 0;
    }
    // The next batch is tried as seldom: the receiver is still away.
    attempts_ = limits_.attempts_max - 1;
    return spans.size();
}

}  // namespace millrace::server
