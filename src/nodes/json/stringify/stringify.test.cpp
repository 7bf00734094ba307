// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using testing::json;
using testing::NodeRun;
using testing::out_of;

TEST(JsonStringify, WritesCompactJson) {
    EXPECT_EQ(out_of(NodeRun{.input = json("{\"a\": [1, null]}")}.start(json_stringify())),
              R"({"a":[1,null]})");
    EXPECT_EQ(out_of(NodeRun{.input = "x"}.start(json_stringify())), R"("x")");
}

}  // namespace
}  // namespace millrace::nodes
