// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace millrace::format {
namespace {

using core::Value;
using testing::HasSubstr;
using testing::StartsWith;

std::string error_of(std::string_view text, const core::JsonLimits& limits = {}) {
    const core::Result<Value> read = read_json(text, limits);
    return read ? "accepted" : read.error().message();
}

TEST(ReadJson, KeepsIntegersExactAndOrderOfKeys) {
    const core::Result<Value> read = read_json(
        R"({"b": 9223372036854775807, "a": [-9223372036854775808, 1.5, 1e2, true, null]})");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(core::to_json(*read),
              R"({"b":9223372036854775807,"a":[-9223372036854775808,1.5,100,true,null]})");
}

TEST(ReadJson, ReadsAnIntegerBeyondInt64AsADouble) {
    const core::Result<Value> read = read_json("[9223372036854775808]");
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->as_array()[0].is_integer());
    EXPECT_EQ(read->as_array()[0].as_double(), 9223372036854775808.0);
}

TEST(ReadJson, ReadsLoneScalarsAndEscapes) {
    EXPECT_EQ(*read_json(" 5 "), Value{5});
    EXPECT_EQ(*read_json(R"(["\u00e9\ud83d\ude00\n"])"), Value::array({Value{"é😀\n"}}));
    EXPECT_EQ(*read_json(R"(["\ud800"])"), Value::array({Value{"\uFFFD"}}));
}

TEST(ReadJson, NamesLineAndColumnOfAnError) {
    EXPECT_THAT(error_of("{\n  \"a\": [1, 2\n}"), StartsWith("3:1: "));
    EXPECT_THAT(error_of("[1] 2"), StartsWith("1:5: "));
    EXPECT_THAT(error_of("[01]"), StartsWith("1:2: "));
    EXPECT_THAT(error_of("[\"\xC0\x80\"]"), StartsWith("1:3: "));
}

TEST(ReadJson, RefusesATextAboveTheLimitAtOnce) {
    const std::string text(100u << 20, ' ');
    EXPECT_THAT(error_of(text), HasSubstr("104857600 bytes"));
}

TEST(ReadJson, RefusesNestingBeyondTheLimit) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_EQ(error_of(nested(100)), "accepted");
    EXPECT_THAT(error_of(nested(101)), StartsWith("1:101: "));
    EXPECT_THAT(error_of(nested(10'000)), HasSubstr("nested deeper"));
}

TEST(ReadJson, TellsARepeatedKeyWhereThatIsAnError) {
    EXPECT_EQ(*read_json(R"({"a": 1, "a": 2})"), *read_json(R"({"a": 2})"));
    EXPECT_THAT(error_of(R"({"a": 1, "a": 2})", {.duplicate_keys = false}), StartsWith("1:10: "));
}

TEST(ReadJson, TakesNoStackForDepth) {
    core::JsonLimits limits;
    limits.depth_max = 100'000;
    const std::string text = std::string(100'000, '[') + std::string(100'000, ']');
    EXPECT_TRUE(read_json(text, limits));
    EXPECT_TRUE(read_json("[" + text + "]", limits).error().is(core::JsonErrc::limit));
}

}  // namespace
}  // namespace millrace::format
