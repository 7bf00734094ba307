// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using testing::failure_of;
using testing::json;
using testing::NodeRun;
using testing::out_of;

engine::NodeOutcome merge(std::string_view data, std::string_view values,
                          std::vector<std::string_view> labels = {}) {
    return NodeRun{json(data), json(values), std::move(labels)}.start(flow_merge());
}

TEST(FlowMerge, GivesAllValuesUnlessTold) {
    EXPECT_EQ(out_of(merge("{}", "[1,[2]]")), json("[1,[2]]"));
    EXPECT_EQ(out_of(merge(R"({"mode":"all"})", "[1,[2]]")), json("[1,[2]]"));
}

TEST(FlowMerge, GivesTheFirst) {
    EXPECT_EQ(out_of(merge(R"({"mode":"first"})", "[[7],8]")), json("[7]"));
}

TEST(FlowMerge, GivesAnObjectByLabel) {
    EXPECT_EQ(out_of(merge(R"({"mode":"object"})", "[1,2]", {"web", "shop"})),
              json(R"({"web":1,"shop":2})"));
}

TEST(FlowMerge, LosesNoValueToAnEqualLabel) {
    const auto failure = failure_of(merge(R"({"mode":"object"})", "[1,2,3]", {"a", "b", "a"}));
    EXPECT_EQ(failure.code, "duplicate_label");
    EXPECT_EQ(failure.message,
              "two of the merged values are called \"a\"; give their connections different tags");
}

TEST(FlowMerge, JoinsArrays) {
    EXPECT_EQ(out_of(merge(R"({"mode":"concat"})", "[[1],[],[2,[3]]]")), json("[1,2,[3]]"));
}

TEST(FlowMerge, DoesNotJoinOtherValues) {
    EXPECT_EQ(failure_of(merge(R"({"mode":"concat"})", "[[1],2]")).code, "not_an_array");
}

TEST(FlowMerge, RefusesUnknownModes) {
    EXPECT_EQ(failure_of(merge(R"({"mode":"last"})", "[1]")).code, "bad_mode");
}

}  // namespace
}  // namespace millrace::nodes
