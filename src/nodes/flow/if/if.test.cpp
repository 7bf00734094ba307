// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using testing::json;
using testing::NodeRun;

engine::PortValue chosen(core::Value data) {
    const auto outcome = NodeRun{std::move(data), "passed"}.start(flow_if());
    return std::get<engine::Emit>(outcome).ports.at(0);
}

constexpr core::PortIndex true_port{0};
constexpr core::PortIndex false_port{1};

TEST(FlowIf, PassesItsInputOnTheChosenPort) {
    EXPECT_EQ(chosen(json(R"({"condition":true})")), (engine::PortValue{true_port, "passed"}));
    EXPECT_EQ(chosen(json(R"({"condition":false})")), (engine::PortValue{false_port, "passed"}));
}

TEST(FlowIf, JudgesAsJavaScriptDoes) {
    for (const char* condition : {"1", "-1", "0.5", "\"0\"", "\"false\"", "[]", "{}"}) {
        EXPECT_EQ(chosen(core::Value::object({{"condition", json(condition)}})).port, true_port)
            << condition;
    }
    for (const char* condition : {"0", "-0.0", "\"\"", "null"}) {
        EXPECT_EQ(chosen(core::Value::object({{"condition", json(condition)}})).port, false_port)
            << condition;
    }
    const core::Value nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(chosen(core::Value::object({{"condition", nan}})).port, false_port);
}

TEST(FlowIf, TakesAConditionThatBecameUndefinedForFalse) {
    EXPECT_EQ(chosen(json("{}")).port, false_port);
}

}  // namespace
}  // namespace millrace::nodes
