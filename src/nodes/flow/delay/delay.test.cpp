// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using testing::NodeRun;
using testing::out_of;
using testing::problems_of;
using testing::test_time;

engine::NodeOutcome delay(std::string_view data) {
    return NodeRun{json(data), "passed"}.start(flow_delay());
}

core::Time end_of(const engine::NodeOutcome& outcome) {
    return std::get<engine::WaitUntil>(outcome).until;
}

TEST(FlowDelay, WaitsForADurationAndThenPassesItsInput) {
    const auto outcome = delay(R"({"for":"1.5s"})");
    EXPECT_EQ(end_of(outcome), test_time + core::Duration{1500});
    EXPECT_EQ(out_of(std::get<engine::WaitUntil>(outcome).then), "passed");
}

TEST(FlowDelay, WaitsUntilATime) {
    EXPECT_EQ(end_of(delay(R"({"until":"2030-01-01T01:00:00+01:00"})")).text(),
              "2030-01-01T00:00:00.000Z");
    EXPECT_EQ(end_of(delay(R"({"until":1900000000000})")), core::Time{1'900'000'000'000});
}

TEST(FlowDelay, DoesNotWaitForThePast) {
    EXPECT_EQ(out_of(delay(R"({"until":0})")), "passed");
    EXPECT_EQ(out_of(delay(R"({"for":"0s"})")), "passed");
}

TEST(FlowDelay, RefusesWhatItCannotRead) {
    EXPECT_THAT(failure_of(delay(R"({"for":"5"})")).message, HasSubstr("unit"));
    EXPECT_EQ(failure_of(delay(R"({"for":5})")).code, "bad_duration");
    EXPECT_EQ(failure_of(delay(R"({"until":"tomorrow"})")).code, "bad_time");
    EXPECT_EQ(failure_of(delay(R"({"until":true})")).code, "bad_time");
    EXPECT_EQ(failure_of(delay("{}")).code, "bad_delay");
    EXPECT_EQ(failure_of(delay(R"({"for":"1s","until":0})")).code, "bad_delay");
}

TEST(FlowDelay, FindsMistakesBeforeTheRun) {
    EXPECT_THAT(problems_of(flow_delay(), "{}"), ElementsAre("missing_key /data"));
    EXPECT_THAT(problems_of(flow_delay(), R"({"for":"1s","until":0})"),
                ElementsAre("bad_value /data/until"));
    EXPECT_THAT(problems_of(flow_delay(), R"({"for":"10"})"),
                ElementsAre("bad_duration /data/for"));
    EXPECT_THAT(problems_of(flow_delay(), R"({"for":10})"), ElementsAre("bad_duration /data/for"));
    EXPECT_THAT(problems_of(flow_delay(), R"({"until":"soon"})"),
                ElementsAre("bad_value /data/until"));
    EXPECT_THAT(problems_of(flow_delay(), R"({"for":"{{ input.wait }}"})"), IsEmpty());
}

TEST(FlowDelay, TakesWhatTheEngineObeys) {
    EXPECT_THAT(
        problems_of(flow_delay(), R"({"for":"1s","cancelable":false,"skip_on_resume":true})"),
        IsEmpty());
}

TEST(FlowDelay, RefusesAnEmptyTimeBeforeTheRun) {
    EXPECT_THAT(problems_of(flow_delay(), R"({"until":""})"), ElementsAre("bad_value /data/until"));
    EXPECT_THAT(problems_of(flow_delay(), R"({"for":""})"), ElementsAre("bad_duration /data/for"));
}

TEST(FlowDelay, LeavesOtherKindsToTheSchema) {
    EXPECT_THAT(problems_of(flow_delay(), R"({"for":true})"), IsEmpty());
}

}  // namespace
}  // namespace millrace::nodes
