// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::json;
using testing::NodeRun;
using ::testing::Pair;

engine::ProcessCall call_of(std::string_view data) {
    const auto outcome = NodeRun{json(data)}.start(command_run());
    const auto* const request = std::get_if<engine::EffectRequest>(&outcome);
    EXPECT_NE(request, nullptr) << testing::failure_of(outcome).message;
    return request == nullptr ? engine::ProcessCall{} : std::get<engine::ProcessCall>(*request);
}

TEST(CommandRun, PassesArgumentsOneByOne) {
    const auto call = call_of(R"({"program":"sort","arguments":["-n","a b; rm",2,true]})");
    EXPECT_THAT(call.arguments, ElementsAre("sort", "-n", "a b; rm", "2", "true"));
    EXPECT_THAT(call.success, ElementsAre(0));
}

TEST(CommandRun, GivesValuesAsInput) {
    EXPECT_EQ(call_of(R"({"program":"x","input":"a\n"})").input, "a\n");
    EXPECT_EQ(call_of(R"({"program":"x","input":{"a":1}})").input, "{\"a\":1}\n");
}

TEST(CommandRun, SetsVariables) {
    EXPECT_THAT(call_of(R"({"program":"x","environment":{"A":"b=c","N":1}})").environment,
                ElementsAre(Pair("A", "b=c"), Pair("N", "1")));
}

TEST(CommandRun, RefusesVariablesThatChooseCode) {
    for (const std::string name :
         {"LD_PRELOAD", "LD_LIBRARY_PATH", "GCONV_PATH", "BASH_ENV", "ENV", "IFS", "PATH", "HOME",
          "PYTHONPATH", "NODE_OPTIONS", "PERL5LIB", "RUBYOPT", "GIT_SSH_COMMAND"}) {
        const std::string data = R"({"program":"x","environment":{")" + name + R"(":"y"}})";
        const auto failure = testing::failure_of(NodeRun{json(data)}.start(command_run()));
        EXPECT_EQ(failure.code, "bad_field") << name;
        EXPECT_THAT(failure.message, HasSubstr(name));
        EXPECT_THAT(failure.message, HasSubstr("allow a script"));
    }
    EXPECT_EQ(call_of(R"({"program":"x","environment":{"LDAP_HOST":"y"}})").environment.size(), 1u);
}

TEST(CommandRun, NamesTheFieldThatIsWrong) {
    for (const std::string_view data :
         {R"({})", R"({"program":""})", R"({"program":"x","arguments":"-n"})",
          R"({"program":"x","arguments":[null]})", R"({"program":"x","arguments":["a\u0000b"]})",
          R"({"program":"x","environment":{"A=B":"c"}})", R"({"program":"x","success":[256]})",
          R"({"program":"x","output":"xml"})", R"({"program":"x","max_output":"1GiB"})"}) {
        EXPECT_EQ(testing::failure_of(NodeRun{json(data)}.start(command_run())).code, "bad_field")
            << data;
    }
}

}  // namespace
}  // namespace millrace::nodes
