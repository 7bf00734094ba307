// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using testing::failure_of;
using testing::json;
using testing::NodeRun;
using testing::out_of;

TEST(JsonParse, ReadsTextAndBytes) {
    EXPECT_EQ(out_of(NodeRun{.input = "[1]"}.start(json_parse())), json("[1]"));
    const std::vector<std::uint8_t> bytes = {'[', '2', ']'};
    EXPECT_EQ(out_of(NodeRun{.input = core::Value::bytes(bytes)}.start(json_parse())), json("[2]"));
}

TEST(JsonParse, DoesNotDecodeBytesObjects) {
    EXPECT_EQ(out_of(NodeRun{.input = R"({"$bytes":"AA=="})"}.start(json_parse())),
              json(R"({"$bytes":"AA=="})"));
}

TEST(JsonParse, NamesThePlaceOfAMistake) {
    const core::Failure failure = failure_of(NodeRun{.input = "{\n  x}"}.start(json_parse()));
    EXPECT_EQ(failure.code, "bad_json");
    EXPECT_THAT(failure.message, ::testing::HasSubstr("2:3"));
}

TEST(JsonParse, RefusesWhatIsNoText) {
    EXPECT_EQ(failure_of(NodeRun{.input = 7}.start(json_parse())).code, "not_a_text");
}

}  // namespace
}  // namespace millrace::nodes
