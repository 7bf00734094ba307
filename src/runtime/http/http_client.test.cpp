// SPDX-License-Identifier: Apache-2.0
#include "http/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>

#include "testing/http_server.hpp"

namespace millrace::runtime {
namespace {

using runtime::testing::Gate;
using runtime::testing::HttpServer;
using runtime::testing::Reply;
using runtime::testing::ServedRequest;
using Result = std::expected<engine::HttpAnswer, core::Failure>;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

/// A client whose completions can be waited for.
class Calls {
public:
    explicit Calls(HttpLimits limits = {}, const EgressRules& rules = {})
        : client_{*EgressPolicy::make(rules), [this](auto completions) { take(completions); },
                  limits} {}

    HttpTicket start(engine::HttpCall call) {
        const HttpTicket ticket{++last_};
        client_.start(ticket, std::move(call), "the-key");
        return ticket;
    }
    Result wait(HttpTicket ticket) {
        std::unique_lock lock{mutex_};
        arrived_.wait(lock, [&] { return results_.contains(ticket); });
        return results_.at(ticket);
    }
    Result call(engine::HttpCall call) { return wait(start(std::move(call))); }
    HttpClient& client() { return client_; }

private:
    void take(std::vector<HttpCompletion>& completions) {
        const std::scoped_lock lock{mutex_};
        for (HttpCompletion& completion : completions) {
            EXPECT_TRUE(results_.emplace(completion.ticket, std::move(completion.result)).second);
        }
        arrived_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::map<HttpTicket, Result> results_;
    std::uint64_t last_ = 0;
    HttpClient client_;  // last: its thread uses the above
};

std::string code_of(const Result& result) {
    return result ? "answered" : result.error().code;
}

TEST(HttpClient, PostsABodyAndReadsTheAnswer) {
    HttpServer server{[](const ServedRequest& request) { return Reply::text(request.body); }};
    Calls calls;
    const Result result = calls.call({.method = "POST",
                                      .url = server.url("/echo?a=1"),
                                      .headers = {{"X-A", "b"}, {"X-Empty", ""}},
                                      .body = "ping",
                                      .send_idempotency_key = true});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->status, 200);
    EXPECT_EQ(result->body, "ping");
    EXPECT_THAT(result->headers, Contains(Pair("content-type", "text/plain")));
    const ServedRequest seen = server.requests().at(0);
    EXPECT_EQ(seen.method, "POST");
    EXPECT_EQ(seen.target, "/echo?a=1");
    EXPECT_EQ(seen.header("x-a"), "b");
    EXPECT_TRUE(seen.has_header("x-empty"));
    EXPECT_FALSE(seen.has_header("content-type"));
    EXPECT_EQ(seen.header("idempotency-key"), "the-key");
}

class Methods : public ::testing::TestWithParam<const char*> {};

TEST_P(Methods, ArriveAsTheyAre) {
    HttpServer server{[](const ServedRequest&) { return Reply::text("x"); }};
    Calls calls;
    const Result result = calls.call({.method = GetParam(), .url = server.url()});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(server.requests().at(0).method, GetParam());
    EXPECT_EQ(server.requests().at(0).body, "");
}

INSTANTIATE_TEST_SUITE_P(HttpClient, Methods,
                         ::testing::Values("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE",
                                           "OPTIONS"));

TEST(HttpClient, SendsABodyWithAnyMethod) {
    HttpServer server{[](const ServedRequest&) { return Reply::text("x"); }};
    Calls calls;
    ASSERT_TRUE(calls.call({.method = "DELETE", .url = server.url(), .body = "which"}));
    EXPECT_EQ(server.requests().at(0).method, "DELETE");
    EXPECT_EQ(server.requests().at(0).body, "which");
}

TEST(HttpClient, UsesConnectionsAgain) {
    HttpServer server{[](const ServedRequest&) { return Reply::text("x"); }};
    Calls calls;
    for (int i = 0; i < 5; ++i)
        ASSERT_TRUE(calls.call({.url = server.url()}));
    EXPECT_EQ(server.connection_count(), 1);
}

TEST(HttpClient, ReadsChunkedBodies) {
    const std::string body(100'000, 'x');
    HttpServer server{
        [&body](const ServedRequest&) { return Reply{.body = body, .chunked = true}; }};
    Calls calls;
    EXPECT_EQ(calls.call({.url = server.url()})->body, body);
}

TEST(HttpClient, FollowsRedirectsToOtherOriginsWithoutCredentials) {
    HttpServer target{[](const ServedRequest&) { return Reply::text("there"); }};
    HttpServer server{
        [&target](const ServedRequest&) { return Reply::redirect(307, target.url("/to")); }};
    Calls calls;
    const Result result = calls.call({.method = "POST",
                                      .url = server.url("/from"),
                                      .headers = {{"Authorization", "Bearer t"}},
                                      .body = "data"});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->body, "there");
    EXPECT_EQ(server.requests().at(0).header("authorization"), "Bearer t");
    EXPECT_FALSE(target.requests().at(0).has_header("authorization"));
    EXPECT_EQ(target.requests().at(0).body, "data");
}

TEST(HttpClient, GivesUpOnARedirectLoop) {
    HttpServer server{[](const ServedRequest&) { return Reply::redirect(302, "/"); }};
    Calls calls;
    EXPECT_EQ(code_of(calls.call({.url = server.url()})), "too_many_redirects");
    EXPECT_EQ(server.requests().size(), 11);
}

TEST(HttpClient, ChecksTheAddressOfARedirect) {
    HttpServer server{
        [](const ServedRequest&) { return Reply::redirect(302, "http://169.254.169.254/"); }};
    Calls calls;
    const Result result = calls.call({.url = server.url()});
    EXPECT_EQ(code_of(result), "egress_denied");
    EXPECT_THAT(result.error().message, HasSubstr("169.254.169.254"));
}

class Disguised : public ::testing::TestWithParam<const char*> {};

TEST_P(Disguised, LoopbackIsDeniedByItsAddress) {
    HttpServer server{[](const ServedRequest&) { return Reply::text("x"); }};
    Calls calls{{}, {.deny = {"127.0.0.0/8", "::1"}}};
    const std::string url =
        "http://" + std::string{GetParam()} + ":" + std::to_string(server.port()) + "/";
    const Result result = calls.call({.url = url});
    EXPECT_EQ(code_of(result), "egress_denied");
    EXPECT_EQ(server.connection_count(), 0);
}

INSTANTIATE_TEST_SUITE_P(HttpClient, Disguised,
                         ::testing::Values("127.0.0.1", "localhost", "2130706433", "0x7f.1",
                                           "0177.0.0.1", "[::ffff:127.0.0.1]", "0"));

TEST(HttpClient, StopsReadingAtTheLargestResponse) {
    HttpServer server{[](const ServedRequest&) {
        return Reply{.body = std::string(1'000'000, 'x'), .chunked = true};
    }};
    Calls calls;
    const Result result = calls.call({.url = server.url(), .max_response = core::ByteSize{1000}});
    EXPECT_EQ(code_of(result), "response_too_large");
}

TEST(HttpClient, CountsTheResponseAfterDecompression) {
    // 2,048 zero bytes: head -c 2048 /dev/zero | gzip -n
    const std::string gzip{
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x63\x60\x18\x05\xa3\x60\x14\x8c"
        "\x82\x51\x30\x0a\x46\xc1\x48\x03\x00\x9e\xba\xe8\xf1\x00\x08\x00\x00",
        35};
    HttpServer server{[&gzip](const ServedRequest&) {
        return Reply{.headers = {{"content-encoding", "gzip"}}, .body = gzip};
    }};
    Calls calls;
    const Result whole = calls.call({.url = server.url()});
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_EQ(whole->body, std::string(2048, '\0'));
    const Result cut = calls.call({.url = server.url(), .max_response = core::ByteSize{2047}});
    EXPECT_EQ(code_of(cut), "response_too_large");
}

TEST(HttpClient, NamesWhatWentWrongWithTheConnection) {
    HttpServer server{[](const ServedRequest& request) {
        if (request.target == "/short") return Reply{.body = "12345", .close_after = 2};
        if (request.target == "/noise") return Reply{.raw = "noise\r\n\r\n"};
        return Reply::close_without_answer();
    }};
    Calls calls;
    EXPECT_EQ(code_of(calls.call({.url = server.url("/short")})), "connection_reset");
    EXPECT_EQ(code_of(calls.call({.url = server.url("/noise")})), "bad_response");
    EXPECT_EQ(code_of(calls.call({.url = server.url("/nothing")})), "connection_reset");
    const std::string tls = "https" + server.url().substr(4);
    EXPECT_EQ(code_of(calls.call({.url = tls})), "tls_failed");
}

TEST(HttpClient, NamesAServerThatDoesNotListen) {
    std::string url;
    {
        HttpServer server{[](const ServedRequest&) { return Reply{}; }};
        url = server.url();
    }
    Calls calls;
    const Result result = calls.call({.url = url});
    EXPECT_EQ(code_of(result), "connect_failed");
    EXPECT_TRUE(result.error().recoverable);
}

TEST(HttpClient, NamesAHostThatDoesNotExist) {
    Calls calls;
    // Reserved by RFC 6761: no query leaves the machine.
    EXPECT_EQ(code_of(calls.call({.url = "http://nowhere.invalid/"})), "dns_failure");
}

TEST(HttpClient, IgnoresProxiesOfTheEnvironment) {
    HttpServer server{[](const ServedRequest&) { return Reply::text("direct"); }};
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    Calls calls;
    const Result result = calls.call({.url = server.url()});
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->body, "direct");
}

TEST(HttpClient, AbortEndsACallInFlight) {
    const auto gate = std::make_shared<Gate>();
    HttpServer server{[&gate](const ServedRequest&) { return Reply{.gate = gate}; }};
    Calls calls;
    const HttpTicket ticket = calls.start({.url = server.url()});
    server.wait_for_requests(1);
    calls.client().abort(ticket);
    const Result result = calls.wait(ticket);
    EXPECT_EQ(code_of(result), "canceled");
    EXPECT_EQ(result.error().error_class, core::ErrorClass::canceled);
}

TEST(HttpClient, AbortOfAnEndedCallDoesNothing) {
    HttpServer server{[](const ServedRequest&) { return Reply::text("x"); }};
    Calls calls;
    const HttpTicket ticket = calls.start({.url = server.url()});
    ASSERT_TRUE(calls.wait(ticket));
    calls.client().abort(ticket);
    EXPECT_TRUE(calls.call({.url = server.url()}));
    EXPECT_EQ(calls.client().open_calls(), 0);
}

TEST(HttpClient, BoundsTransfersAndWaitingCalls) {
    const auto gate = std::make_shared<Gate>();
    HttpServer server{[&gate](const ServedRequest&) { return Reply{.gate = gate}; }};
    Calls calls{{.transfers_max = 1, .queued_max = 2}};
    const HttpTicket running = calls.start({.url = server.url("/running")});
    server.wait_for_requests(1);
    const HttpTicket waiting = calls.start({.url = server.url("/waiting")});
    const HttpTicket aborted = calls.start({.url = server.url("/aborted")});
    const HttpTicket refused = calls.start({.url = server.url("/refused")});
    EXPECT_EQ(code_of(calls.wait(refused)), "http_queue_full");
    calls.client().abort(aborted);
    EXPECT_EQ(code_of(calls.wait(aborted)), "canceled");
    EXPECT_EQ(server.requests().size(), 1);
    gate->open();
    EXPECT_TRUE(calls.wait(running));
    EXPECT_TRUE(calls.wait(waiting));
    EXPECT_EQ(server.requests().size(), 2);
}

TEST(HttpClient, CanBeDestroyedWithCallsInFlight) {
    const auto gate = std::make_shared<Gate>();
    HttpServer server{[&gate](const ServedRequest&) { return Reply{.gate = gate}; }};
    Calls calls{{.transfers_max = 2}};
    for (int i = 0; i < 5; ++i)
        calls.start({.url = server.url()});
    server.wait_for_requests(2);
    EXPECT_EQ(calls.client().open_calls(), 5);
}

TEST(HttpClient, PerformsManyCallsAtOnce) {
    HttpServer server{[](const ServedRequest& request) { return Reply::text(request.target); }};
    Calls calls{{.transfers_max = 16}};
    std::vector<HttpTicket> tickets;
    for (int i = 0; i < 500; ++i) {
        tickets.push_back(calls.start({.url = server.url("/" + std::to_string(i))}));
    }
    for (int i = 0; i < 500; ++i) {
        const Result result = calls.wait(tickets.at(i));
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(result->body, "/" + std::to_string(i));
    }
    EXPECT_LE(server.connection_count(), 16);
}

}  // namespace
}  // namespace millrace::runtime
