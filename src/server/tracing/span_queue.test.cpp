// SPDX-License-Identifier: Apache-2.0
#include "tracing/span_queue.hpp"

#include <gtest/gtest.h>

namespace millrace::server {
namespace {

using Outcome = SpanQueue::Outcome;
using core::Duration;

Span named(const char* name) {
    Span span;
    span.name = name;
    return span;
}

SpanQueue queue_of(int spans, SpanQueue::Limits limits = {}) {
    SpanQueue queue{limits};
    for (int i = 0; i < spans; ++i)
        EXPECT_TRUE(queue.add(named("work"), Duration{0}));
    return queue;
}

std::vector<Span> sent(std::variant<SpanQueue::Send, SpanQueue::Wait> step) {
    auto* const send = std::get_if<SpanQueue::Send>(&step);
    return send == nullptr ? std::vector<Span>{} : std::move(send->spans);
}

Duration waits_until(const std::variant<SpanQueue::Send, SpanQueue::Wait>& step) {
    return std::get<SpanQueue::Wait>(step).until.value_or(Duration{-1});
}

TEST(SpanQueue, WaitsForMoreAndThenSendsWhatThereIs) {
    SpanQueue queue = queue_of(2);
    EXPECT_EQ(waits_until(queue.next(Duration{1'999})), Duration{2'000});
    EXPECT_EQ(sent(queue.next(Duration{2'000})).size(), 2u);
    EXPECT_EQ(waits_until(queue.next(Duration{2'000})), Duration{-1});
}

TEST(SpanQueue, SendsAFullBatchAtOnce) {
    SpanQueue queue = queue_of(5, {.batch_max = 2});
    EXPECT_EQ(sent(queue.next(Duration{0})).size(), 2u);
    EXPECT_EQ(sent(queue.next(Duration{0})).size(), 2u);
    EXPECT_EQ(queue.size(), 1u);
}

TEST(SpanQueue, KeepsNoMoreThanItMay) {
    SpanQueue queue = queue_of(3, {.waiting_max = 3});
    EXPECT_FALSE(queue.add(named("late"), Duration{0}));
    EXPECT_EQ(queue.size(), 3u);
}

TEST(SpanQueue, TriesAgainLaterAndLater) {
    SpanQueue queue = queue_of(1);
    auto spans = sent(queue.next(Duration{2'000}));
    EXPECT_EQ(queue.answered(std::move(spans), Outcome::later, Duration{2'000}), 0u);
    EXPECT_EQ(waits_until(queue.next(Duration{2'500})), Duration{3'000});
    spans = sent(queue.next(Duration{3'000}));
    EXPECT_EQ(spans.size(), 1u);
    EXPECT_EQ(queue.answered(std::move(spans), Outcome::later, Duration{3'000}), 0u);
    EXPECT_EQ(waits_until(queue.next(Duration{3'000})), Duration{5'000});
}

TEST(SpanQueue, HeedsWhenTheReceiverWantsToBeAsked) {
    SpanQueue queue = queue_of(1);
    auto spans = sent(queue.next(Duration{2'000}));
    queue.answered(std::move(spans), Outcome::later, Duration{2'000}, Duration{30'000});
    EXPECT_EQ(waits_until(queue.next(Duration{2'000})), Duration{32'000});
    spans = sent(queue.next(Duration{32'000}));
    queue.answered(std::move(spans), Outcome::later, Duration{32'000}, Duration{86'400'000});
    EXPECT_EQ(waits_until(queue.next(Duration{32'000})), Duration{92'000});
}

TEST(SpanQueue, DropsWhatIsNeverTaken) {
    SpanQueue queue = queue_of(3, {.batch_max = 3, .attempts_max = 2});
    auto spans = sent(queue.next(Duration{0}));
    EXPECT_EQ(queue.answered(std::move(spans), Outcome::later, Duration{0}), 0u);
    spans = sent(queue.next(Duration{1'000}));
    EXPECT_EQ(queue.answered(std::move(spans), Outcome::later, Duration{1'000}), 3u);
    EXPECT_TRUE(queue.is_empty());
}

TEST(SpanQueue, DropsAtOnceWhatIsRefused) {
    SpanQueue queue = queue_of(3);
    auto spans = sent(queue.next(Duration{2'000}));
    EXPECT_EQ(queue.answered(std::move(spans), Outcome::refused, Duration{2'000}), 3u);
    EXPECT_TRUE(queue.is_empty());
}

TEST(SpanQueue, SendsAllWhenItIsTheEnd) {
    SpanQueue queue = queue_of(1);
    auto spans = sent(queue.next(Duration{0}, true));
    EXPECT_EQ(spans.size(), 1u);
    queue.answered(std::move(spans), Outcome::later, Duration{0});
    EXPECT_EQ(sent(queue.next(Duration{0}, true)).size(), 1u);
}

}  // namespace
}  // namespace millrace::server
