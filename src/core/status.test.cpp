// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/status.hpp"

#include <gtest/gtest.h>

namespace millrace::core {
namespace {

TEST(Status, ReadsBackItsText) {
    for (int i = 0; i <= 6; ++i) {
        const auto execution = static_cast<ExecutionStatus>(i);
        const auto node = static_cast<NodeStatus>(i);
        EXPECT_EQ(parse_execution_status(to_text(execution)), execution);
        EXPECT_EQ(parse_node_status(to_text(node)), node);
    }
    EXPECT_EQ(parse_execution_status("skipped"), std::nullopt);
    EXPECT_EQ(parse_node_status("paused"), std::nullopt);
}

TEST(Status, KnowsWhichOnesAreTerminal) {
    EXPECT_FALSE(is_terminal(ExecutionStatus::paused));
    EXPECT_TRUE(is_terminal(ExecutionStatus::completed));
    EXPECT_TRUE(is_terminal(ExecutionStatus::canceled));
    EXPECT_FALSE(is_terminal(NodeStatus::waiting));
    EXPECT_TRUE(is_terminal(NodeStatus::skipped));
}

}  // namespace
}  // namespace millrace::core
