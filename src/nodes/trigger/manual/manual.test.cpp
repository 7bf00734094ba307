// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

TEST(TriggerManual, PassesWhatTheRunWasGiven) {
    const testing::NodeRun run{.input = testing::json(R"({"a":1})")};
    EXPECT_EQ(testing::out_of(run.start(trigger_manual())), run.input);
}

}  // namespace
}  // namespace millrace::nodes
