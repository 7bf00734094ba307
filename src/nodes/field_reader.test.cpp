// SPDX-License-Identifier: Apache-2.0
#include "field_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using testing::json;

constexpr Word<int> words[]{{"one", 1}, {"two", 2}};

TEST(FieldReader, ReadsMembersOrTheirFallback) {
    const core::Value object =
        json(R"({"word":"two","flag":true,"number":7,"part":0.5,"text":"x","none":null})");
    std::optional<core::Failure> failure;
    FieldReader fields{object, "/csv", failure};
    EXPECT_EQ(fields.word("word", words, 1), 2);
    EXPECT_TRUE(fields.flag("flag", false));
    EXPECT_EQ(fields.integer("number", 1, 0, 10), 7);
    EXPECT_EQ(fields.number("part", 1, 0, 1), 0.5);
    EXPECT_EQ(fields.text("text"), "x");
    EXPECT_EQ(fields.word("none", words, 1), 1);
    EXPECT_EQ(fields.text("missing", "y"), "y");
    EXPECT_FALSE(fields.has("none"));
    EXPECT_FALSE(failure);
}

struct Refused {
    const char* json;
    const char* message;
};
class RefusedFields : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedFields, AreNamedWithWhatMayStandThere) {
    const core::Value object = json(GetParam().json);
    std::optional<core::Failure> failure;
    FieldReader fields{object, "/csv", failure};
    fields.word("word", words, 1);
    fields.flag("flag", false);
    fields.integer("number", 1, 0, 10);
    fields.number("part", 1, 0, 1);
    fields.text("text");
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code, "bad_field");
    EXPECT_EQ(failure->message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    FieldReader, RefusedFields,
    ::testing::Values(
        Refused{R"({"word":"three","flag":1})", "/csv/word must be one of one, two, not \"three\""},
        Refused{R"({"word":7})", "/csv/word must be a string, not 7"},
        Refused{R"({"flag":"yes"})", "/csv/flag must be true or false, not \"yes\""},
        Refused{R"({"number":11})", "/csv/number must be an integer from 0 to 10, not 11"},
        Refused{R"({"part":-0.5})", "/csv/part must be a number from 0 to 1, not -0.5"},
        Refused{R"({"text":[1,2,3,4,5,6,7]})", "/csv/text must be a string, not array"},
        Refused{"[1]", "/csv must be an object, not [1]"}));

}  // namespace
}  // namespace millrace::nodes
