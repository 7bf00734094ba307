// SPDX-License-Identifier: Apache-2.0
#include "histories.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

using testing::ElementsAre;
using testing::Optional;

core::ExecutionId execution(std::uint8_t number) {
    core::ExecutionId id;
    id.uuid.bytes[15] = number;
    return id;
}

engine::Frame frame(std::uint8_t number, std::uint64_t seq, std::string bytes) {
    engine::Frame made;
    made.journal.push_back({execution(number), seq, 1, std::move(bytes)});
    return made;
}

TEST(Histories, KeepsWhatWasAskedForInOrder) {
    Histories histories{1'000};
    histories.add(frame(1, 1, "before"));
    histories.keep(execution(1));
    histories.add(frame(1, 1, "a"));
    histories.add(frame(2, 1, "other"));
    histories.add(frame(1, 2, "b"));
    EXPECT_THAT(histories.take(execution(1)), Optional(ElementsAre("a", "b")));
    EXPECT_FALSE(histories.take(execution(1)));
    EXPECT_FALSE(histories.take(execution(2)));
}

TEST(Histories, GivesUpTheLargestWhenTheyBecomeTooLarge) {
    Histories histories{100};
    histories.keep(execution(1));
    histories.keep(execution(2));
    histories.add(frame(2, 1, "small"));
    histories.add(frame(1, 1, std::string(60, 'x')));
    histories.add(frame(1, 2, std::string(60, 'y')));
    histories.add(frame(1, 3, "z"));
    histories.add(frame(2, 2, "more"));
    EXPECT_FALSE(histories.take(execution(1)));
    EXPECT_THAT(histories.take(execution(2)), Optional(ElementsAre("small", "more")));
}

TEST(Histories, ForgetsWhatItGivesUp) {
    Histories histories{100};
    for (std::uint8_t number = 1; number <= 8; ++number) {
        histories.keep(execution(number));
        histories.add(frame(number, 1, std::string(10u + number, 'x')));
    }
    // At once so many that the next rows do not look at all of them again.
    EXPECT_EQ(histories.size(), 5u);
    EXPECT_FALSE(histories.take(execution(8)));
    EXPECT_TRUE(histories.take(execution(1)));
}

TEST(Histories, KeepsNoneThatLeavesMemory) {
    Histories histories{1'000};
    histories.keep(execution(1));
    histories.keep(execution(2));
    engine::Frame last = frame(1, 1, "a");
    last.parked.emplace_back().id = execution(1);
    histories.add(last);
    histories.add(frame(1, 2, "b"));
    EXPECT_EQ(histories.size(), 1u);
    EXPECT_FALSE(histories.take(execution(1)));
    EXPECT_TRUE(histories.take(execution(2)));
}

TEST(Histories, KeepsNoneThatLacksARow) {
    Histories histories{1'000};
    histories.keep(execution(1));
    histories.add(frame(1, 1, "a"));
    histories.add(frame(1, 3, "c"));
    histories.add(frame(1, 4, "d"));
    EXPECT_FALSE(histories.take(execution(1)));
}

}  // namespace
}  // namespace millrace::runtime
