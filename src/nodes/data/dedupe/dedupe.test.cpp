// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using testing::json;
using testing::TypeRun;

constexpr std::string_view items = R"([{"k":1,"n":1},{"k":2,"n":2},{"k":1,"n":3}])";

TEST(DataDedupe, KeepsTheFirstOrTheLast) {
    EXPECT_EQ(TypeRun("data.dedupe", R"({"by":"item.k"})", items).out(),
              json(R"([{"k":1,"n":1},{"k":2,"n":2}])"));
    EXPECT_EQ(TypeRun("data.dedupe", R"({"by":"item.k","keep":"last"})", items).out(),
              json(R"([{"k":2,"n":2},{"k":1,"n":3}])"));
}

TEST(DataDedupe, ComparesWholeItems) {
    EXPECT_EQ(TypeRun("data.dedupe", "{}", R"([1,"1",1.0,[1],[1],null,null])").out(),
              json(R"([1,"1",[1],null])"));
}

TEST(DataDedupe, TreatsWhatFailsAsTold) {
    constexpr std::string_view some = R"([{},{"a":{"b":1}},{}])";
    EXPECT_EQ(TypeRun("data.dedupe", R"({"by":"item.a.b","on_item_error":"keep"})", some).out(),
              json(some));
    EXPECT_EQ(TypeRun("data.dedupe", R"({"by":"item.a.b","on_item_error":"skip"})", some).out(),
              json(R"([{"a":{"b":1}}])"));
}

TEST(DataDedupe, StopsWhereItsKeysGetTooLarge) {
    std::string many = "[0";
    for (int i = 1; i < 100; ++i)
        many += "," + std::to_string(i);
    TypeRun run{"data.dedupe", R"({"by":"'0123456789'.repeat(3) + item","on_item_error":"skip"})",
                many + "]"};
    EXPECT_EQ(run.with_weight_max(2'500).failure().code, "result_too_large");
}

}  // namespace
}  // namespace millrace::nodes
