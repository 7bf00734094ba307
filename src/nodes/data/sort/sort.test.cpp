// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::HasSubstr;
using testing::json;
using testing::TypeRun;

core::Value sorted(std::string_view data, std::string_view items) {
    return TypeRun("data.sort", data, items).out();
}

TEST(DataSort, SortsByOneExpression) {
    EXPECT_EQ(sorted(R"({"by":"item"})", R"([3,"b",1,null,true,"a",2.5])"),
              json(R"([true,1,2.5,3,"a","b",null])"));
}

TEST(DataSort, LetsTheNextKeyDecide) {
    EXPECT_EQ(sorted(R"({"by":[{"key":"item[0]","order":"desc"},{"key":"item[1]"}]})",
                     "[[1,2],[2,9],[2,3],[1,1]]"),
              json("[[2,3],[2,9],[1,1],[1,2]]"));
}

TEST(DataSort, KeepsTheOrderOfEqualItems) {
    EXPECT_EQ(sorted(R"({"by":[{"key":"item.k","order":"desc"}]})",
                     R"([{"k":1,"n":1},{"k":1,"n":2},{"k":2,"n":3},{"k":1,"n":4}])"),
              json(R"([{"k":2,"n":3},{"k":1,"n":1},{"k":1,"n":2},{"k":1,"n":4}])"));
}

TEST(DataSort, PutsNullsWhereTold) {
    EXPECT_EQ(sorted(R"({"by":[{"key":"item","order":"desc"}]})", "[1,null,2]"),
              json("[2,1,null]"));
    EXPECT_EQ(sorted(R"({"by":[{"key":"item","order":"desc","nulls":"first"}]})", "[1,null,2]"),
              json("[null,2,1]"));
}

TEST(DataSort, ComparesAsTold) {
    EXPECT_EQ(sorted(R"({"by":[{"key":"item","compare":"natural"}]})", R"(["b1","a10","A9"])"),
              json(R"(["A9","a10","b1"])"));
    EXPECT_EQ(sorted(R"({"by":[{"key":"item","compare":"numeric"}]})", R"(["10","x","9"])"),
              json(R"(["9","10","x"])"));
    EXPECT_EQ(sorted(R"({"by":[{"key":"item","compare":"text"}]})", "[10,9]"), json("[10,9]"));
}

TEST(DataSort, PutsWhatFailsWhereTold) {
    constexpr std::string_view items = R"([{},{"a":{"b":2}},{"a":{"b":1}}])";
    EXPECT_EQ(sorted(R"({"by":"item.a.b","on_item_error":"last"})", items),
              json(R"([{"a":{"b":1}},{"a":{"b":2}},{}])"));
    EXPECT_EQ(sorted(R"({"by":"item.a.b","on_item_error":"skip"})", items),
              json(R"([{"a":{"b":1}},{"a":{"b":2}}])"));
}

RC_GTEST_PROP(DataSort, GivesTheSameItemsInOrder, ()) {
    const auto numbers = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-5, 5));
    std::vector<core::Value> items;
    for (std::size_t i = 0; i < numbers.size(); ++i)
        items.push_back(core::Value::object({{"k", numbers[i]}, {"i", static_cast<int>(i)}}));
    TypeRun run{"data.sort", json(R"({"by":"item.k"})")};
    const core::Value result = run.with_input(core::Value::array(items)).out();
    std::ranges::stable_sort(items, {},
                             [](const core::Value& item) { return item.find("k")->as_integer(); });
    RC_ASSERT(result == core::Value::array(items));
}

TEST(DataSort, NamesTheFieldThatIsWrong) {
    const core::Failure failure =
        TypeRun("data.sort", R"({"by":[{"key":"item","order":"up"}]})", "[1]").failure();
    EXPECT_EQ(failure.code, "bad_field");
    EXPECT_THAT(failure.message, HasSubstr("/by/0/order must be one of asc, desc, not \"up\""));
    EXPECT_EQ(TypeRun("data.sort", R"({"by":[]})", "[1]").failure().code, "bad_field");
    EXPECT_EQ(TypeRun("data.sort", R"({"by":[{}]})", "[1]").failure().code, "missing_field");
}

TEST(DataSort, StopsWhereItsKeysGetTooLarge) {
    std::string items = "[0";
    for (int i = 1; i < 100; ++i)
        items += "," + std::to_string(i);
    TypeRun run{"data.sort", R"({"by":"'0123456789'.repeat(3) + item","on_item_error":"skip"})",
                items + "]"};
    EXPECT_EQ(run.with_weight_max(2'500).failure().code, "result_too_large");
}

}  // namespace
}  // namespace millrace::nodes
