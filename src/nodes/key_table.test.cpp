// SPDX-License-Identifier: Apache-2.0
#include "key_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using testing::json;

TEST(KeyTable, NumbersDistinctValuesInTheOrderTheyCome) {
    KeyTable table;
    EXPECT_EQ(table.find(json("1")), std::nullopt);
    for (const char* key : {"1", "\"1\"", "null", "1.0", "[1,{\"a\":1,\"b\":2}]", "true"})
        table.add(json(key));
    EXPECT_EQ(table.size(), 5u);
    EXPECT_EQ(table.find(json("[1,{\"b\":2,\"a\":1}]")), 3u);
    EXPECT_EQ(table.find(json("false")), std::nullopt);
    const auto again = table.add(json("\"1\""));
    EXPECT_EQ(again.place, 1u);
    EXPECT_FALSE(again.is_new);
}

TEST(KeyTable, TakesNotANumberAndBothZerosForOneValueEach) {
    KeyTable table;
    EXPECT_TRUE(table.add(std::nan("")).is_new);
    EXPECT_FALSE(table.add(std::nan("")).is_new);
    EXPECT_TRUE(table.add(0).is_new);
    EXPECT_FALSE(table.add(-0.0).is_new);
}

TEST(KeyTable, KeepsManyKeysApart) {
    KeyTable table;
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 100'000; ++i)
            EXPECT_EQ(table.add(core::Value{"key " + std::to_string(i)}).place,
                      static_cast<std::size_t>(i));
    }
    EXPECT_EQ(table.size(), 100'000u);
}

TEST(KeyTable, TakesKeysOfAnyDepth) {
    core::Value deep = 1;
    for (int i = 0; i < 200'000; ++i)
        deep = core::Value::array({deep});
    KeyTable table;
    EXPECT_TRUE(table.add(deep).is_new);
    EXPECT_FALSE(table.add(deep).is_new);
}

}  // namespace
}  // namespace millrace::nodes
