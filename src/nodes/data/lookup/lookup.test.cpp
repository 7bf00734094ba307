// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::HasSubstr;
using testing::json;
using testing::TypeRun;

constexpr std::string_view items = R"([{"c":"CH"},{"c":"XX"},{"c":null}])";

core::Value looked_up(std::string_view data, std::string_view input = items) {
    return TypeRun("data.lookup", data, input).out();
}

TEST(DataLookup, AddsFieldsOfTheRow) {
    EXPECT_EQ(looked_up(R"({"key":"item.c","table":[{"c":"CH","n":1},{"c":"CH","n":2}]})"),
              json(R"([{"c":"CH","n":1},{"c":"XX"},{"c":null}])"));
}

TEST(DataLookup, ReadsATableFromItsPort) {
    TypeRun run{"data.lookup",
                json(R"({"key":"item.c","table_key":"item.id","take":"item.name.length",
                         "into":"n"})")};
    run.with_inputs({json(items), json(R"([{"id":"CH","name":"Switzerland"}])")});
    EXPECT_EQ(run.out(), json(R"([{"c":"CH","n":11},{"c":"XX"},{"c":null}])"));
}

TEST(DataLookup, TreatsWhatIsMissingAsTold) {
    const auto with = [](std::string_view missing) {
        return looked_up(R"({"key":"item.c","table":{"CH":1},"into":"n","missing":")" +
                         std::string{missing} + R"(","default_value":0})");
    };
    EXPECT_EQ(with("keep"), json(R"([{"c":"CH","n":1},{"c":"XX"},{"c":null}])"));
    EXPECT_EQ(with("skip"), json(R"([{"c":"CH","n":1}])"));
    EXPECT_EQ(with("default"), json(R"([{"c":"CH","n":1},{"c":"XX","n":0},{"c":null,"n":0}])"));
    EXPECT_THAT(std::string{with("fail").as_string()},
                HasSubstr("not_found: item 1, /key: the table has no row with the key \"XX\""));
}

TEST(DataLookup, FindsNumbersInAnObjectByTheirText) {
    EXPECT_EQ(looked_up(R"({"key":"item.n","table":{"7":"seven"},"into":"t"})", R"([{"n":7}])"),
              json(R"([{"n":7,"t":"seven"}])"));
}

TEST(DataLookup, SaysWhatCannotBeEnriched) {
    EXPECT_THAT(
        std::string{looked_up(R"({"key":"item","table":{"a":{}}})", R"(["a"])").as_string()},
        HasSubstr("it is no object but string"));
    EXPECT_THAT(std::string{looked_up(R"({"key":"item.c","table":{"CH":1}})").as_string()},
                HasSubstr("name the field for it by `into`"));
    EXPECT_EQ(TypeRun("data.lookup", R"({"key":"item"})", "[1]").failure().code, "no_table");
}

}  // namespace
}  // namespace millrace::nodes
