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

TEST(JsonParse, ReadsDeepTextsUpToALimit) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(out_of(NodeRun{.input = nested(10'000)}.start(json_parse())).is_array());
    const core::Failure failure = failure_of(NodeRun{.input = nested(10'001)}.start(json_parse()));
    EXPECT_EQ(failure.code, "json_limit");
    EXPECT_EQ(failure.error_class, core::ErrorClass::limit);
}

}  // namespace
}  // namespace millrace::nodes
