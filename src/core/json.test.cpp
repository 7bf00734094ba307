// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "testing/arbitrary_value.hpp"

namespace millrace::core {
namespace {

using ::testing::HasSubstr;

Value parsed(std::string_view text) {
    const Result<Value> value = parse_json(text);
    EXPECT_TRUE(value.has_value()) << text << ": " << value.error().message();
    return value.value_or(Value{"unreadable"});
}

std::string error_of(std::string_view text, const JsonLimits& limits = {}) {
    const Result<Value> value = parse_json(text, limits);
    EXPECT_FALSE(value.has_value()) << text;
    return value ? "no error" : value.error().message();
}

TEST(ParseJson, ReadsEveryKind) {
    EXPECT_EQ(parsed("null"), Value{});
    EXPECT_EQ(parsed(" true\n"), Value{true});
    EXPECT_EQ(parsed("false"), Value{false});
    EXPECT_EQ(parsed("-12"), Value{-12});
    EXPECT_EQ(parsed("1.5e2"), Value{150});
    EXPECT_EQ(parsed("\"text\""), Value{"text"});
    EXPECT_EQ(parsed("[]"), Value::array({}));
    EXPECT_EQ(parsed("{ }"), Value::object({}));
    EXPECT_EQ(parsed("[1, [2, {}], \"3\"]"),
              Value::array({1, Value::array({2, Value::object({})}), "3"}));
    EXPECT_EQ(parsed("{\"a\": {\"b\": [1]}, \"c\": null}"),
              Value::object({{"a", Value::object({{"b", Value::array({1})}})}, {"c", nullptr}}));
}

TEST(ParseJson, KeepsInt64Exact) {
    EXPECT_EQ(parsed("9223372036854775807").as_integer(), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(parsed("[9007199254740993]").as_array()[0].as_integer(), 9007199254740993);
}

TEST(ParseJson, KeepsTheOrderOfKeys) {
    EXPECT_EQ(to_json(parsed("{\"b\":1,\"a\":2,\"b\":3}")), "{\"b\":3,\"a\":2}");
}

TEST(ParseJson, DecodesEscapes) {
    EXPECT_EQ(parsed(R"("\"\\\/\b\f\n\r\t")").as_string(), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(parsed(R"("\u0041\u00e9\u20AC\ud83d\ude00")").as_string(), "Aé€😀");
    EXPECT_EQ(parsed(R"("\u0000")").as_string(), (std::string_view{"\0", 1}));
}

TEST(ParseJson, ReplacesLoneSurrogates) {
    EXPECT_EQ(parsed(R"("\ud83d")").as_string(), "\uFFFD");
    EXPECT_EQ(parsed(R"("\ude00x")").as_string(), "\uFFFDx");
    EXPECT_EQ(parsed(R"("\ud83d\u0041")").as_string(), "\uFFFDA");
    EXPECT_EQ(parsed(R"("\ud83d\ud83d\ude00")").as_string(), "\uFFFD😀");
}

TEST(ParseJson, SaysWhereAndWhatIsWrong) {
    EXPECT_EQ(error_of(""), "1:1: expected a value, found the end of the text");
    EXPECT_EQ(error_of("{\"a\": 1,\n  b: 2}"),
              "2:3: expected a member's name in double quotes, found 'b'");
    EXPECT_EQ(error_of("[1 2]"), "1:4: expected ',' or ']' after the element, found '2'");
    EXPECT_EQ(error_of("{\"a\":1 \"b\":2}"),
              "1:8: expected ',' or '}' after the member, found '\"'");
    EXPECT_EQ(error_of("{\"a\" 1}"), "1:6: expected ':' after the member's name, found '1'");
    EXPECT_EQ(error_of("[1,\n]"),
              "2:1: expected another element after ',', found ']': remove the comma before it");
    EXPECT_EQ(error_of("{\"a\":1,}"),
              "1:8: expected another member after ',', found '}': remove the comma before it");
    EXPECT_EQ(error_of("1 2"), "1:3: expected the end of the text after the value, found '2'");
    EXPECT_EQ(error_of("nul"), "1:1: expected a value, found 'nul'");
    EXPECT_EQ(error_of("[undefined]"), "1:2: expected a value, found 'undefined'");
    EXPECT_EQ(error_of("[NaN]"), "1:2: expected a value, found 'NaN'");
    EXPECT_EQ(error_of("[ü]"), "1:2: expected a value, found 'ü'");
    EXPECT_THAT(error_of("['a']"), HasSubstr("JSON strings stand in double quotes"));
    EXPECT_THAT(error_of("// note\n1"), HasSubstr("a comment, which JSON does not have"));
    EXPECT_THAT(error_of(std::string_view{"[\0]", 3}), HasSubstr("the control character 0x00"));
    EXPECT_EQ(error_of("[[1]"),
              "1:5: expected ',' or ']' after the element, found the end of the text");
}

TEST(ParseJson, ExplainsBadNumbers) {
    EXPECT_EQ(error_of("[01]"), "1:2: '01' is no JSON number: remove the leading zeros");
    EXPECT_EQ(error_of("+1"), "1:1: '+1' is no JSON number: remove the '+'");
    EXPECT_EQ(error_of("-.5"), "1:1: '-.5' is no JSON number: write 0 before the point");
    EXPECT_EQ(error_of("0x10"), "1:1: '0x10' is no JSON number");
    EXPECT_EQ(error_of("1e999"), "1:1: '1e999' is no JSON number within the range of a double");
    EXPECT_EQ(error_of("-"), "1:1: '-' is no JSON number");
    EXPECT_EQ(error_of("-Infinity"), "1:1: '-Infinity' is no JSON number");
}

TEST(ParseJson, ExplainsBadStrings) {
    EXPECT_THAT(error_of("[\"abc"), HasSubstr("1:2: this string is not closed"));
    EXPECT_EQ(error_of("\"a\nb\""),
              "1:3: a string may not contain the control character 0x0A: write it as \\u000A");
    EXPECT_EQ(error_of(R"("\x")"),
              "1:3: expected one of \" \\ / b f n r t u after '\\', found 'x'");
    EXPECT_EQ(error_of(R"("\u12G4")"), "1:2: expected four hexadecimal digits after '\\u'");
    EXPECT_EQ(error_of("\"\\u12"), "1:2: expected four hexadecimal digits after '\\u'");
    EXPECT_THAT(error_of("\"\\"), HasSubstr("found the end of the text"));
}

TEST(ParseJson, RefusesInvalidUtf8AtItsPlace) {
    EXPECT_EQ(error_of("[1,\n\"a\xC3\"]"),
              "2:3: byte 0xC3 at offset 6 is not valid UTF-8: save the text as UTF-8");
    EXPECT_THAT(error_of("\"\xED\xA0\x80\""), HasSubstr("byte 0xED at offset 1"));
    EXPECT_THAT(error_of("\xEF\xBB\xBF{}"), HasSubstr("byte order mark"));
}

TEST(ParseJson, MayRefuseRepeatedKeys) {
    EXPECT_EQ(error_of("{\"a\":1,\n \"a\":2}", {.duplicate_keys = false}),
              "2:2: the object has two members \"a\": remove or rename one");
    EXPECT_TRUE(parse_json("{\"a\":{\"a\":1},\"b\":{\"a\":1}}", {.duplicate_keys = false}));
}

TEST(ParseJson, HoldsItsLimits) {
    EXPECT_TRUE(parse_json("[[1]]", {.depth_max = 2}));
    EXPECT_THAT(error_of("[[[1]]]", {.depth_max = 2}), HasSubstr("1:3: nested deeper"));
    EXPECT_THAT(error_of("[1, 2]", {.bytes_max = 5}), HasSubstr("more than the limit of 5"));
    EXPECT_TRUE(parse_json("[[", {.depth_max = 1}).error().is(JsonErrc::limit));
    EXPECT_TRUE(parse_json("[").error().is(JsonErrc::syntax));
}

TEST(ParseJson, ReadsAndWritesAMillionLevelsWithoutAStack) {
    constexpr std::size_t depth = 1'000'000;
    const std::string text = std::string(depth, '[') + std::string(depth, ']');
    const Result<Value> value = parse_json(text, {.depth_max = depth});
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(to_json(*value), text);
    EXPECT_EQ(decode_bytes(*value), *value);
}

TEST(ToJson, WritesEveryKind) {
    EXPECT_EQ(to_json(Value{}), "null");
    EXPECT_EQ(to_json(Value{false}), "false");
    EXPECT_EQ(to_json(Value{std::numeric_limits<std::int64_t>::min()}), "-9223372036854775808");
    EXPECT_EQ(to_json(Value{1e21}), "1e+21");
    EXPECT_EQ(to_json(Value{-0.0}), "0");
    EXPECT_EQ(to_json(Value{std::numeric_limits<double>::infinity()}), "null");
    EXPECT_EQ(to_json(Value{std::numeric_limits<double>::quiet_NaN()}), "null");
    EXPECT_EQ(to_json(Value{"a\"\\\n\x01é"}), "\"a\\\"\\\\\\n\\u0001é\"");
    EXPECT_EQ(to_json(Value::array({1, "a", Value::object({{"k", nullptr}})})),
              "[1,\"a\",{\"k\":null}]");
}

TEST(ToJson, WritesBytesAsBase64) {
    const std::uint8_t data[] = {0, 255, 16};
    EXPECT_EQ(to_json(Value::bytes(data)), "{\"$bytes\":\"AP8Q\"}");
    EXPECT_EQ(to_pretty_json(Value::bytes(data)), "{\"$bytes\": \"AP8Q\"}");
}

TEST(ToJson, IndentsPrettyTextByTwo) {
    const Value value = Value::object({{"a", Value::array({1, Value::array({})})}, {"b", 2}});
    EXPECT_EQ(to_pretty_json(value), "{\n  \"a\": [\n    1,\n    []\n  ],\n  \"b\": 2\n}");
}

TEST(ToJson, AppendsToABuffer) {
    std::string out = "x=";
    append_json(out, Value{1});
    append_json_string(out, "\xFF");
    EXPECT_EQ(out, "x=1\"\uFFFD\"");
}

TEST(DecodeBytes, ReplacesMarkersAtAnyDepth) {
    const Value value = parsed(R"({"a":[{"$bytes":"AP8Q"},1],"b":{"$bytes":""}})");
    const std::uint8_t data[] = {0, 255, 16};
    EXPECT_EQ(*decode_bytes(value), Value::object({{"a", Value::array({Value::bytes(data), 1})},
                                                   {"b", Value::bytes({})}}));
    EXPECT_EQ(*decode_bytes(parsed(R"({"$bytes":"AA=="})")),
              Value::bytes(std::vector<std::uint8_t>{0}));
}

TEST(DecodeBytes, LeavesObjectsWithFurtherMembersAlone) {
    const Value value = parsed(R"([{"$bytes":"AA==","x":1}])");
    EXPECT_EQ(*decode_bytes(value), value);
}

TEST(DecodeBytes, NamesThePlaceOfBadBase64) {
    EXPECT_THAT(decode_bytes(parsed(R"({"a/b":[1,{"$bytes":"A"}]})")).error().message(),
                HasSubstr("at /a~1b/1: bad base64"));
    EXPECT_THAT(decode_bytes(parsed(R"({"$bytes":5})")).error().message(),
                HasSubstr("at the value: \"$bytes\" must be a base64 string, not integer"));
}

TEST(Base64, IsRfc4648) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(base64(bytes), text);
        EXPECT_EQ(parse_base64(text), bytes);
    }
}

TEST(Base64, RefusesWhatIsNotStrict) {
    for (const char* text :
         {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", "Zm-_", "=Zm9"}) {
        EXPECT_FALSE(parse_base64(text).has_value()) << text;
    }
}

TEST(Position, CountsLinesAndBytesFromOne) {
    const auto at = [](std::size_t offset) {
        const TextPosition position = position_at("ab\n\ncd", offset);
        return std::pair{position.line, position.column};
    };
    EXPECT_EQ(at(0), (std::pair<std::size_t, std::size_t>{1, 1}));
    EXPECT_EQ(at(2), (std::pair<std::size_t, std::size_t>{1, 3}));
    EXPECT_EQ(at(3), (std::pair<std::size_t, std::size_t>{2, 1}));
    EXPECT_EQ(at(5), (std::pair<std::size_t, std::size_t>{3, 2}));
    EXPECT_EQ(at(99), (std::pair<std::size_t, std::size_t>{3, 3}));
}

RC_GTEST_PROP(JsonLaws, WhatWasWrittenReadsBackTheSame, ()) {
    // Bytes come back as markers; a second pass must then change nothing.
    const Value value = *parse_json(to_json(*arbitrary_value()));
    RC_ASSERT((*parse_json(to_json(value)) == value));
    RC_ASSERT((*parse_json(to_pretty_json(value)) == value));
}

RC_GTEST_PROP(JsonLaws, Base64ReadsBackTheSame, (const std::string& bytes)) {
    RC_ASSERT((parse_base64(base64(bytes)) == bytes));
}

TEST(ToJson, WritesDoublesSoThatTheyStayDoublesWhereItIsExact) {
    const Value value =
        *parse_json("[1e18, -0.0, 9007199254740992.0, 9007199254740992, 1e21, 1.5]");
    EXPECT_EQ(to_json(value),
              "[1000000000000000000,0,9007199254740992,9007199254740992,1e+21,1.5]");
    const std::string exact = to_json(value, JsonNumbers::exact);
    EXPECT_EQ(exact, "[1000000000000000000.0,-0.0,9007199254740992.0,9007199254740992,1e+21,1.5]");
    const Value again = *parse_json(exact);
    EXPECT_EQ(again.as_array()[0].kind(), Value::Kind::number);
    EXPECT_TRUE(std::signbit(again.as_array()[1].as_double()));
    EXPECT_EQ(to_pretty_json(Value{1e18}, JsonNumbers::exact), "1000000000000000000.0");
}

}  // namespace
}  // namespace millrace::core
