// SPDX-License-Identifier: Apache-2.0
#include "http/request/http_call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::json;
using ::testing::Pair;
using testing::problems_of;

engine::HttpCall call_of(std::string_view data) {
    auto made = make_call(json(data));
    return made ? *made : engine::HttpCall{.url = made.error().message};
}

TEST(HttpCall, HasDefaults) {
    const engine::HttpCall call = call_of(R"({"url":"http://a/"})");
    EXPECT_EQ(call.method, "GET");
    EXPECT_EQ(call.url, "http://a/");
    EXPECT_THAT(call.headers, IsEmpty());
    EXPECT_EQ(call.body, "");
    EXPECT_TRUE(call.follow_redirects);
    EXPECT_TRUE(call.verify_tls);
    EXPECT_TRUE(call.fail_on_4xx);
    EXPECT_TRUE(call.fail_on_5xx);
    EXPECT_EQ(call.response, engine::BodyReading::automatic);
    EXPECT_EQ(call.max_response, core::ByteSize{16u << 20});
}

TEST(HttpCall, TakesEveryField) {
    const engine::HttpCall call = call_of(
        R"({"method":"PUT","url":"http://a/","headers":{"X-A":1,"X-B":true,"X-C":null},
            "body":"hi","follow_redirects":false,"verify_tls":false,"response":"text",
            "max_response":"2KiB","fail_on":["5xx"]})");
    EXPECT_EQ(call.method, "PUT");
    EXPECT_THAT(call.headers, ElementsAre(Pair("X-A", "1"), Pair("X-B", "true"),
                                          Pair("Content-Type", "text/plain; charset=utf-8")));
    EXPECT_EQ(call.body, "hi");
    EXPECT_FALSE(call.follow_redirects);
    EXPECT_FALSE(call.verify_tls);
    EXPECT_FALSE(call.fail_on_4xx);
    EXPECT_TRUE(call.fail_on_5xx);
    EXPECT_EQ(call.response, engine::BodyReading::text);
    EXPECT_EQ(call.max_response, core::ByteSize{2048});
}

