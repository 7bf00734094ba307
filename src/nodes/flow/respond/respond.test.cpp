// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::json;

engine::NodeOutcome respond(std::string_view data) {
    return testing::NodeRun{json(data), "passed"}.start(flow_respond());
}

core::Value response_of(std::string_view data) {
    const engine::NodeOutcome outcome = respond(data);
    const auto* const emit = std::get_if<engine::Emit>(&outcome);
    return emit == nullptr ? core::Value{"no answer"} : emit->response;
}

TEST(FlowRespond, AnswersAndPassesItsInput) {
    EXPECT_EQ(response_of(R"({"status": 201, "headers": {"X-Order": 7}, "body": {"ok": true}})"),
              json(R"({"status": 201, "headers": {"x-order": "7"}, "body": {"ok": true}})"));
    EXPECT_EQ(testing::out_of(respond("{}")), "passed");
    EXPECT_EQ(response_of("{}"), json(R"({"status": 200, "headers": {}, "body": null})"));
    EXPECT_EQ(*response_of(R"({"status": "404"})").find("status"), core::Value{404});
}

TEST(FlowRespond, RefusesWhatIsNoAnswer) {
    EXPECT_EQ(testing::failure_of(respond(R"({"status": 99})")).code, "bad_response");
    EXPECT_EQ(testing::failure_of(respond(R"({"status": "ok"})")).code, "bad_response");
    EXPECT_EQ(testing::failure_of(respond(R"({"headers": [1]})")).code, "bad_response");
    EXPECT_THAT(testing::failure_of(respond(R"({"headers": {"Set-Cookie": "a=b"}})")).message,
                HasSubstr("Set-Cookie"));
}

TEST(FlowRespond, SaysNothingOfTheWholeServer) {
    for (const char* name :
         {"Clear-Site-Data", "Strict-Transport-Security", "Service-Worker-Allowed", "Alt-Svc",
          "Content-Encoding", "Report-To", "Upgrade"}) {
        const std::string data = R"({"headers": {")" + std::string{name} + R"(": "1"}})";
        EXPECT_THAT(testing::failure_of(respond(data)).message, HasSubstr(name));
        EXPECT_THAT(testing::problems_of(flow_respond(), data),
                    ElementsAre("bad_value /data/headers/" + std::string{name}));
    }
}

TEST(FlowRespond, FindsMistakesBeforeTheRun) {
    EXPECT_THAT(testing::problems_of(flow_respond(), R"({"headers": {"Content-Length": "1"}})"),
                ElementsAre("bad_value /data/headers/Content-Length"));
    EXPECT_THAT(testing::problems_of(flow_respond(), R"({"headers": {"a b": "1"}})"),
                ElementsAre("bad_value /data/headers/a b"));
}

}  // namespace
}  // namespace millrace::nodes
