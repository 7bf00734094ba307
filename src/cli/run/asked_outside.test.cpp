// SPDX-License-Identifier: Apache-2.0
#include "run/asked_outside.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "millrace/core/json.hpp"

namespace millrace::cli {
namespace {

using core::EventType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

core::Event event(EventType type, std::string path, const std::string& data = "{}") {
    core::Event made;
    made.type = type;
    made.time = core::Time{1'000};
    made.node_id = path;
    made.path = std::move(path);
    made.data = *core::parse_json(data);
    return made;
}

std::vector<std::string> lines_of(const AskedOutside& asked) {
    std::vector<std::string> lines;
    for (const Line& line : question_lines(asked.questions(), "5f1c", core::Time{1'000}))
        lines.push_back(rendered(line, false));
    return lines;
}

TEST(AskedOutside, TellsHowEachQuestionIsAnswered) {
    AskedOutside asked;
    asked.take(event(EventType::node_waiting, "decide",
                     R"({"for": "approval", "details": {"title": "Pay?"},
                         "due": "1970-01-01T01:00:01.000Z"})"));
    asked.take(event(EventType::node_waiting, "link", R"({"for": "webhook", "details": null})"));
    asked.take(event(EventType::node_waiting, "paid", R"({"for": "signal", "name": "paid"})"));
    asked.take(event(EventType::node_waiting, "sent", R"({"for": "event", "name": "parcel.*"})"));
    EXPECT_TRUE(asked.waits_for_answers());
    EXPECT_THAT(
        lines_of(asked),
        ElementsAre(
            "  decide waits for an approval: Pay?, for 1 h; to answer: millrace executions "
            "answer 5f1c decide --approve",
            "  link waits for a call of its link; to answer: millrace executions answer "
            "5f1c link --input JSON",
            "  paid waits for signal paid; to answer: millrace executions signal 5f1c paid",
            "  sent waits for an event parcel.*; to answer: millrace events send parcel.*"));
}

TEST(AskedOutside, ForgetsWhatWasAnsweredOrGivenUp) {
    AskedOutside asked;
    for (const char* const path : {"a", "b", "c"})
        asked.take(event(EventType::node_waiting, path, R"({"for": "signal", "name": "s"})"));
    asked.take(event(EventType::node_completed, "a"));
    asked.take(event(EventType::node_canceled, "b"));
    EXPECT_EQ(asked.questions().size(), 1u);
    asked.take(event(EventType::node_completed, "c"));
    EXPECT_THAT(asked.questions(), IsEmpty());
    EXPECT_FALSE(asked.waits_for_answers());
}

TEST(AskedOutside, KnowsWhatGoesOnByItself) {
    AskedOutside asked;
    asked.take(event(EventType::node_started, "each"));
    asked.take(event(EventType::node_waiting, "each[0].ask", R"({"for": "webhook"})"));
    // The container waits for what is in it.
    EXPECT_TRUE(asked.waits_for_answers());
    asked.take(event(EventType::node_waiting, "nap", R"({"due": "1970-01-01T01:00:01.000Z"})"));
    EXPECT_FALSE(asked.waits_for_answers());
    asked.take(event(EventType::node_completed, "nap"));
    asked.take(
        event(EventType::node_waiting, "ship", R"({"for": "child", "child_execution_id": "x"})"));
    EXPECT_FALSE(asked.waits_for_answers());
}

}  // namespace
}  // namespace millrace::cli
