// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using testing::json;
using testing::NodeRun;

TEST(HttpRequest, AsksForACallAndReadsItsAnswer) {
    const auto outcome =
        NodeRun{json(R"({"url":"http://a/","response":"text"})")}.start(http_request());
    const auto& call = std::get<engine::HttpCall>(std::get<engine::EffectRequest>(outcome));
    EXPECT_EQ(call.url, "http://a/");
    const auto out = http_request()->finish(call, {.status = 200, .body = "hi"});
    EXPECT_EQ(*out, json(R"({"status":200,"headers":{},"body":"hi"})"));
}

TEST(HttpRequest, FailsWhereNoCallCanBeMade) {
    const auto outcome = NodeRun{json(R"({"url":"x"})")}.start(http_request());
    EXPECT_EQ(testing::failure_of(outcome).code, "bad_url");
}

}  // namespace
}  // namespace millrace::nodes
