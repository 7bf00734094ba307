// SPDX-License-Identifier: Apache-2.0
#include "terminal/plain_lines.hpp"

#include <gtest/gtest.h>

#include "testing/events.hpp"

namespace millrace::cli {
namespace {

const RunFacts facts{{{"start", 1, false}, {"charge", 4, true}}};

std::string text_of(const core::Event& event) {
    const std::optional<Line> line = plain_line(event, facts);
    return line ? rendered(*line, false) : "(nothing)";
}

TEST(PlainLines, TellHowANodeWent) {
    EXPECT_EQ(text_of(testing::started("charge", 0)), "charge started");
    EXPECT_EQ(text_of(testing::started("charge", 0, 2)), "charge started attempt 2");
    EXPECT_EQ(text_of(testing::completed("charge", 0, 35)), "charge completed 35 ms");
    EXPECT_EQ(text_of(testing::completed("charge", 0, 35, 3)), "charge completed 35 ms, attempt 3");
    EXPECT_EQ(text_of(testing::retrying("charge", 0, 200, 2)),
              "charge retries attempt 2 of 4 in 200 ms after http_503: GET / answered 503");
    EXPECT_EQ(text_of(testing::waiting("charge", 0, 4'000)), "charge waits 4 s");
}

TEST(PlainLines, SayWhatFollowsAFailure) {
    EXPECT_EQ(text_of(testing::failed("charge", 0, "stop")),
              "charge failed http_503: GET / answered 503");
    EXPECT_EQ(text_of(testing::failed("charge", 0, "continue")),
              "charge failed http_503: GET / answered 503; the run goes on");
    EXPECT_EQ(text_of(testing::failed("charge", 0, "error_port")),
              "charge failed http_503: GET / answered 503; its error port takes over");
    const core::Event fallback = testing::event(
        core::EventType::node_waiting, "charge", 0,
        core::Value::object(
            {{"fallback", "by_hand"}, {"error", testing::error_data("timeout", "too slow")}}));
    EXPECT_EQ(text_of(fallback), "charge failed timeout: too slow; by_hand stands in");
}

TEST(PlainLines, NameWhatRecoveredANode) {
    const auto recovered = [](std::string_view by) {
        return testing::event(core::EventType::node_completed, "charge", 0,
                              core::Value::object({{"duration_ms", 1}, {"recovered_by", by}}));
    };
    EXPECT_EQ(text_of(recovered("default")), "charge completed 1 ms, with its default");
    EXPECT_EQ(text_of(recovered("by_hand")), "charge completed 1 ms, by fallback by_hand");
}

TEST(PlainLines, LeaveOutStartsThatAreOverAtOnce) {
    EXPECT_EQ(text_of(testing::started("start", 0)), "(nothing)");
    EXPECT_EQ(text_of(testing::created()), "(nothing)");
}

TEST(PlainLines, ShowLogLinesWithTheirLevel) {
    EXPECT_EQ(text_of(testing::remark("start", "info", "order 7")), "start: order 7");
    EXPECT_EQ(text_of(testing::remark("start", "error", "order 7")), "start: error: order 7");
}

TEST(PlainLines, TellWhyARunIsPaused) {
    EXPECT_EQ(text_of(testing::event(core::EventType::execution_paused, "", 0,
                                     core::Value::object({{"reason", "look first"}}))),
              "paused: look first");
    EXPECT_EQ(text_of(testing::event(core::EventType::execution_paused, "", 0,
                                     core::Value::object({{"before", "charge"}}))),
              "paused before charge");
    EXPECT_EQ(text_of(testing::event(core::EventType::execution_resumed, "", 0,
                                     core::Value::object({{"step", true}}))),
              "resumed for one step");
}

TEST(PlainLines, NameRunsInsideContainersByTheirPath) {
    core::Event inner = testing::completed("charge", 0, 35);
    inner.path = "loop[3].charge";
    EXPECT_EQ(text_of(inner), "loop[3].charge completed 35 ms");
}

TEST(PlainLines, CountIterations) {
    EXPECT_EQ(iteration_words({.opened = 1, .completed = 1}), "1 iteration");
    EXPECT_EQ(iteration_words({.opened = 9, .completed = 5, .failed = 1, .canceled = 1}),
              "7 iterations, 2 running, 1 failed, 1 canceled");
}

TEST(InnerLines, LeaveOutWhatTheCountsTellAndAllBeyondTheFirst) {
    InnerLines lines;
    core::Event inner = testing::completed("charge", 0, 35);
    inner.path = "loop[3].charge";
    EXPECT_FALSE(lines.takes(inner));
    EXPECT_TRUE(lines.takes(testing::completed("charge", 0, 35)));
    core::Event said = testing::remark("charge", "info", "hello");
    said.path = "loop[3].charge";
    for (int i = 1; i <= 20; ++i) {
        EXPECT_TRUE(lines.takes(said));
        EXPECT_EQ(lines.has_just_ended(), i == 20);
    }
    EXPECT_FALSE(lines.takes(said));
    EXPECT_FALSE(lines.has_just_ended());
}

}  // namespace
}  // namespace millrace::cli
