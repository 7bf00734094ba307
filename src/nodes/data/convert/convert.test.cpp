// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::json;
using testing::problems_of;
using testing::TypeRun;

TypeRun convert(std::string_view data, core::Value input) {
    TypeRun run{"data.convert", json(data)};
    return run.with_input(std::move(input));
}

TEST(DataConvert, ReadsAndWritesJson) {
    EXPECT_EQ(convert(R"({"from":"json"})", "{\"a\":[1]}").out(), json(R"({"a":[1]})"));
    EXPECT_EQ(convert(R"({"to":"json","pretty":true})", json(R"({"a":1})")).out(),
              "{\n  \"a\": 1\n}");
    EXPECT_EQ(convert(R"({"from":"json"})", "{").failure().code, "bad_json");
}

TEST(DataConvert, ReadsAndWritesLinesOfJson) {
    EXPECT_EQ(convert(R"({"from":"ndjson"})", "{\"a\":1}\n\n2\r\n\"x\"").out(),
              json(R"([{"a":1},2,"x"])"));
    EXPECT_EQ(convert(R"({"to":"ndjson"})", json(R"([{"a":1},2])")).out(), "{\"a\":1}\n2\n");
    const core::Failure failure = convert(R"({"from":"ndjson"})", "1\n\n{\n").failure();
    EXPECT_THAT(failure.message, HasSubstr("line 3: "));
    EXPECT_EQ(convert(R"({"from":"ndjson","on_item_error":"skip"})", "1\n{\n2").out(),
              json("[1,2]"));
}

TEST(DataConvert, ReadsAndWritesYaml) {
    EXPECT_EQ(convert(R"({"from":"yaml"})", "a: [1, no]\nb: x\n").out(),
              json(R"({"a":[1,"no"],"b":"x"})"));
    EXPECT_EQ(convert(R"({"to":"yaml"})", json(R"({"a":1})")).out(), "a: 1\n");
    EXPECT_THAT(convert(R"({"from":"yaml"})", "a: 1\na: 2\n").failure().message, HasSubstr("2:1"));
    core::Value deep = 1;
    for (int i = 0; i < 5'000; ++i)
        deep = core::Value::array({deep});
    EXPECT_EQ(convert(R"({"to":"yaml"})", deep).failure().code, "conversion_limit");
}

TEST(DataConvert, ChangesBetweenTextsAndBytes) {
    const core::Value bytes = convert(R"({"to":"bytes"})", "Grüezi").out();
    ASSERT_TRUE(bytes.is_bytes());
    EXPECT_EQ(convert(R"({"to":"text"})", bytes).out(), "Grüezi");
    EXPECT_EQ(convert(R"({"to":"base64"})", "Grüezi").out(), "R3LDvGV6aQ==");
    EXPECT_EQ(convert(R"({"from":"base64","to":"text"})", "R3LDvGV6aQ==").out(), "Grüezi");
    EXPECT_EQ(convert(R"({"from":"base64"})", "?").failure().code, "bad_base64");
    EXPECT_EQ(convert(R"({"from":"base64","to":"text"})", "/w==").failure().code, "not_utf8");
    EXPECT_EQ(convert(R"({"to":"text"})", json(R"({"a":1})")).out(), R"({"a":1})");
}

TEST(DataConvert, RefusesBytesOfOtherEncodingsInsteadOfChangingThem) {
    const std::array<std::uint8_t, 4> latin{'a', '\n', 0xfc, '\n'};
    for (const std::string_view form : {"csv", "json", "ndjson", "yaml"}) {
        const auto failure =
            convert(R"({"from":")" + std::string{form} + "\"}", core::Value::bytes(latin))
                .failure();
        EXPECT_EQ(failure.code, "not_utf8") << form;
        EXPECT_THAT(failure.message, HasSubstr("iconv"));
    }
}

TEST(DataConvert, TakesItsSourceFromAField) {
    EXPECT_EQ(
        convert(R"({"from":"json","value":"{{ input.body }}"})", json(R"({"body":"[1]"})")).out(),
        json("[1]"));
    EXPECT_EQ(convert(R"({"from":"csv"})", 7).failure().code, "not_a_text");
}

TEST(DataConvert, FindsOptionsOfOtherFormatsBeforeTheRun) {
    EXPECT_THAT(problems_of(data_convert(), R"({"from":"json","csv":{}})"),
                ElementsAre("bad_value /data/csv"));
    EXPECT_THAT(problems_of(data_convert(),
                            R"({"from":"json","to":"yaml","pretty":true,"on_item_error":"skip"})"),
                ElementsAre("bad_value /data/pretty", "bad_value /data/on_item_error"));
}

}  // namespace
}  // namespace millrace::nodes
