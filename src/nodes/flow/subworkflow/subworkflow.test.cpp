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

engine::NodeOutcome started(std::string_view data) {
    return NodeRun{json(data), "arrived"}.start(flow_subworkflow());
}

engine::SubworkflowCall call_of(std::string_view data) {
    const auto outcome = started(data);
    const auto* const request = std::get_if<engine::EffectRequest>(&outcome);
    EXPECT_NE(request, nullptr) << failure_of(outcome).message;
    return request == nullptr ? engine::SubworkflowCall{}
                              : std::get<engine::SubworkflowCall>(*request);
}

TEST(FlowSubworkflow, PassesOnWhatArrivesAndWaits) {
    const auto call = call_of(R"({"workflow":"charge"})");
    EXPECT_EQ(call.workflow, "charge");
    EXPECT_EQ(call.version, 0u);
    EXPECT_EQ(call.input, core::Value{"arrived"});
    EXPECT_TRUE(call.waits);
    EXPECT_FALSE(call.abandons);
}

TEST(FlowSubworkflow, TakesWhatItIsTold) {
    const auto call = call_of(R"({"workflow":"charge","version":3,"input":null,"wait":true,
        "variables":{"base":"x"},"labels":{"team":"a"},"on_cancel":"abandon"})");
    EXPECT_EQ(call.version, 3u);
    EXPECT_TRUE(call.input.is_null());
    EXPECT_EQ(call.variables, json(R"({"base":"x"})"));
    EXPECT_EQ(call.labels, json(R"({"team":"a"})"));
    EXPECT_TRUE(call.abandons);
    EXPECT_FALSE(call_of(R"({"workflow":"charge","wait":false})").waits);
}

TEST(FlowSubworkflow, RefusesWhatItCannotRead) {
    for (const char* const data :
         {R"({"workflow":""})", R"({"workflow":"No such id"})", R"({"workflow":7})",
          R"({"workflow":"a","version":0})", R"({"workflow":"a","version":"x"})",
          R"({"workflow":"a","variables":7})", R"({"workflow":"a","labels":{"a":7}})"}) {
        SCOPED_TRACE(data);
        EXPECT_EQ(failure_of(started(data)).code, "bad_field");
    }
    EXPECT_THAT(failure_of(started(R"({"workflow":"-"})")).message,
                HasSubstr("the id of a workflow"));
}

TEST(FlowSubworkflow, FindsMistakesBeforeTheRun) {
    EXPECT_THAT(problems_of(flow_subworkflow(), R"({"workflow":"No"})"),
                ElementsAre("bad_value /data/workflow"));
    EXPECT_THAT(problems_of(flow_subworkflow(), R"({"workflow":"a","version":"3"})"),
                ElementsAre("bad_value /data/version"));
    EXPECT_THAT(
        problems_of(flow_subworkflow(), R"({"workflow":"a","wait":false,"on_cancel":"abandon"})"),
        ElementsAre("bad_value /data/on_cancel"));
    EXPECT_THAT(problems_of(flow_subworkflow(),
                            R"({"workflow":"{{ input.id }}","version":"{{ input.v }}"})"),
                IsEmpty());
}

}  // namespace
}  // namespace millrace::nodes
