// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using testing::json;
using testing::TypeRun;

TEST(DataReduce, CarriesTheResultFromItemToItem) {
    EXPECT_EQ(
        TypeRun("data.reduce", R"({"initial":100,"expression":"acc - item * index"})", "[5,6,7]")
            .out(),
        json("80"));
}

TEST(DataReduce, GivesTheInitialValueWithoutItems) {
    EXPECT_EQ(TypeRun("data.reduce", R"({"initial":{"n":0},"expression":"acc"})", "[]").out(),
              json(R"({"n":0})"));
    EXPECT_TRUE(TypeRun("data.reduce", R"({"expression":"acc"})", "[]").out().is_null());
}

TEST(DataReduce, LeavesTheResultAsItWasWhereAnItemFails) {
    EXPECT_EQ(TypeRun("data.reduce",
                      R"({"initial":0,"expression":"acc + item.a.b","on_item_error":"skip"})",
                      R"([{"a":{"b":1}},{},{"a":{"b":3}}])")
                  .out(),
              json("4"));
}

TEST(DataReduce, StopsWhereTheResultGrowsTooLarge) {
    TypeRun run{"data.reduce", R"({"initial":"x","expression":"acc + acc"})",
                "[1,2,3,4,5,6,7,8,9,10]"};
    EXPECT_EQ(run.with_weight_max(200).failure().code, "result_too_large");
}

}  // namespace
}  // namespace millrace::nodes
