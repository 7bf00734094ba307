// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::json;
using testing::problems_of;
using testing::TypeRun;

core::Value matched(std::string_view data, core::Value text) {
    TypeRun run{"text.regex", json(data)};
    return run.with_input(std::move(text)).out();
}

TEST(TextRegex, FindsTheFirstMatchWithItsGroups) {
    EXPECT_EQ(matched(R"({"pattern":"(?P<y>\\d+)-(\\d+)(x)?"})", "on 2026-11"),
              json(R"({"match":"2026-11","index":3,"captures":["2026","11",null],
                       "groups":{"y":"2026"}})"));
    EXPECT_TRUE(matched(R"({"pattern":"\\d"})", "none").is_null());
}

TEST(TextRegex, CountsAsJavaScriptDoes) {
    EXPECT_EQ(*matched(R"({"pattern":"x"})", "é😀x").find("index"), 3);
}

TEST(TextRegex, FindsAllMatches) {
    const core::Value all = matched(R"({"mode":"match_all","pattern":"a*"})", "aab");
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(*all.as_array()[0].find("match"), "aa");
    EXPECT_EQ(*all.as_array()[1].find("index"), 2);
    EXPECT_EQ(*all.as_array()[2].find("index"), 3);
    EXPECT_EQ(matched(R"({"mode":"match_all","pattern":"x"})", "abc"), json("[]"));
}

TEST(TextRegex, ObeysFlags) {
    EXPECT_EQ(matched(R"({"mode":"test","pattern":"^b","flags":"im"})", "a\nB"), true);
    EXPECT_EQ(matched(R"({"mode":"test","pattern":"^b"})", "a\nB"), false);
    EXPECT_EQ(matched(R"({"mode":"test","pattern":"a.b","flags":"s"})", "a\nb"), true);
}

TEST(TextRegex, ReplacesAsJavaScriptWritesIt) {
    const auto replaced = [](std::string_view replacement, std::string_view more = "") {
        return matched(R"x({"mode":"replace","pattern":"(?P<k>\\w)=(\\d)","replacement":")x" +
                           std::string{replacement} + "\"" + std::string{more} + "}",
                       "a=1 b=2");
    };
    EXPECT_EQ(replaced("$2$1"), "1a 2b");
    EXPECT_EQ(replaced("[$&]"), "[a=1] [b=2]");
    EXPECT_EQ(replaced("$<k>$$"), "a$ b$");
    EXPECT_EQ(replaced("x", R"(,"first_only":true)"), "x b=2");
    EXPECT_EQ(replaced("$12"), "a2 b2");
    EXPECT_THAT(std::string{replaced("$3").as_string()}, HasSubstr("there is no group $3"));
    EXPECT_THAT(std::string{replaced("$<z>").as_string()}, HasSubstr("no group <z>"));
    EXPECT_EQ(matched(R"({"mode":"replace","pattern":"","replacement":"-"})", "é"), "-é-");
}

TEST(TextRegex, Splits) {
    EXPECT_EQ(matched(R"({"mode":"split","pattern":"\\s*,\\s*"})", "a , b,,c"),
              json(R"(["a","b","","c"])"));
    EXPECT_EQ(matched(R"({"mode":"split","pattern":""})", "aé"), json(R"(["a","é"])"));
    EXPECT_EQ(matched(R"({"mode":"split","pattern":","})", ""), json(R"([""])"));
}

TEST(TextRegex, TakesTimeLinearInTheText) {
    std::string text(100'000, 'a');
    text += 'b';
    EXPECT_EQ(matched(R"({"mode":"test","pattern":"^(a+)+$"})", core::Value{text}), false);
}

TEST(TextRegex, SaysWhatIsWrongWithAPattern) {
    EXPECT_THAT(problems_of(text_regex(), R"({"pattern":"(a"})"),
                ElementsAre("bad_value /data/pattern"));
    EXPECT_THAT(problems_of(text_regex(), R"({"pattern":"a","flags":"g"})"),
                ElementsAre("bad_value /data/pattern"));
    EXPECT_THAT(problems_of(text_regex(), R"({"pattern":"a","mode":"test","replacement":""})"),
                ElementsAre("bad_value /data/replacement"));
    EXPECT_EQ(TypeRun("text.regex", R"({"pattern":"{{ input }}"})", R"x("(?=a)")x").failure().code,
              "bad_pattern");
    EXPECT_EQ(TypeRun("text.regex", R"({"pattern":"a"})", "7").failure().code, "not_a_text");
}

TEST(TextRegex, RefusesMoreMatchesThanTold) {
    EXPECT_EQ(TypeRun("text.regex", R"({"mode":"match_all","pattern":".","limit":2})", R"("abc")")
                  .failure()
                  .code,
              "too_many_matches");
}

}  // namespace
}  // namespace millrace::nodes
