// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::json;
using testing::problems_of;
using testing::TypeRun;

core::Value made(std::string_view values, std::string_view items) {
    return TypeRun("data.aggregate", R"({"values":)" + std::string{values} + "}", items).out();
}

/// Of one operation over the items themselves.
core::Value of_items(std::string_view op, std::string_view items) {
    const std::string values = R"([{"name":"x","of":"item","op":")" + std::string{op} + R"("}])";
    const core::Value result = made(values, items);
    return result.is_object() ? *result.find("x") : result;
}

TEST(DataAggregate, KnowsManyOperations) {
    constexpr std::string_view items = R"([3,null,1,3])";
    EXPECT_EQ(of_items("count", items), 3);
    EXPECT_EQ(of_items("count_distinct", items), 2);
    EXPECT_EQ(of_items("sum", items), 7);
    EXPECT_EQ(of_items("min", items), 1);
    EXPECT_EQ(of_items("max", items), 3);
    EXPECT_EQ(of_items("first", items), 3);
    EXPECT_EQ(of_items("last", items), 3);
    EXPECT_EQ(of_items("median", items), 3);
    EXPECT_EQ(of_items("distinct", items), json("[3,1]"));
    EXPECT_EQ(of_items("list", items), json(items));
    EXPECT_EQ(of_items("join", items), "3, 1, 3");
    EXPECT_EQ(of_items("avg", "[1,2,4.5]"), core::Value{2.5});
}

TEST(DataAggregate, CountsItemsWithoutAnExpression) {
    EXPECT_EQ(made(R"([{"name":"n","op":"count"}])", "[null,1]"), json(R"({"n":2})"));
}

TEST(DataAggregate, AddsExactly) {
    EXPECT_EQ(of_items("sum", "[9007199254740993,1]"), std::int64_t{9007199254740994});
    EXPECT_EQ(of_items("sum", "[1e16,1,1,-1e16]"), 2);
    EXPECT_EQ(of_items("sum", "[0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1]"), 1);
    EXPECT_EQ(of_items("sum", "[9223372036854775807,9223372036854775807]"),
              core::Value{18446744073709551614.0});
}

TEST(DataAggregate, FindsPercentilesBetweenValues) {
    EXPECT_EQ(of_items("median", "[4,1,3,2]"), core::Value{2.5});
    const auto at = [](const char* percent) {
        return *made(R"([{"name":"p","op":"percentile","of":"item","percent":)" +
                         std::string{percent} + "}]",
                     "[40,10,30,20]")
                    .find("p");
    };
    EXPECT_EQ(at("0"), 10);
    EXPECT_EQ(at("100"), 40);
    EXPECT_EQ(at("25"), core::Value{17.5});
    EXPECT_TRUE(of_items("median", "[]").is_null());
}

TEST(DataAggregate, NamesTheItemThatIsNoNumber) {
    const core::Failure failure =
        TypeRun("data.aggregate", R"({"values":[{"name":"s","op":"sum","of":"item.p"}]})",
                R"([{"p":1},{"p":"2"}])")
            .failure();
    EXPECT_EQ(failure.code, "not_a_number");
    EXPECT_THAT(failure.message, HasSubstr("item 1, /values/0/of: \"2\" is no number"));
    EXPECT_EQ(made(R"([{"name":"s","op":"sum","of":"item"},{"name":"n","op":"count"}])", "[]"),
              json(R"({"s":0,"n":0})"));
}

TEST(DataAggregate, CountsAnItemThatFailsForNoneOfTheValues) {
    EXPECT_EQ(TypeRun("data.aggregate",
                      R"({"on_item_error":"skip","values":[{"name":"n","op":"count"},
                          {"name":"s","op":"sum","of":"item"}]})",
                      R"([1,"x",2])")
                  .out(),
              json(R"({"n":2,"s":3})"));
}

TEST(DataAggregate, FindsMistakesBeforeTheRun) {
    EXPECT_THAT(
        problems_of(data_aggregate(),
                    R"({"values":[{"name":"a","op":"sum"},{"name":"a","op":"count",
                                "percent":5},{"name":"b","op":"list","separator":";"}]})"),
        ElementsAre("missing_key /data/values/0/of", "bad_value /data/values/1/name",
                    "bad_value /data/values/1/percent", "bad_value /data/values/2/separator"));
}

TEST(DataAggregate, StopsWhereWhatItKeepsGetsTooLarge) {
    std::string items = "[0";
    for (int i = 1; i < 100; ++i)
        items += "," + std::to_string(i);
    items += "]";
    for (const std::string_view value :
         {R"x("op":"join","of":"'0123456789'")x",
          R"x("op":"join","of":"item","separator":"--------------------")x",
          R"x("op":"list","of":"'0123456789'.repeat(3)")x",
          R"x("op":"count_distinct","of":"'0123456789'.repeat(3) + item")x"}) {
        TypeRun run{"data.aggregate", R"({"values":[{"name":"x",)" + std::string{value} + "}]}",
                    items};
        EXPECT_EQ(run.with_weight_max(1'500).failure().code, "result_too_large") << value;
    }
    TypeRun last{"data.aggregate",
                 R"x({"values":[{"name":"x","op":"last","of":"'0123456789'.repeat(3) + item"}]})x",
                 items};
    EXPECT_EQ(last.with_weight_max(1'500).out(),
              json(R"({"x":"01234567890123456789012345678999"})"))
        << "what is no longer kept weighs nothing";
}

}  // namespace
}  // namespace millrace::nodes
