// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using testing::json;
using testing::NodeRun;

engine::NodeOutcome log_with(std::string_view data) {
    return NodeRun{json(data), json(R"({"id":7})")}.start(debug_log());
}

core::Value note_of(const engine::NodeOutcome& outcome) {
    return std::get<engine::Emit>(outcome).note;
}

TEST(DebugLog, TellsALineAndPassesItsInput) {
    const auto outcome = log_with(R"({"level":"warn","message":"hi"})");
    EXPECT_EQ(testing::out_of(outcome), json(R"({"id":7})"));
    EXPECT_EQ(note_of(outcome), json(R"({"level":"warn","message":"hi"})"));
}

TEST(DebugLog, TellsItsInputWithoutAMessage) {
    EXPECT_EQ(note_of(log_with("{}")), json(R"({"level":"info","message":"{\"id\":7}"})"));
}

TEST(DebugLog, WritesOtherMessagesAsJson) {
    EXPECT_EQ(note_of(log_with(R"({"message":[1]})")), json(R"({"level":"info","message":"[1]"})"));
}

TEST(DebugLog, RefusesUnknownLevels) {
    EXPECT_EQ(testing::failure_of(log_with(R"({"level":"loud"})")).code, "bad_level");
}

}  // namespace
}  // namespace millrace::nodes
