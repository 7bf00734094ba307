// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using testing::problems_of;
using testing::TypeRun;

constexpr std::string_view orders = R"([{"a":{"b":1}},{},{"a":{"b":3}},{}])";

TEST(DataMap, GivesAResultForEachItem) {
    EXPECT_EQ(TypeRun("data.map", R"({"expression":"item * 2 + index"})", "[1,2,3]").out(),
              json("[2,5,8]"));
    EXPECT_EQ(TypeRun("data.map", R"({"expression":"item"})", "[]").out(), json("[]"));
}

TEST(DataMap, TakesUndefinedForNull) {
    EXPECT_EQ(TypeRun("data.map", R"({"expression":"item.x"})", R"([{"x":1},{}])").out(),
              json("[1,null]"));
}

TEST(DataMap, ReadsOtherNamesBesideTheItem) {
    EXPECT_EQ(TypeRun("data.map", R"({"over":"input.rows","expression":"item + input.more"})",
                      R"({"rows":[1,2],"more":10})")
                  .out(),
              json("[11,12]"));
}

TEST(DataMap, FailsWithTheItemThatFails) {
    const core::Failure failure =
        TypeRun("data.map", R"({"expression":"item.a.b"})", orders).failure();
    EXPECT_EQ(failure.code, "undefined_property");
    EXPECT_EQ(failure.error_class, core::ErrorClass::expression);
    EXPECT_THAT(failure.message, HasSubstr("item 1, /expression: "));
    EXPECT_EQ(failure.details, json(R"({"pointer":"/expression","item":1})"));
}

TEST(DataMap, LeavesOutWhatFailsAndTellsOfIt) {
    const TypeRun run{"data.map", R"({"expression":"item.a.b","on_item_error":"skip"})", orders};
    EXPECT_EQ(run.out(), json("[1,3]"));
    const core::Value note = run.note();
    EXPECT_EQ(*note.find("level"), "warn");
    EXPECT_EQ(*note.find("message"), "2 of 4 items failed and were left out");
    EXPECT_EQ(note.find("first")->as_array()[0].find("item")->as_integer(), 1);
}

TEST(DataMap, TakesTheDefaultForWhatFails) {
    EXPECT_EQ(
        TypeRun("data.map",
                R"({"expression":"item.a.b","on_item_error":"default","default_value":0})", orders)
            .out(),
        json("[1,0,3,0]"));
}

TEST(DataMap, RefusesWhatIsNoArray) {
    const core::Failure failure =
        TypeRun("data.map", R"({"expression":"item"})", R"({"rows":[]})").failure();
    EXPECT_EQ(failure.code, "not_an_array");
    EXPECT_THAT(failure.message, HasSubstr("`over: input.NAME`"));
    EXPECT_EQ(
        TypeRun("data.map", R"({"over":"input.x","expression":"item"})", "{}").failure().details,
        json(R"({"pointer":"/over"})"));
}

TEST(DataMap, FindsADefaultWithoutEffectBeforeTheRun) {
    EXPECT_THAT(problems_of(data_map(), R"({"expression":"item","default_value":1})"),
                ElementsAre("bad_value /data/default_value"));
    EXPECT_THAT(problems_of(data_map(), R"({"expression":"item","default_value":1,
                                            "on_item_error":"default"})"),
                IsEmpty());
}

TEST(DataMap, StopsWhereTheResultGetsTooLarge) {
    TypeRun run{"data.map", R"({"expression":"input"})", R"(["0123456789","0123456789"])"};
    const core::Failure failure = run.with_weight_max(150).failure();
    EXPECT_EQ(failure.code, "result_too_large");
    EXPECT_EQ(failure.error_class, core::ErrorClass::limit);
}

}  // namespace
}  // namespace millrace::nodes
