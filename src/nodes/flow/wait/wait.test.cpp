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
using testing::problems_of;
using testing::test_time;

engine::NodeOutcome started(std::string_view data) {
    return NodeRun{json(data), "passed"}.start(flow_wait());
}

engine::WaitFor wait_of(std::string_view data) {
    const auto outcome = started(data);
    const auto* const wait = std::get_if<engine::WaitFor>(&outcome);
    EXPECT_NE(wait, nullptr) << failure_of(outcome).message;
    return wait == nullptr ? engine::WaitFor{} : *wait;
}

TEST(FlowWait, WaitsForASignalForEver) {
    const auto wait = wait_of(R"({"signal":"paid"})");
    EXPECT_EQ(wait.kind, engine::WaitKind::signal);
    EXPECT_EQ(wait.name, "paid");
    EXPECT_FALSE(wait.until);
}

TEST(FlowWait, PassesItsInputWhenTheTimeIsOver) {
    const auto wait = wait_of(R"({"webhook":true,"timeout":"2d"})");
    EXPECT_EQ(wait.kind, engine::WaitKind::webhook);
    EXPECT_EQ(wait.until, test_time + core::Duration{2LL * 86'400'000});
    ASSERT_EQ(wait.on_timeout.ports.size(), 1u);
    EXPECT_EQ(wait.on_timeout.ports[0].port, core::PortIndex{1});
    EXPECT_EQ(wait.on_timeout.ports[0].value, core::Value{"passed"});
}

TEST(FlowWait, TellsThoseWhoDecideWhatItIsAbout) {
    const auto wait = wait_of(R"({"approval":{"title":"Pay?","message":"900 euro",
        "approvers":["ada"],"fields":{"properties":{"limit":{"type":"integer"}}}}})");
    EXPECT_EQ(wait.kind, engine::WaitKind::approval);
    EXPECT_EQ(*wait.details.find("title"), core::Value{"Pay?"});
    EXPECT_NE(wait.details.find("fields"), nullptr);
}

TEST(FlowWait, NamesTheEventsThatItWaitsFor) {
    const auto wait =
        wait_of(R"({"event":{"type":["order.paid","order.lost"],"match":{"data.order":7}}})");
    EXPECT_EQ(wait.kind, engine::WaitKind::event);
    EXPECT_EQ(wait.name, "order.paid,order.lost");
    EXPECT_NE(wait.details.find("match"), nullptr);
}

TEST(FlowWait, RefusesWhatItCannotRead) {
    EXPECT_THAT(failure_of(started("{}")).message, HasSubstr("exactly one"));
    EXPECT_EQ(failure_of(started(R"({"signal":"a","webhook":true})")).code, "bad_wait");
    EXPECT_EQ(failure_of(started(R"({"signal":""})")).code, "bad_wait");
    EXPECT_EQ(failure_of(started(R"({"signal":7})")).code, "bad_wait");
    EXPECT_EQ(failure_of(started(R"({"webhook":"yes"})")).code, "bad_wait");
    EXPECT_EQ(failure_of(started(R"({"approval":{"title":7}})")).code, "bad_wait");
    EXPECT_EQ(failure_of(started(R"({"approval":{"title":"t","approvers":[7]}})")).code,
              "bad_wait");
    EXPECT_EQ(failure_of(started(R"({"approval":{"title":"t","fields":{"properties":{}}}})")).code,
              "bad_wait");
    EXPECT_EQ(failure_of(started(R"({"event":{"type":7}})")).code, "bad_wait");
    EXPECT_EQ(failure_of(started(R"({"signal":"a","timeout":"5"})")).code, "bad_duration");
    EXPECT_EQ(failure_of(started(R"({"signal":"a","timeout":true})")).code, "bad_duration");
}

TEST(FlowWait, FindsMistakesBeforeTheRun) {
    EXPECT_THAT(problems_of(flow_wait(), "{}"), ElementsAre("missing_key /data"));
    EXPECT_THAT(problems_of(flow_wait(), R"({"signal":"a","webhook":true})"),
                ElementsAre("bad_value /data/webhook"));
    EXPECT_THAT(problems_of(flow_wait(), R"({"signal":"a","timeout":5})"),
                ElementsAre("bad_duration /data/timeout"));
    EXPECT_THAT(
        problems_of(
            flow_wait(),
            R"({"approval":{"title":"t","fields":{"properties":{"a":{"type":"object"}}}}})"),
        ElementsAre("bad_value /data/approval/fields/properties/a"));
    EXPECT_THAT(problems_of(flow_wait(), R"({"signal":"a","timeout":"{{ input.wait }}"})"),
                IsEmpty());
}

}  // namespace
}  // namespace millrace::nodes
