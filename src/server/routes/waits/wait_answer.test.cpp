// SPDX-License-Identifier: Apache-2.0
#include "routes/waits/wait_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"

namespace millrace::server {
namespace {

using core::Value;

Value json(std::string_view text) {
    return core::parse_json(text).value();
}

store::Wait wait_of(std::string_view details) {
    store::Wait wait;
    wait.what = store::WaitWhat::approval;
    wait.details = json(details);
    return wait;
}

/// The answer as JSON, or the first message.
std::string answered(const store::Wait& wait, const Decision& decision) {
    const auto answer = approval_answer(wait, decision, core::Time{0});
    return answer ? core::to_json(*answer) : answer.error().front().text;
}

TEST(ApprovalAnswer, SaysWhoAndWhen) {
    EXPECT_EQ(answered(wait_of(R"({"title":"t"})"), {true, " Ada ", "why", {}}),
              R"({"approved":true,"by":"Ada","reason":"why","at":"1970-01-01T00:00:00.000Z"})");
    EXPECT_EQ(answered(wait_of(R"({"title":"t"})"), {true, " ", "", {}}), "Enter your name");
}

TEST(ApprovalAnswer, IsForTheApprovers) {
    const store::Wait wait = wait_of(R"({"title":"t","approvers":["Ada","Grace"]})");
    EXPECT_EQ(answered(wait, {false, "Eve", "", {}}), "This is not for Eve to decide");
    EXPECT_EQ(answered(wait, {false, "", "", {}}), "Choose who you are");
    EXPECT_EQ(answered(wait, {false, "Grace", "", {}}),
              R"({"approved":false,"by":"Grace","reason":null,"at":"1970-01-01T00:00:00.000Z"})");
}

TEST(ApprovalAnswer, NeedsItsFieldsOfThoseWhoApprove) {
    const store::Wait wait = wait_of(
        R"({"title":"t","fields":{"required":["a"],"properties":{"a":{"type":"integer"}}}})");
    EXPECT_NE(answered(wait, {true, "Ada", "", json("{}")}).find("a"), std::string::npos);
    EXPECT_EQ(answered(wait, {false, "Ada", "", json(R"({"a":"x"})")}),
              R"({"approved":false,"by":"Ada","reason":null,"at":"1970-01-01T00:00:00.000Z"})");
    EXPECT_EQ(answered(wait, {true, "Ada", "", json(R"({"a":1})")}),
              R"({"approved":true,"by":"Ada","reason":null,"at":"1970-01-01T00:00:00.000Z",)"
              R"("values":{"a":1}})");
}

TEST(ApprovalAnswer, HoldsWhatItsFormAsksForAndNoMore) {
    const store::Wait wait =
        wait_of(R"({"title":"t","fields":{"properties":{"a":{"type":"string"}}}})");
    const auto wrong = approval_answer(wait, {true, "Ada", "", json(R"({"a":"x","evil":{"a":1}})")},
                                       core::Time{0});
    ASSERT_FALSE(wrong.has_value());
    EXPECT_EQ(wrong.error().front().field, "evil");
    EXPECT_EQ(decision_problem(wrong.error()).errors.front().path, "/values/evil");
    EXPECT_EQ(answered(wait, {true, "Ada\nBcc: x", "", {}}), "Your name must be on one line");
    EXPECT_EQ(answered(wait, {true, "Ada", "", json(R"({"a":"x\ny"})")}), "A must be on one line");
}

TEST(Decisions, AreReadWithAllThatIsWrong) {
    const auto wrong = read_decision(json(R"({"by":7,"values":[],"other":1})"));
    ASSERT_FALSE(wrong.has_value());
    std::vector<std::string> paths;
    for (const ProblemDetail& detail : wrong.error().errors)
        paths.push_back(detail.path);
    EXPECT_THAT(paths, ::testing::ElementsAre("/other", "/approved", "/by", "/values"));
    EXPECT_FALSE(read_decision(json("[]")).has_value());
}

TEST(CallAnswer, HoldsWhatTheCallBrings) {
    Request request;
    request.method_text = "POST";
    request.query = {{"a", "1"}, {"b", "2"}, {"b", "3"}};
    request.headers.add("X-Y", "z");
    request.headers.add("x-y", "zz");
    request.headers.add("Content-Type", "text/plain; charset=utf-8");
    request.body = "hello";
    EXPECT_EQ(call_answer(request).value(),
              json(R"({"body":"hello","headers":{"x-y":"z, zz","content-type":
                       "text/plain; charset=utf-8"},"query":{"a":"1","b":["2","3"]},
                       "method":"POST"})"));
    request.headers.set("Content-Type", "application/json");
    EXPECT_FALSE(call_answer(request).has_value());
    request.headers.set("Content-Type", "application/octet-stream");
    EXPECT_TRUE(call_answer(request)->find("body")->is_bytes());
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.body = "a=1&a=2";
    EXPECT_EQ(*call_answer(request)->find("body"), json(R"({"a":["1","2"]})"));
}

TEST(CallAnswer, KeepsNothingThatProvesWhoCalls) {
    Request request;
    request.method_text = "POST";
    for (const char* name :
         {"Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key", "X-Auth-Token",
          "X-Hub-Signature-256", "X-Auth-Key", "X-Access-Key", "X-Functions-Key",
          "X-Goog-IAP-JWT-Assertion", "X-Shopify-Hmac-Sha256"})
        request.headers.add(name, "told to nobody");
    const auto answer = call_answer(request);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(*answer->find("headers"), json("{}"));
    for (const char* name : {"Idempotency-Key", "X-Author", "X-Keyboard", "X-GitHub-Delivery"})
        request.headers.add(name, "7");
    EXPECT_EQ(*call_answer(request)->find("headers"),
              json(R"({"idempotency-key":"7","x-author":"7","x-keyboard":"7",
                       "x-github-delivery":"7"})"));
}

}  // namespace
}  // namespace millrace::server
