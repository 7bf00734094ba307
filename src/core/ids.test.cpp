// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/ids.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <unordered_set>

namespace millrace::core {
namespace {

// The example of RFC 9562, A.6: 2022-02-22 14:22:22-05:00.
constexpr Time example_time{1'645'557'742'000};

TEST(Uuid, Version7IsTheExampleOfTheRfc) {
    const Uuid id = Uuid::v7(example_time, 0xCC3, 0x18C4DC0C0C07398F);
    EXPECT_EQ(id.text(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST(Uuid, Version7IgnoresRandomBitsItHasNoRoomFor) {
    EXPECT_EQ(Uuid::v7(example_time, ~std::uint64_t{0}, ~std::uint64_t{0}).text(),
              "017f22e2-79b0-7fff-bfff-ffffffffffff");
    EXPECT_EQ(Uuid::v7(example_time, 0, 0).text(), "017f22e2-79b0-7000-8000-000000000000");
}

TEST(Uuid, Version7SortsByTime) {
    EXPECT_LT(Uuid::v7(Time{1}, ~std::uint64_t{0}, ~std::uint64_t{0}), Uuid::v7(Time{2}, 0, 0));
}

TEST(Uuid, ParsesEitherCase) {
    EXPECT_EQ(Uuid::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"),
              Uuid::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
    EXPECT_TRUE(Uuid::parse("00000000-0000-0000-0000-000000000000")->is_nil());
}

TEST(Uuid, RefusesOtherForms) {
    for (const char* text :
         {"", "017f22e279b07cc398c4dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
          "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
          "017f22e2079b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f "}) {
        EXPECT_EQ(Uuid::parse(text), std::nullopt) << text;
    }
}

TEST(ExecutionId, NamesItsPartitionByTheLastByte) {
    EXPECT_EQ(partition_of(*ExecutionId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")), 0x8F);
}

TEST(ExecutionId, IsAKeyOfHashTables) {
    std::unordered_set<ExecutionId> ids;
    ids.insert(ExecutionId{Uuid::v7(example_time, 1, 2)});
    ids.insert(ExecutionId{Uuid::v7(example_time, 1, 2)});
    ids.insert(ExecutionId{Uuid::v7(example_time, 1, 3)});
    EXPECT_EQ(ids.size(), 2u);
}

RC_GTEST_PROP(UuidLaws, TextReadsBack, (std::uint64_t high, std::uint64_t low)) {
    const Uuid id = Uuid::v7(example_time, high, low);
    RC_ASSERT((Uuid::parse(id.text()) == id));
}

}  // namespace
}  // namespace millrace::core
