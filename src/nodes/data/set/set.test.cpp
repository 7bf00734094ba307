// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::IsEmpty;
using testing::json;
using testing::NodeRun;
using testing::out_of;
using testing::problems_of;

core::Value set(std::string_view data, std::string_view input) {
    return out_of(NodeRun{json(data), json(input)}.start(data_set()));
}

TEST(DataSet, KeepsTheOtherFields) {
    EXPECT_EQ(set(R"({"fields":{"b":2}})", R"({"a":1,"b":1})"), json(R"({"a":1,"b":2})"));
}

TEST(DataSet, KeepsTheOrderOfTheInput) {
    EXPECT_EQ(core::to_json(set(R"({"fields":{"c":3,"a":9}})", R"({"a":1,"b":2})")),
              R"({"a":9,"b":2,"c":3})");
}

TEST(DataSet, KeepsNothingWhenTold) {
    EXPECT_EQ(set(R"({"keep":"none","fields":{"b":2}})", R"({"a":1})"), json(R"({"b":2})"));
    EXPECT_EQ(set(R"({"keep":"none","fields":{"b":2}})", R"([1])"), json(R"({"b":2})"));
}

TEST(DataSet, TakesNullForAnEmptyObject) {
    EXPECT_EQ(set(R"({"fields":{"a.b":1}})", "null"), json(R"({"a":{"b":1}})"));
    EXPECT_EQ(set(R"({"fields":{}})", "null"), json("{}"));
}

TEST(DataSet, MakesObjectsOnTheWay) {
    EXPECT_EQ(set(R"({"fields":{"a.b.c":1,"a.d":2,"x":null}})", R"({"a":{"b":{"e":3}}})"),
              json(R"({"a":{"b":{"e":3,"c":1},"d":2},"x":null})"));
}

TEST(DataSet, LaterFieldsBuildOnEarlierOnes) {
    EXPECT_EQ(set(R"({"fields":{"a":{"x":1},"a.y":2}})", "{}"), json(R"({"a":{"x":1,"y":2}})"));
    EXPECT_EQ(set(R"({"fields":{"a.y":2,"a":{"x":1}}})", "{}"), json(R"({"a":{"x":1}})"));
}

TEST(DataSet, ReadsAnEscapedDotAsPartOfAName) {
    EXPECT_EQ(set(R"({"fields":{"a\\.b":1,"c\\\\.d":2}})", "{}"),
              json(R"({"a.b":1,"c\\":{"d":2}})"));
}

TEST(DataSet, RefusesInputsThatAreNoObjects) {
    const auto outcome = NodeRun{json(R"({"fields":{}})"), json("[1]")}.start(data_set());
    EXPECT_EQ(failure_of(outcome).code, "input_not_object");
    EXPECT_EQ(failure_of(outcome).error_class, core::ErrorClass::validation);
}

TEST(DataSet, NamesThePathThatLeadsIntoSomethingElse) {
    const auto outcome =
        NodeRun{json(R"({"fields":{"a.b.c":1}})"), json(R"({"a":{"b":[1]}})")}.start(data_set());
    EXPECT_EQ(failure_of(outcome).code, "not_an_object");
    EXPECT_EQ(failure_of(outcome).message,
              "\"a.b\" is no object, so nothing can be set in it; set it as a whole");
}

TEST(DataSet, FindsBadPathsBeforeTheRun) {
    EXPECT_THAT(problems_of(data_set(), R"({"fields":{"a..b":1,"":2,"c.":3,"ok.fine":4}})"),
                ElementsAre("bad_value /data/fields/a..b", "bad_value /data/fields/",
                            "bad_value /data/fields/c."));
    EXPECT_THAT(problems_of(data_set(), R"({"fields":{"a":1}})"), IsEmpty());
}

}  // namespace
}  // namespace millrace::nodes
