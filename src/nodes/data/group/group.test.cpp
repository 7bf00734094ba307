// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using testing::json;
using testing::problems_of;
using testing::TypeRun;

TEST(DataGroup, KeepsTheOrderInWhichKeysAppear) {
    EXPECT_EQ(TypeRun("data.group", R"({"by":"item"})", R"(["b","a","b",1,"1",null])").out(),
              json(R"([{"key":"b","items":["b","b"]},{"key":"a","items":["a"]},
                       {"key":1,"items":[1]},{"key":"1","items":["1"]},
                       {"key":null,"items":[null]}])"));
}

TEST(DataGroup, GroupsByEachCombinationOfKeys) {
    EXPECT_EQ(TypeRun("data.group",
                      R"({"by":[{"name":"x","key":"item[0]"},{"name":"y","key":"item[1]"}],
                          "values":[{"name":"n","op":"count"}]})",
                      "[[1,2],[1,3],[1,2]]")
                  .out(),
              json(R"([{"x":1,"y":2,"n":2},{"x":1,"y":3,"n":1}])"));
}

TEST(DataGroup, KeepsItemsBesideValuesWhenTold) {
    EXPECT_EQ(TypeRun("data.group",
                      R"({"by":"item % 2","keep_items":true,
                          "values":[{"name":"sum","op":"sum","of":"item"}]})",
                      "[1,2,3]")
                  .out(),
              json(R"([{"key":1,"sum":4,"items":[1,3]},{"key":0,"sum":2,"items":[2]}])"));
}

TEST(DataGroup, LeavesOutWhatFails) {
    EXPECT_EQ(TypeRun("data.group", R"({"by":"item.a.b","on_item_error":"skip"})",
                      R"([{},{"a":{"b":1}}])")
                  .out(),
              json(R"([{"key":1,"items":[{"a":{"b":1}}]}])"));
}

TEST(DataGroup, FindsFieldsWithOneNameBeforeTheRun) {
    EXPECT_THAT(problems_of(data_group(), R"({"by":"item","values":[{"name":"key","op":"count"},
                                              {"name":"items","op":"count"}]})"),
                ElementsAre("bad_value /data/values/0/name", "bad_value /data/values/1/name"));
    EXPECT_THAT(problems_of(data_group(), R"({"by":[{"name":"a","key":"item"},
                                              {"name":"a","key":"item"}]})"),
                ElementsAre("bad_value /data/by/1/name"));
}

TEST(DataGroup, StopsWhereItsKeysGetTooLarge) {
    std::string items = "[0";
    for (int i = 1; i < 100; ++i)
        items += "," + std::to_string(i);
    TypeRun run{
        "data.group",
        R"({"by":"'0123456789'.repeat(3) + item","values":[{"name":"n","op":"count"}],"on_item_error":"skip"})",
        items + "]"};
    EXPECT_EQ(run.with_weight_max(2'500).failure().code, "result_too_large");
}

}  // namespace
}  // namespace millrace::nodes