TEST(HttpCall, EncodesTheQuery) {
    EXPECT_EQ(call_of(R"({"url":"http://a/x","query":{"q":"a b&c=ü","n":1.5,"b":false,
                          "none":null,"list":[1,"x"]}})")
                  .url,
              "http://a/x?q=a%20b%26c%3D%C3%BC&n=1.5&b=false&list=1&list=x");
    EXPECT_EQ(call_of(R"({"url":"http://a/?x=1#top","query":{"y":2}})").url,
              "http://a/?x=1&y=2#top");
    EXPECT_EQ(call_of(R"({"url":"http://a/?","query":{"y":2}})").url, "http://a/?y=2");
}

TEST(HttpCall, SendsOtherBodiesAsJson) {
    const engine::HttpCall call =
        call_of(R"({"method":"POST","url":"http://a/","body":{"a":[1]}})");
    EXPECT_EQ(call.body, R"({"a":[1]})");
    EXPECT_THAT(call.headers, ElementsAre(Pair("Content-Type", "application/json")));
    EXPECT_EQ(call_of(R"({"method":"POST","url":"http://a/","body":false})").body, "false");
}

TEST(HttpCall, LeavesAGivenContentTypeAlone) {
    const engine::HttpCall call = call_of(
        R"({"url":"http://a/","headers":{"content-type":"application/vnd.x+json"},"body":[]})");
    EXPECT_THAT(call.headers, ElementsAre(Pair("content-type", "application/vnd.x+json")));
}

TEST(HttpCall, SendsBytesAsTheyAre) {
    const std::vector<std::uint8_t> bytes = {0, 255};
    const auto call =
        make_call(core::Value::object({{"url", "http://a/"}, {"body", core::Value::bytes(bytes)}}));
    EXPECT_EQ(call->body, (std::string{"\0\xff", 2}));
    EXPECT_THAT(call->headers, ElementsAre(Pair("Content-Type", "application/octet-stream")));
}

TEST(HttpCall, SendsAFormWhereTheContentTypeSaysSo) {
    EXPECT_EQ(call_of(R"({"url":"http://a/","body":{"a":"x y","b":2},
                  "headers":{"Content-Type":"application/x-www-form-urlencoded"}})")
                  .body,
              "a=x%20y&b=2");
}

TEST(HttpCall, AsksForTheIdempotencyKeyUnlessItGets) {
    EXPECT_FALSE(call_of(R"({"url":"http://a/"})").send_idempotency_key);
    EXPECT_TRUE(call_of(R"({"method":"HEAD","url":"http://a/"})").send_idempotency_key);
    EXPECT_TRUE(call_of(R"({"method":"POST","url":"http://a/"})").send_idempotency_key);
    EXPECT_TRUE(call_of(R"({"method":"DELETE","url":"http://a/"})").send_idempotency_key);
    EXPECT_FALSE(call_of(R"({"method":"POST","url":"http://a/",
                             "headers":{"IDEMPOTENCY-key":"mine"}})")
                     .send_idempotency_key);
}

struct Refused {
    const char* data;
    const char* code;
};
class RefusedCalls : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedCalls, FailWithClassValidation) {
    const auto made = make_call(json(GetParam().data));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, GetParam().code);
    EXPECT_EQ(made.error().error_class, core::ErrorClass::validation);
    EXPECT_FALSE(made.error().recoverable);
}

INSTANTIATE_TEST_SUITE_P(
    HttpCall, RefusedCalls,
    ::testing::Values(
        Refused{R"({})", "bad_url"}, Refused{R"({"url":7})", "bad_url"},
        Refused{R"({"url":""})", "bad_url"}, Refused{R"({"url":"a/b"})", "bad_url"},
        Refused{R"({"url":"ftp://a/"})", "bad_url"},
        Refused{R"({"url":"file:///etc/passwd"})", "bad_url"},
        Refused{R"({"url":"http:///x"})", "bad_url"},
        Refused{R"({"url":"http://u:p@a/"})", "bad_url"},
        Refused{R"({"url":"http://a/x y"})", "bad_url"},
        Refused{R"({"url":"http://a/\r\nHost: b"})", "bad_url"},
        Refused{R"({"url":"http://a/","method":"get"})", "bad_method"},
        Refused{R"({"url":"http://a/","method":"TRACE"})", "bad_method"},
        Refused{R"({"url":"http://a/","query":{"a":{}}})", "bad_query"},
        Refused{R"({"url":"http://a/","query":[1]})", "bad_query"},
        Refused{R"({"url":"http://a/","headers":{"A":"x\r\nB: y"}})", "bad_header"},
        Refused{R"({"url":"http://a/","headers":{"A B":"x"}})", "bad_header"},
        Refused{R"({"url":"http://a/","headers":{"A":[1]}})", "bad_header"},
        Refused{R"({"url":"http://a/","headers":{"Content-Length":"1"}})", "bad_header"},
        Refused{R"({"url":"http://a/","headers":{"transfer-encoding":"chunked"}})", "bad_header"},
        Refused{R"({"url":"http://a/","max_response":"16"})", "bad_max_response"},
        Refused{R"({"url":"http://a/","max_response":"2GiB"})", "bad_max_response"},
        Refused{R"({"url":"http://a/","response":"xml"})", "bad_response"},
        Refused{R"({"url":"http://a/","fail_on":["3xx"]})", "bad_fail_on"},
        Refused{R"({"url":"http://a/","verify_tls":"no"})", "bad_verify_tls"}));

TEST(HttpCall, MistakesAreFoundBeforeTheRunWhereNoTemplateHidesThem) {
    EXPECT_THAT(problems_of(http_request(), R"({"url":"a/b","headers":{"Content-Length":1},
                                                "max_response":"16"})"),
                ElementsAre("bad_value /data/url", "bad_value /data/headers/Content-Length",
                            "bad_value /data/max_response"));
    EXPECT_THAT(problems_of(http_request(), R"({"url":"{{ vars.base }}/x"})"), IsEmpty());
    EXPECT_THAT(problems_of(http_request(), R"({"url":"http://a/","max_response":""})"),
                ElementsAre("bad_value /data/max_response"));
}

}  // namespace
}  // namespace millrace::nodes
