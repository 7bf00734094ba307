// SPDX-License-Identifier: Apache-2.0
#include "events/event_ring.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "events/channel.hpp"

namespace millrace::server {
namespace {

PlacedEvent numbered(std::uint64_t number, std::size_t padding = 0) {
    core::Event event;
    event.seq = number;
    event.data = core::Value::object({{"text", std::string(padding, 'x')}});
    return {{number, 0, 0}, std::make_shared<const ToldEvent>(std::move(event))};
}

TEST(EventRing, HoldsWhatFitsAndTheNewestAlways) {
    EventRing ring{3 * numbered(1).event->bytes()};
    for (std::uint64_t i = 1; i <= 5; ++i)
        ring.add(numbered(i));
    EXPECT_EQ(ring.behind({}).size(), 3);
    EXPECT_EQ(ring.behind({4, 0, 0}).size(), 1);
    EXPECT_FALSE(ring.covers(0, {1, 0, 0}));
    EXPECT_TRUE(ring.covers(0, {2, 0, 0}));
    ring.add(numbered(6, 10'000));
    EXPECT_EQ(ring.behind({}).size(), 1);
    EXPECT_TRUE(ring.covers(0, {5, 0, 0}));
}

TEST(EventRing, CoversNobodyWhoReadTheStoreBeforeSomethingWasLost) {
    EventRing ring{10'000};
    ring.add(numbered(1));
    const std::uint64_t before = ring.generation();
    ring.lose();
    ring.add(numbered(4));
    EXPECT_FALSE(ring.covers(before, {1, 0, 0}));
    EXPECT_TRUE(ring.covers(ring.generation(), {3, 0, 0}));
}

TEST(EventRing, GivesItsMemoryBackWhenAllIsSeen) {
    EventRing ring{10'000};
    ring.add(numbered(1));
    ring.forget_seen();
    EXPECT_EQ(ring.bytes(), 0);
    EXPECT_TRUE(ring.covers(0, {1, 0, 0}));
    EXPECT_FALSE(ring.covers(0, {0, 0, 0}));
}

TEST(Channel, HoldsNothingWhileAllWhoFollowWait) {
    Channel channel{Everything{}, 10'000};
    Waiter waiter;
    waiter.filter = *EventFilter::make("node.failed", {});
    channel.join();
    {
        const std::scoped_lock lock{channel.mutex()};
        channel.wait(waiter, [] {});
    }
    channel.publish(std::vector{numbered(1), numbered(2)});
    const std::scoped_lock lock{channel.mutex()};
    EXPECT_EQ(channel.ring().bytes(), 0);
    EXPECT_EQ(waiter.place, (Place{2, 0, 0}));
}

}  // namespace
}  // namespace millrace::server
