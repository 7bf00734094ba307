// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::IsEmpty;
using testing::problems_of;

TEST(FlowLoop, IsOfExactlyOneKind) {
    EXPECT_THAT(problems_of(flow_loop(), "{}"), ElementsAre("bad_value /data"));
    EXPECT_THAT(problems_of(flow_loop(), R"({"concurrency": 2})"), ElementsAre("bad_value /data"));
    EXPECT_THAT(problems_of(flow_loop(), R"({"times": 3, "over": "input", "while": "value"})"),
                ElementsAre("bad_value /data/times", "bad_value /data/while"));
    for (const char* data : {R"({"over": "input.rows"})", R"({"times": 0})",
                             R"({"while": "value.next"})", R"({"while": false})"}) {
        EXPECT_THAT(problems_of(flow_loop(), data), IsEmpty()) << data;
    }
}

TEST(FlowLoop, HasBatchesOnlyOfElements) {
    EXPECT_THAT(problems_of(flow_loop(), R"({"over": "input", "batch_size": 5})"), IsEmpty());
    EXPECT_THAT(problems_of(flow_loop(), R"({"times": 5, "batch_size": 5})"),
                ElementsAre("bad_value /data/batch_size"));
    EXPECT_THAT(problems_of(flow_loop(), R"({"while": "value", "batch_size": 5})"),
                ElementsAre("bad_value /data/batch_size"));
}

TEST(FlowLoop, RunsWhileOneAtATime) {
    EXPECT_THAT(problems_of(flow_loop(), R"({"while": "value", "concurrency": 1})"), IsEmpty());
    EXPECT_THAT(problems_of(flow_loop(), R"({"while": "value", "concurrency": 2})"),
                ElementsAre("bad_value /data/concurrency"));
    EXPECT_THAT(problems_of(flow_loop(), R"({"while": "value", "concurrency": "{{ vars.n }}"})"),
                ElementsAre("bad_value /data/concurrency"));
    EXPECT_THAT(problems_of(flow_loop(), R"({"times": 9, "concurrency": 2})"), IsEmpty());
}

TEST(FlowLoop, HasNoEmptyConditions) {
    EXPECT_THAT(problems_of(flow_loop(), R"({"while": "", "break": ""})"),
                ElementsAre("bad_expression /data/while", "bad_expression /data/break"));
}

TEST(FlowLoop, IsNeverStartedItself) {
    EXPECT_EQ(failure_of(testing::NodeRun{}.start(flow_loop())).code, "container_started");
}

}  // namespace
}  // namespace millrace::nodes
