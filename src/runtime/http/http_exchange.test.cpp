// SPDX-License-Identifier: Apache-2.0
#include "http/http_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

namespace millrace::runtime {
namespace {

using core::ErrorClass;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

const EgressPolicy standard;

HttpExchange exchange_of(engine::HttpCall call, const EgressPolicy& policy = standard) {
    return {std::move(call), "the-key", policy};
}

bool sends(const HttpExchange::Step& step) {
    return std::holds_alternative<HttpExchange::Send>(step);
}

core::Failure failure_of(const HttpExchange::Step& step) {
    const auto* failure = std::get_if<core::Failure>(&step);
    return failure == nullptr ? core::Failure{} : *failure;
}

HttpExchange::Step respond(HttpExchange& exchange, std::initializer_list<const char*> head,
                           std::string_view body = {}) {
    for (const char* line : head) {
        if (!exchange.header_line(line)) return exchange.failed(TransferError::bad_response, "");
    }
    if (!exchange.body(body)) return exchange.failed(TransferError::bad_response, "");
    return exchange.finished();
}

TEST(HttpExchange, AnswersWithStatusHeadersAndBody) {
    HttpExchange exchange = exchange_of({.url = "http://a/"});
    ASSERT_TRUE(sends(exchange.begin()));
    const auto step =
        respond(exchange, {"HTTP/1.1 404 Not Found\r\n", "X-A:  1 \r\n", "\r\n"}, "no");
    const auto& answer = std::get<engine::HttpAnswer>(step);
    EXPECT_EQ(answer.status, 404);
    EXPECT_THAT(answer.headers, ElementsAre(Pair("x-a", "1")));
    EXPECT_EQ(answer.body, "no");
}

TEST(HttpExchange, ForgetsInterimResponses) {
    HttpExchange exchange = exchange_of({.url = "http://a/"});
    exchange.begin();
    const auto step = respond(exchange, {"HTTP/1.1 103 Early Hints\r\n", "link: x\r\n", "\r\n",
                                         "HTTP/1.1 200 OK\r\n", "\r\n"});
    EXPECT_THAT(std::get<engine::HttpAnswer>(step).headers, IsEmpty());
}

TEST(HttpExchange, SendsTheIdempotencyKeyWhereAskedTo) {
    HttpExchange keyed = exchange_of({.url = "http://a/", .send_idempotency_key = true});
    HttpExchange plain = exchange_of({.url = "http://a/"});
    keyed.begin();
    plain.begin();
    EXPECT_THAT(keyed.request().headers, ElementsAre(Pair("Idempotency-Key", "the-key")));
    EXPECT_THAT(plain.request().headers, IsEmpty());
}

TEST(HttpExchange, RefusesWhatWouldBreakTheRequest) {
    EXPECT_EQ(failure_of(exchange_of({.url = "a"}).begin()).code, "bad_url");
    EXPECT_EQ(failure_of(exchange_of({.method = "GET /", .url = "http://a/"}).begin()).code,
              "bad_method");
    EXPECT_EQ(failure_of(exchange_of({.url = "http://a/", .headers = {{"a b", ""}}}).begin()).code,
              "bad_header");
    const auto split =
        failure_of(exchange_of({.url = "http://a/", .headers = {{"a", "x\r\ny: z"}}}).begin());
    EXPECT_EQ(split.code, "bad_header");
    EXPECT_EQ(split.error_class, ErrorClass::validation);
    EXPECT_FALSE(split.recoverable);
}

TEST(HttpExchange, RefusesDeniedHosts) {
    const auto failure =
        failure_of(exchange_of({.url = "http://metadata.google.internal/x?y"}).begin());
    EXPECT_EQ(failure.code, "egress_denied");
    EXPECT_EQ(failure.error_class, ErrorClass::validation);
    EXPECT_THAT(failure.message, HasSubstr("GET http://metadata.google.internal/x is not allowed"));
}

TEST(HttpExchange, FollowsARedirect) {
    HttpExchange exchange = exchange_of({.url = "http://a/x"});
    exchange.begin();
    ASSERT_TRUE(sends(respond(exchange, {"HTTP/1.1 302 Found", "location: /y"}, "moved")));
    EXPECT_EQ(exchange.request().url.text(), "http://a/y");
    const auto step = respond(exchange, {"HTTP/1.1 200 OK"}, "here");
    EXPECT_EQ(std::get<engine::HttpAnswer>(step).body, "here");
}

TEST(HttpExchange, LeavesRedirectsToTheCallerWhenAskedTo) {
    HttpExchange exchange = exchange_of({.url = "http://a/x", .follow_redirects = false});
    exchange.begin();
    const auto step = respond(exchange, {"HTTP/1.1 302 Found", "location: /y"});
    EXPECT_EQ(std::get<engine::HttpAnswer>(step).status, 302);
}

TEST(HttpExchange, AnswersWithARedirectThatLeadsNowhere) {
    HttpExchange exchange = exchange_of({.url = "http://a/x"});
    exchange.begin();
    EXPECT_EQ(std::get<engine::HttpAnswer>(respond(exchange, {"HTTP/1.1 302 Found"})).status, 302);
}

TEST(HttpExchange, GivesUpAfterTenRedirects) {
    HttpExchange exchange = exchange_of({.url = "http://a/x"});
    exchange.begin();
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(sends(respond(exchange, {"HTTP/1.1 307 X", "location: /x"})));
    }
    const auto failure = failure_of(respond(exchange, {"HTTP/1.1 307 X", "location: /x"}));
    EXPECT_EQ(failure.code, "too_many_redirects");
    EXPECT_EQ(failure.error_class, ErrorClass::limit);
}

TEST(HttpExchange, DoesNotFollowToOtherSchemesOrDeniedHosts) {
    for (const auto& [location, code] :
         {std::pair{"location: file:///etc/passwd", "bad_url"},
          std::pair{"location: gopher://a/", "bad_url"},
          std::pair{"location: http://metadata.google.internal/", "egress_denied"}}) {
        HttpExchange exchange = exchange_of({.url = "http://a/x"});
        exchange.begin();
        EXPECT_EQ(failure_of(respond(exchange, {"HTTP/1.1 302 Found", location})).code, code);
    }
}

struct MethodCase {
    const char* status;
    const char* method;
    const char* next;
    bool keeps_body;
};
class RedirectedMethod : public testing::TestWithParam<MethodCase> {};

TEST_P(RedirectedMethod, IsThatOfBrowsers) {
    HttpExchange exchange = exchange_of({.method = GetParam().method,
                                         .url = "http://a/x",
                                         .headers = {{"Content-Type", "text/plain"}},
                                         .body = "data"});
    exchange.begin();
    respond(exchange, {GetParam().status, "location: /y"});
    EXPECT_EQ(exchange.request().method, GetParam().next);
    EXPECT_EQ(!exchange.request().body.empty(), GetParam().keeps_body);
    EXPECT_EQ(!exchange.request().headers.empty(), GetParam().keeps_body);
}

INSTANTIATE_TEST_SUITE_P(HttpExchange, RedirectedMethod,
                         testing::Values(MethodCase{"HTTP/1.1 301 X", "POST", "GET", false},
                                         MethodCase{"HTTP/1.1 302 X", "POST", "GET", false},
                                         MethodCase{"HTTP/1.1 303 X", "POST", "GET", false},
                                         MethodCase{"HTTP/1.1 303 X", "PUT", "GET", false},
                                         MethodCase{"HTTP/1.1 303 X", "HEAD", "HEAD", true},
                                         MethodCase{"HTTP/1.1 302 X", "PUT", "PUT", true},
                                         MethodCase{"HTTP/1.1 307 X", "POST", "POST", true},
                                         MethodCase{"HTTP/1.1 308 X", "POST", "POST", true}));

TEST(HttpExchange, LeavesCredentialsBehindWhenTheOriginChanges) {
    const engine::HeaderList headers = {
        {"Authorization", "Basic x"}, {"Cookie", "a=b"},     {"Proxy-Authorization", "y"},
        {"X-Api-Key", "k"},           {"X-Auth-Token", "t"}, {"Host", "a"},
        {"X-JWT-Assertion", "j"},     {"X-Access", "a"},     {"X-Sig-V2", "s"},
        {"X-Hmac-Sha256", "h"},       {"X-Key-Id", "i"},     {"Accept", "text/plain"}};
    for (const char* location :
         {"location: http://b/", "location: https://a/", "location: http://a:8080/"}) {
        HttpExchange exchange = exchange_of({.url = "http://a/x", .headers = headers});
        exchange.begin();
        respond(exchange, {"HTTP/1.1 307 X", location});
        EXPECT_THAT(exchange.request().headers, ElementsAre(Pair("Accept", "text/plain")));
    }
}

TEST(HttpExchange, TakesNoSecretToAnotherOrigin) {
    const auto redirected = [](engine::HttpCall call, const char* status, const char* location) {
        HttpExchange exchange{std::move(call), "the-key", standard, {{}, {}, {"hidden"}}};
        exchange.begin();
        return respond(exchange, {status, location, "\r\n"});
    };
    const engine::HttpCall in_body{.method = "POST", .url = "http://a/", .body = "k=hidden"};
    const engine::HttpCall in_header{.url = "http://a/", .headers = {{"X-Note", "hidden"}}};
    const engine::HttpCall in_login{.url = "http://a/", .headers = {{"Authorization", "hidden"}}};
    constexpr const char* away = "location: http://b/\r\n";
    EXPECT_EQ(failure_of(redirected(in_body, "HTTP/1.1 307 T\r\n", away)).code, "redirect_refused");
    EXPECT_EQ(failure_of(redirected(in_header, "HTTP/1.1 302 F\r\n", away)).code,
              "redirect_refused");
    EXPECT_TRUE(sends(redirected(in_body, "HTTP/1.1 307 T\r\n", "location: /x\r\n")));
    EXPECT_TRUE(sends(redirected(in_body, "HTTP/1.1 303 S\r\n", away))) << "without its body";
    EXPECT_TRUE(sends(redirected(in_login, "HTTP/1.1 302 F\r\n", away))) << "without the login";
}

TEST(HttpExchange, KeepsCredentialsWithinTheOrigin) {
    HttpExchange exchange =
        exchange_of({.url = "http://a/x", .headers = {{"Authorization", "Basic x"}}});
    exchange.begin();
    respond(exchange, {"HTTP/1.1 307 X", "location: http://A:80/y"});
    EXPECT_THAT(exchange.request().headers, ElementsAre(Pair("Authorization", "Basic x")));
}

TEST(HttpExchange, CredentialsDoNotComeBackWithTheFirstOrigin) {
    HttpExchange exchange = exchange_of({.url = "http://a/x", .headers = {{"Cookie", "a=b"}}});
    exchange.begin();
    respond(exchange, {"HTTP/1.1 307 X", "location: http://b/"});
    respond(exchange, {"HTTP/1.1 307 X", "location: http://a/"});
    EXPECT_THAT(exchange.request().headers, IsEmpty());
}

TEST(HttpExchange, StopsAtTheLargestResponse) {
    HttpExchange exchange = exchange_of({.url = "http://a/", .max_response = core::ByteSize{4}});
    exchange.begin();
    exchange.header_line("HTTP/1.1 200 OK");
    EXPECT_TRUE(exchange.body("1234"));
    EXPECT_FALSE(exchange.body("5"));
    const auto failure = failure_of(exchange.failed(TransferError::bad_response, ""));
    EXPECT_EQ(failure.code, "response_too_large");
    EXPECT_EQ(failure.error_class, ErrorClass::limit);
    EXPECT_THAT(failure.message, HasSubstr("more than 4B; raise max_response"));
}

TEST(HttpExchange, StopsAtEndlessBodiesOfRedirects) {
    HttpExchange exchange = exchange_of({.url = "http://a/", .max_response = core::ByteSize{4}});
    exchange.begin();
    exchange.header_line("HTTP/1.1 302 X");
    exchange.header_line("location: /");
    EXPECT_FALSE(exchange.body("12345"));
}

TEST(HttpExchange, StopsAtEndlessHeaders) {
    HttpExchange exchange = exchange_of({.url = "http://a/"});
    exchange.begin();
    exchange.header_line("HTTP/1.1 200 OK");
    EXPECT_FALSE(exchange.header_line("x: " + std::string(HttpExchange::header_bytes_max, 'x')));
    EXPECT_EQ(failure_of(exchange.failed(TransferError::bad_response, "")).code,
              "response_too_large");
}

struct ErrorCase {
    TransferError error;
    const char* code;
    ErrorClass error_class;
    bool recoverable;
};
class Errors : public testing::TestWithParam<ErrorCase> {};

TEST_P(Errors, BecomeFailuresWithoutTheQuery) {
    HttpExchange exchange = exchange_of({.url = "http://a/x?key=secret"});
    exchange.begin();
    const auto failure = failure_of(exchange.failed(GetParam().error, "detail"));
    EXPECT_EQ(failure.code, GetParam().code);
    EXPECT_EQ(failure.error_class, GetParam().error_class);
    EXPECT_EQ(failure.recoverable, GetParam().recoverable);
    EXPECT_THAT(failure.message, HasSubstr("GET http://a/x: "));
    EXPECT_THAT(failure.message, HasSubstr("(detail)"));
    EXPECT_THAT(failure.message, Not(HasSubstr("secret")));
}

INSTANTIATE_TEST_SUITE_P(
    HttpExchange, Errors,
    testing::Values(
        ErrorCase{TransferError::dns, "dns_failure", ErrorClass::connection, true},
        ErrorCase{TransferError::connect, "connect_failed", ErrorClass::connection, true},
        ErrorCase{TransferError::connect_timeout, "connect_timeout", ErrorClass::timeout, true},
        ErrorCase{TransferError::tls, "tls_failed", ErrorClass::connection, true},
        ErrorCase{TransferError::certificate, "tls_failed", ErrorClass::connection, false},
        ErrorCase{TransferError::reset, "connection_reset", ErrorClass::connection, true},
        ErrorCase{TransferError::idle, "idle_timeout", ErrorClass::timeout, true},
        ErrorCase{TransferError::bad_response, "bad_response", ErrorClass::connection, true},
        ErrorCase{TransferError::egress, "egress_denied", ErrorClass::validation, false},
        ErrorCase{TransferError::internal, "http_client", ErrorClass::internal, true}));

TEST(Credentials, AreRecognisedByTheirHeaders) {
    for (const char* name :
         {"authorization", "X-API-Key", "apikey", "X-Auth-Token", "Cookie", "X-Amz-Security-Token",
          "Ocp-Apim-Subscription-Key", "x-jwt", "X-Access-Id", "x-sig", "X-HMAC", "X-Key-Id",
          "my-secret", "X-SessionId"}) {
        EXPECT_TRUE(carries_credentials(name)) << name;
    }
    for (const char* name : {"Accept", "Content-Type", "Idempotency-Key", "User-Agent", "Range",
                             "Access-Control-Request-Method", "X-Request-Id"}) {
        EXPECT_FALSE(carries_credentials(name)) << name;
    }
}

}  // namespace
}  // namespace millrace::runtime
