// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using testing::json;
using testing::NodeRun;
using testing::out_of;

TEST(DataTemplate, GivesTheTextOrTheValueItBecame) {
    EXPECT_EQ(out_of(NodeRun{json(R"({"text":"hi"})")}.start(data_template())), "hi");
    EXPECT_EQ(out_of(NodeRun{json(R"({"text":[1]})")}.start(data_template())), json("[1]"));
}

TEST(DataTemplate, GivesNullWhereTheTextBecameUndefined) {
    EXPECT_EQ(out_of(NodeRun{json("{}")}.start(data_template())), core::Value{});
}

}  // namespace
}  // namespace millrace::nodes
