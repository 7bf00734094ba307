// SPDX-License-Identifier: Apache-2.0
#include "run/given_values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"
#include "testing/fake_console.hpp"

namespace millrace::cli {
namespace {

class GivenInput : public ::testing::Test {
protected:
    std::string read(const std::string& text) {
        const auto value = given_input(fake_.console, text);
        return value ? core::to_json(*value) : "error: " + value.error().message();
    }

    testing::FakeConsole fake_;
};

TEST_F(GivenInput, IsJsonWithBytes) {
    EXPECT_EQ(read(R"({"a": [1, null]})"), R"({"a":[1,null]})");
    const auto bytes = given_input(fake_.console, R"({"$bytes": "AAE="})");
    ASSERT_TRUE(bytes);
    EXPECT_TRUE(bytes->is_bytes());
}

TEST_F(GivenInput, ComesFromStandardInput) {
    fake_.in.str("[1, 2]\n");
    EXPECT_EQ(read("-"), "[1,2]");
}

TEST_F(GivenInput, SaysWhatIsNoJsonAndHowToWriteIt) {
    EXPECT_THAT(read("Ada"), ::testing::AllOf(::testing::StartsWith("error: --input is not JSON"),
                                              ::testing::HasSubstr("@FILE")));
    EXPECT_THAT(read("@/nowhere/x.json"), ::testing::HasSubstr("cannot read /nowhere/x.json"));
}

TEST(GivenVariables, AreJsonOrElseText) {
    const auto variables =
        given_variables({"limit=5", "base=http://127.0.0.1", "name=\"5\"", "empty=", "a=b=c"});
    ASSERT_TRUE(variables);
    EXPECT_EQ(core::to_json(*variables),
              R"({"limit":5,"base":"http://127.0.0.1","name":"5","empty":"","a":"b=c"})");
}

TEST(GivenVariables, NeedANameAndAValue) {
    EXPECT_EQ(given_variables({"limit"}).error().message(),
              "--var limit names no value; write NAME=VALUE");
    EXPECT_FALSE(given_variables({"=5"}));
}

TEST(GivenPins, AreObjectsOfOutputs) {
    const auto pins = given_pins({R"(a={"out": 1})", R"(loop[3].b={"true": "x=y"})"});
    ASSERT_TRUE(pins);
    EXPECT_EQ(core::to_json(*pins), R"({"a":{"out":1},"loop[3].b":{"true":"x=y"}})");
    for (const char* const wrong : {"a", "=1", "a=5", "a={", "a=[1]"})
        EXPECT_FALSE(given_pins({wrong})) << wrong;
}

TEST(GivenLabels, AreTexts) {
    const auto labels = given_labels({"team=crew", "n=5"});
    ASSERT_TRUE(labels);
    EXPECT_EQ(core::to_json(*labels), R"({"team":"crew","n":"5"})");
    EXPECT_FALSE(given_labels({"team"}));
}

}  // namespace
}  // namespace millrace::cli
