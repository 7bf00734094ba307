// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using testing::json;
using testing::NodeRun;

core::Failure fail_with(std::string_view data) {
    return testing::failure_of(NodeRun{json(data)}.start(flow_fail()));
}

TEST(FlowFail, FailsWithItsCodeAndMessage) {
    const core::Failure failure = fail_with(R"({"code":"out_of_stock","message":"none left"})");
    EXPECT_EQ(failure.code, "out_of_stock");
    EXPECT_EQ(failure.message, "none left");
    EXPECT_EQ(failure.error_class, core::ErrorClass::validation);
    EXPECT_FALSE(failure.recoverable);
}

TEST(FlowFail, NeedsNeitherCodeNorMessage) {
    EXPECT_EQ(fail_with("{}").code, "failed");
    EXPECT_EQ(fail_with("{}").message, "the workflow failed on purpose");
}

TEST(FlowFail, WritesOtherMessagesAsJson) {
    EXPECT_EQ(fail_with(R"({"message":{"a":1}})").message, R"({"a":1})");
}

TEST(FlowFail, RefusesCodesThatProgramsCouldNotRelyOn) {
    EXPECT_EQ(fail_with(R"({"code":"Out of stock"})").code, "bad_code");
    EXPECT_EQ(fail_with(R"({"code":7})").code, "bad_code");
}

}  // namespace
}  // namespace millrace::nodes
