// SPDX-License-Identifier: Apache-2.0
#include "pages/form_values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"
#include "pages/form_once.hpp"

namespace millrace::server {
namespace {

using core::Value;
using ::testing::HasSubstr;

Value json(std::string_view text) {
    return core::parse_json(text).value();
}

FormValues read(std::string_view properties, const FormTexts& sent,
                std::string_view required = "[]") {
    const auto form = make_form(json(R"({"type":"object","required":)" + std::string{required} +
                                     R"(,"properties":)" + std::string{properties} + "}"));
    EXPECT_TRUE(form.has_value());
    return read_form_values(*form, sent);
}

/// Field and text of each message, on a line.
std::string messages(const FormValues& values) {
    std::string text;
    for (const FormMessage& message : values.messages)
        text.append(message.field).append(": ").append(message.text).append("\n");
    return text;
}

TEST(FormValues, AreOfTheTypesThatTheSchemaSays) {
    const auto read_values = read(
        R"({"text":{"type":"string"},"count":{"type":"integer"},"share":{"type":"number"},
            "yes":{"type":"boolean"},"no":{"type":"boolean"},"size":{"enum":["S",2]},
            "days":{"type":"array","items":{"enum":[1,2,3]}},
            "tags":{"type":"array","items":{"type":"string"}},"note":{"type":"string"}})",
        {{"text", " Ada "},
         {"count", "007"},
         {"share", "-.5"},
         {"yes", "true"},
         {"size", "2"},
         {"days", "3"},
         {"days", "1"},
         {"tags", "one\n\n two\n"},
         {"note", ""},
         {"unknown", "x"}});
    EXPECT_EQ(messages(read_values), "");
    EXPECT_EQ(read_values.values,
              json(R"({"text":"Ada","count":7,"share":-0.5,"yes":true,"no":false,"size":2,
                       "days":[3,1],"tags":["one","two"]})"));
}

TEST(FormValues, NeedWhatIsRequired) {
    const auto wrong = read(
        R"({"name":{"type":"string","title":"Your name"},"size":{"enum":["S"]},
            "terms":{"type":"boolean","const":true,"title":"I agree"}})",
        {{"name", "  "}}, R"(["name","size","terms"])");
    EXPECT_EQ(messages(wrong), "name: Enter your name\nsize: Choose size\nterms: Tick: I agree\n");
}

TEST(FormValues, AreToldApartFromWhatTheyShouldBe) {
    const auto message_for = [](std::string_view schema, std::string value) {
        return messages(read(R"({"a":)" + std::string{schema} + "}", {{"a", std::move(value)}}));
    };
    EXPECT_EQ(message_for(R"({"type":"integer"})", "1.5"), "a: A must be a whole number\n");
    EXPECT_THAT(message_for(R"({"type":"number"})", "many"), HasSubstr("must be a number"));
    EXPECT_THAT(message_for(R"({"type":"number"})", "1e999"), HasSubstr("A"));
    EXPECT_EQ(message_for(R"({"type":"integer","maximum":5})", "6"), "a: A must be 5 or less\n");
    EXPECT_EQ(message_for(R"({"type":"string","maxLength":2})", "üöä"),
              "a: A may have at most 2 characters; this has 3\n");
    EXPECT_THAT(message_for(R"({"type":"string","format":"email"})", "ada"),
                HasSubstr("name@example.com"));
    EXPECT_THAT(message_for(R"({"type":"string","format":"date"})", "2030-02-30"),
                HasSubstr("2030-01-31"));
    EXPECT_THAT(message_for(R"({"enum":["S"]})", "XXL"), HasSubstr("offered"));
    EXPECT_THAT(message_for(R"({"type":"string","pattern":"^[0-9]+$"})", "x"), HasSubstr("form"));
    EXPECT_EQ(message_for(R"({"type":"array","minItems":2,"items":{"type":"string"}})", "one"),
              "a: Enter at least 2\n");
}

TEST(FormValues, AreOnOneLineWhereTheFieldIs) {
    const auto lines = [](std::string_view schema) {
        return messages(
            read(R"({"a":)" + std::string{schema} + "}", {{"a", "x@example.com\nBcc: y"}}));
    };
    EXPECT_EQ(lines(R"({"type":"string"})"), "a: A must be on one line\n");
    EXPECT_NE(lines(R"({"type":"string","format":"email"})"), "");
    EXPECT_NE(lines(R"({"type":"string","format":"uri"})"), "");
    EXPECT_NE(lines(R"({"type":"integer"})"), "");
    EXPECT_NE(lines(R"({"enum":["S"]})"), "");
    EXPECT_EQ(lines(R"({"type":"string","format":"multi-line"})"), "");
    EXPECT_EQ(lines(R"({"type":"array","items":{"type":"string"}})"), "");
}

TEST(FormValues, AreAddressesOfTheWebWhereTheFieldSaysSo) {
    const auto message_for = [](std::string address) {
        return messages(
            read(R"({"a":{"type":"string","format":"uri"}})", {{"a", std::move(address)}}));
    };
    for (const char* bad : {"javascript:alert(1)", "JavaScript://a/%0aalert(1)", "data:text/html,x",
                            "ftp://a.example.com", "mailto:a@example.com", "https://"})
        EXPECT_THAT(message_for(bad), HasSubstr("https://example.com")) << bad;
    EXPECT_EQ(message_for("https://example.com/a?b=c"), "");
    EXPECT_EQ(message_for("HTTP://example.com"), "");
}

TEST(FormEncoding, IsReadAsBrowsersWriteIt) {
    const auto texts = read_form("a=1+2&b=%C3%BC&a=x%0D%0Ay&&c");
    ASSERT_TRUE(texts.has_value());
    EXPECT_EQ(*texts, (FormTexts{{"a", "1 2"}, {"b", "ü"}, {"a", "x\ny"}, {"c", ""}}));
    EXPECT_FALSE(read_form("a=%zz").has_value());
    EXPECT_FALSE(read_form("a=%ff").has_value());
    EXPECT_FALSE(read_form("a=%00").has_value());
}

TEST(FormOnce, IsGoodForAWeek) {
    const core::Time shown{1'800'000'000'000};
    const std::string once = new_once(shown);
    EXPECT_NE(once, new_once(shown));
    EXPECT_EQ(read_once(once, shown), shown);
    EXPECT_EQ(read_once(once, shown + core::Duration{6LL * 86'400'000}), shown);
    EXPECT_FALSE(read_once(once, shown + core::Duration{8LL * 86'400'000}).has_value());
    EXPECT_FALSE(read_once(once, shown - core::Duration{3'600'000}).has_value());
    for (const char* bad : {"", "1800000000000", "1800000000000-xyz", "x-0"})
        EXPECT_FALSE(read_once(bad, shown).has_value()) << bad;
}

}  // namespace
}  // namespace millrace::server
