// SPDX-License-Identifier: Apache-2.0
#include "plain_lines.hpp"

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

}  // namespace
}  // namespace millrace::cli
