// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::problems_of;

constexpr std::string_view fields = R"("fields":{"properties":{"mail":{"type":"string"}}})";

std::vector<std::string> problems(std::string_view more) {
    return problems_of(trigger_form(), "{" + std::string{fields} + (more.empty() ? "" : ",") +
                                           std::string{more} + "}");
}

TEST(TriggerForm, PassesWhatWasSent) {
    const testing::NodeRun run{.input = testing::json(R"({"mail":"ada@example.org"})")};
    EXPECT_EQ(testing::out_of(run.start(trigger_form())), run.input);
}

TEST(TriggerForm, FindsMistakesBeforeAnybodySeesThem) {
    EXPECT_THAT(problems(R"("path":"register")"), IsEmpty());
    EXPECT_THAT(problems(R"("path":"/register")"), ElementsAre("bad_value /data/path"));
    EXPECT_THAT(problems_of(trigger_form(), R"({"path":"a","fields":{"properties":{}}})"),
                ElementsAre("bad_value /data/fields"));
    EXPECT_THAT(problems_of(trigger_form(),
                            R"({"path":"a","fields":{"properties":{"b":{"type":"object"}}}})"),
                ElementsAre("bad_value /data/fields/properties/b"));
}

TEST(TriggerForm, LeadsToWebAddressesAndPathsOnly) {
    for (const char* good : {"https://example.com/thanks?a=b", "../thanks", "/thanks", "thanks"})
        EXPECT_THAT(problems(R"("redirect":")" + std::string{good} + "\""), IsEmpty()) << good;
    for (const char* bad : {"javascript:alert(1)", "//evil.example.com", "ftp://a/b", "",
                            "https://a.example.com/a b", "https://a.example.com/;x"}) {
        EXPECT_THAT(problems(R"("redirect":")" + std::string{bad} + "\""),
                    ElementsAre("bad_value /data/redirect"))
            << bad;
    }
    EXPECT_THAT(problems(R"("redirect":"/a","thank_you":{})"),
                ElementsAre("bad_value /data/redirect"));
}

}  // namespace
}  // namespace millrace::nodes
