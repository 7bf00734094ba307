// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using testing::json;
using testing::TypeRun;

TEST(DataFilter, KeepsItemsForWhichTheExpressionIsTruthy) {
    EXPECT_EQ(
        TypeRun("data.filter", R"({"expression":"item"})", R"([0,1,"",null,"x",[],false])").out(),
        json(R"([1,"x",[]])"));
    EXPECT_EQ(TypeRun("data.filter", R"({"expression":"index > 0"})", "[5,6,7]").out(),
              json("[6,7]"));
}

TEST(DataFilter, KeepsOrLeavesOutWhatFails) {
    constexpr std::string_view items = R"([{"a":{"b":1}},{}])";
    EXPECT_EQ(
        TypeRun("data.filter", R"({"expression":"item.a.b","on_item_error":"skip"})", items).out(),
        json(R"([{"a":{"b":1}}])"));
    EXPECT_EQ(
        TypeRun("data.filter", R"({"expression":"item.a.b","on_item_error":"keep"})", items).out(),
        json(items));
    EXPECT_EQ(TypeRun("data.filter", R"({"expression":"item.a.b"})", items).failure().code,
              "undefined_property");
}

}  // namespace
}  // namespace millrace::nodes
