// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

TEST(FlowTry, TakesItsDataAsItIs) {
    EXPECT_THAT(testing::problems_of(flow_try(), "{}"), ::testing::IsEmpty());
}

TEST(FlowTry, IsNeverStartedItself) {
    EXPECT_EQ(testing::failure_of(testing::NodeRun{}.start(flow_try())).code, "container_started");
}

}  // namespace
}  // namespace millrace::nodes
