// SPDX-License-Identifier: Apache-2.0
#include "access/guard.hpp"

#include <gtest/gtest.h>

#include "access/authorize.hpp"
#include "http/target.hpp"
#include "millrace/server/server.hpp"

namespace millrace::server {
namespace {

constexpr std::string_view secret = "k3q0Zt9w-Yp1_T8sLx5vRn2uJd7bHc4m";

struct Call {
    Method method = Method::get;
    std::string target = "/api/v1/workflows";
    std::vector<std::pair<std::string, std::string>> headers{{"Host", "127.0.0.1:8420"}};
    Wish wish = Wish::answer;
    Peer peer{"127.0.0.1", "127.0.0.1"};
};

ServerOptions loopback_options() {
    return {.public_url = "https://millrace.example.com", .allowed_hosts = {"box.lan:8420", "dev"}};
}

ServerOptions token_options() {
    ServerOptions options = loopback_options();
    options.auth = AuthMode::token;
    options.token = secret;
    return options;
}

std::expected<Caller, Problem> admit(const Call& call, const ServerOptions& options) {
    Request request;
    request.method = call.method;
    EXPECT_TRUE(read_target(call.target, request).has_value());
    for (const auto& [name, value] : call.headers)
        request.headers.add(name, value);
    return Guard::make(options, true)->admit(request, call.wish, call.peer);
}

/// The code of the refusal; empty when the call may pass.
std::string refusal(const Call& call, const ServerOptions& options = loopback_options()) {
    const auto caller = admit(call, options);
    return caller ? "" : caller.error().code;
}

std::string refusal_for_host(const std::string& host) {
    return refusal({.headers = {{"Host", host}}});
}

TEST(Guard, AnswersForNamesOfThisMachineOnly) {
    for (const char* host : {"localhost", "LOCALHOST:8420", "localhost.", "127.0.0.1:8420",
                             "127.0.0.1:", "127.9.9.9", "[::1]:8420", "app.localhost:1"}) {
        EXPECT_EQ(refusal_for_host(host), "") << host;
    }
}

TEST(Guard, RefusesAHostThatAPageHasPointedAtThisMachine) {
    for (const char* host : {"evil.example.com", "evil.example.com:8420", "127.0.0.1.evil.com",
                             "localhost.evil.com", "evil-localhost", "192.168.1.7", "0.0.0.0",
                             "[::2]", "2130706433", "box.lan:1", "box.lan", "", "a b", "[::1"}) {
        EXPECT_EQ(refusal_for_host(host), "misdirected") << host;
    }
}

TEST(Guard, AnswersForThePublicUrlAndAllowedHosts) {
    for (const char* host :
         {"millrace.example.com", "Millrace.Example.com:443", "box.lan:8420", "dev", "dev:9000"}) {
        EXPECT_EQ(refusal_for_host(host), "") << host;
    }
}

TEST(Guard, AnswersForTheAddressThatTheClientHasReached) {
    const Peer peer{"192.168.1.9", "192.168.1.7"};
    EXPECT_EQ(refusal({.headers = {{"Host", "192.168.1.7:8420"}}, .peer = peer}), "");
    EXPECT_EQ(refusal({.headers = {{"Host", "192.168.1.8:8420"}}, .peer = peer}), "misdirected");
}

TEST(Guard, TakesTheHostOfAnAbsoluteTarget) {
    for (const char* scheme : {"http", "HTTP", "Https"}) {
        const std::string begin = std::string{scheme} + "://";
        EXPECT_EQ(refusal({.target = begin + "evil.example.com/api/v1/workflows"}), "misdirected");
        EXPECT_EQ(refusal({.target = begin + "localhost/api/v1/workflows"}), "");
    }
}

TEST(Guard, RefusesSimplePostsOfOtherSites) {
    // What a form or a fetch without preflight can send.
    const Call post{.method = Method::post,
                    .headers = {{"Host", "127.0.0.1:8420"},
                                {"Origin", "https://evil.example.com"},
                                {"Content-Type", "text/plain"},
                                {"Sec-Fetch-Site", "cross-site"}}};
    EXPECT_EQ(refusal(post), "cross_site");
    for (const char* origin : {"null", "http://127.0.0.1:3000", "http://127.0.0.1", "file://",
                               "http://localhost:8420.evil.com", "http://127.0.0.2:8420"}) {
        const Call call{.method = Method::post,
                        .headers = {{"Host", "127.0.0.1:8420"}, {"Origin", origin}}};
        EXPECT_EQ(refusal(call), "cross_site") << origin;
    }
}

TEST(Guard, BelievesWhatABrowserSaysOfTheSite) {
    const auto from = [](const char* site) {
        return refusal(
            {.method = Method::del, .headers = {{"Host", "localhost"}, {"Sec-Fetch-Site", site}}});
    };
    EXPECT_EQ(from("cross-site"), "cross_site");
    EXPECT_EQ(from("same-site"), "cross_site");  // another port of this machine
    EXPECT_EQ(from("same-origin"), "");
    EXPECT_EQ(from("none"), "");
}

TEST(Guard, LetsNoOwnOriginSpeakForAForeignOne) {
    const auto with = [](const char* name, const char* value) {
        return refusal(
            {.method = Method::post,
             .headers = {
                 {"Host", "127.0.0.1:8420"}, {"Origin", "http://127.0.0.1:8420"}, {name, value}}});
    };
    EXPECT_EQ(with("Sec-Fetch-Site", "cross-site"), "cross_site");
    EXPECT_EQ(with("sec-fetch-site", "Same-Site"), "cross_site");
    EXPECT_EQ(with("Sec-Fetch-Site", "same-origin"), "");
    EXPECT_EQ(with("Origin", "http://evil.example.com"), "cross_site");
    EXPECT_EQ(with("Origin", "http://127.0.0.1:8420"), "");
}

TEST(Guard, LetsItsOwnPagesAndProgramsChangeThings) {
    EXPECT_EQ(refusal({.method = Method::post}), "");
    EXPECT_EQ(
        refusal({.method = Method::post,
                 .headers = {{"Host", "127.0.0.1:8420"}, {"Origin", "http://127.0.0.1:8420"}}}),
        "");
    EXPECT_EQ(refusal({.method = Method::post,
                       .headers = {{"Host", "127.0.0.1:8420"},
                                   {"Origin", "https://millrace.example.com"}}}),
              "");
}

TEST(Guard, LetsForeignPagesReadNothingButTheAnswerIsTheirBrowsersToHide) {
    EXPECT_EQ(refusal({.headers = {{"Host", "localhost"}, {"Origin", "https://evil.example.com"}}}),
              "");
}

TEST(Guard, RefusesWebSocketsOfForeignPages) {
    const auto from = [](const char* origin) {
        return refusal({.target = "/api/v1/ws/executions/1",
                        .headers = {{"Host", "localhost:8420"}, {"Origin", origin}},
                        .wish = Wish::websocket});
    };
    EXPECT_EQ(from("https://evil.example.com"), "cross_site");
    EXPECT_EQ(from("http://localhost:3000"), "cross_site");
    EXPECT_EQ(from("http://localhost:8420"), "");
}

TEST(Guard, LeavesWebhooksToForeignCallers) {
    const auto post = [](const char* target) {
        return refusal({.method = Method::post,
                        .target = target,
                        .headers = {{"Host", "localhost"}, {"Origin", "https://shop.example"}}});
    };
    EXPECT_EQ(post("/webhooks/orders"), "");
    EXPECT_EQ(post("/wait/1/2"), "");
    EXPECT_EQ(post("/webhooksx"), "cross_site");
    EXPECT_EQ(post("/waiting"), "cross_site");
}

TEST(Guard, WantsItsToken) {
    const auto with = [](const std::string& authorization) {
        return admit({.headers = {{"Host", "localhost"}, {"Authorization", authorization}}},
                     token_options());
    };
    EXPECT_EQ(with("Bearer " + std::string{secret})->name, "token");
    EXPECT_TRUE(with("bearer  " + std::string{secret}).has_value());
    for (const std::string& wrong :
         {std::string{"Bearer"}, std::string{"Bearer x"}, "Basic " + std::string{secret},
          std::string{secret}, "Bearer " + std::string{secret} + "x"}) {
        EXPECT_EQ(with(wrong).error().status, 401) << wrong;
    }
    EXPECT_EQ(*with("Bearer x").error().headers.find("WWW-Authenticate"),
              "Bearer realm=\"millrace\", error=\"invalid_token\"");
    EXPECT_EQ(refusal({}, token_options()), "unauthorized");
}

TEST(Guard, TakesTheTokenOfAWebSocketAsASubprotocol) {
    const auto with = [](const std::string& protocols, Wish wish) {
        return refusal({.headers = {{"Host", "localhost"}, {"Sec-WebSocket-Protocol", protocols}},
                        .wish = wish},
                       token_options());
    };
    const std::string offer = "millrace.v1, millrace.token." + std::string{secret};
    EXPECT_EQ(with(offer, Wish::websocket), "");
    EXPECT_EQ(with(offer, Wish::answer), "unauthorized");
    EXPECT_EQ(with("millrace.v1, millrace.token.x", Wish::websocket), "unauthorized");
    EXPECT_EQ(with("millrace.v1", Wish::websocket), "unauthorized");
}

TEST(Guard, RefusesATokenInAUrlWhateverElseIsShown) {
    for (const char* name : {"token", "access_token"}) {
        const std::string target =
            "/api/v1/workflows?" + std::string{name} + "=" + std::string{secret};
        const auto caller = admit({.target = target,
                                   .headers = {{"Host", "localhost"},
                                               {"Authorization", "Bearer " + std::string{secret}}}},
                                  token_options());
        ASSERT_FALSE(caller.has_value());
        EXPECT_EQ(caller.error().status, 400);
        EXPECT_EQ(caller.error().detail.find(secret), std::string::npos);
        EXPECT_EQ(refusal({.target = target}), "bad_request");
    }
}

TEST(Guard, ShowsHealthAndProblemsWithoutAToken) {
    for (const char* target : {"/health", "/health/ready", "/problems/stale"}) {
        EXPECT_EQ(refusal({.target = target}, token_options()), "") << target;
    }
    for (const char* target : {"/healthy", "/metrics", "/problemsx", "/api/v1/openapi.json"}) {
        EXPECT_EQ(refusal({.target = target}, token_options()), "unauthorized") << target;
    }
}

TEST(Guard, KnowsOneTenant) {
    const auto of = [](const char* tenant) {
        return refusal({.headers = {{"Host", "localhost"}, {"Millrace-Tenant", tenant}}});
    };
    EXPECT_EQ(of("default"), "");
    EXPECT_EQ(of("other"), "unknown_tenant");
}

TEST(Guard, NeedsATokenWhereOthersCanCall) {
    const auto error_of = [](ServerOptions options, bool is_on_loopback) {
        options.listen = "192.168.1.7:8420";
        const auto guard = Guard::make(options, is_on_loopback);
        return guard ? std::string{} : guard.error().message();
    };
    EXPECT_EQ(error_of(loopback_options(), true), "");
    EXPECT_EQ(error_of(token_options(), false), "");
    EXPECT_EQ(error_of(loopback_options(), false),
              "auth 'none' is for loopback addresses only, and others than this machine can reach "
              "192.168.1.7:8420; use auth 'token', or listen on 127.0.0.1");
}

TEST(Guard, RefusesOptionsThatItCannotUnderstand) {
    const auto is_bad = [](const ServerOptions& options) {
        const auto guard = Guard::make(options, true);
        return !guard && guard.error().is(ServerErrc::bad_option);
    };
    EXPECT_TRUE(is_bad({.auth = AuthMode::token}));
    EXPECT_TRUE(is_bad({.auth = AuthMode::token, .token = "a b"}));
    EXPECT_TRUE(is_bad({.public_url = "millrace.example.com"}));
    EXPECT_TRUE(is_bad({.public_url = "ftp://x"}));
    EXPECT_TRUE(is_bad({.allowed_hosts = {"http://x"}}));
    EXPECT_TRUE(is_bad({.trusted_proxies = {"proxy.example.com"}}));
    EXPECT_TRUE(is_bad({.public_url = "https://example.com/api"}));
}

TEST(Authorize, LetsWhoeverIsInDoAllInTheirTenantOnly) {
    EXPECT_TRUE(authorize({}, Action::administer, "/api/v1/secrets").has_value());
    EXPECT_EQ(authorize({.tenant = "other"}, Action::read, "/").error().code, "unknown_tenant");
}

TEST(Guard, BelievesTrustedProxiesOnly) {
    ServerOptions options;
    options.allowed_hosts = {"flows.example.com"};
    options.trusted_proxies = {"10.0.0.0/8"};
    Call call{.headers = {{"Host", "127.0.0.1:8420"},
                          {"X-Forwarded-For", "203.0.113.9"},
                          {"X-Forwarded-Host", "flows.example.com"},
                          {"X-Forwarded-Proto", "https"}},
              .peer = {"10.0.0.7", "127.0.0.1"}};
    EXPECT_EQ(admit(call, options)->address, "203.0.113.9");
    call.peer.address = "192.0.2.1";
    EXPECT_EQ(admit(call, options)->address, "192.0.2.1");
    call.peer.address = "10.0.0.7";
    call.headers[2].second = "evil.example.com";
    EXPECT_EQ(refusal(call, options), "misdirected");
}

TEST(Guard, ComparesOriginsWithWhatTheProxyWasAskedFor) {
    ServerOptions options;
    options.allowed_hosts = {"flows.example.com"};
    options.trusted_proxies = {"10.0.0.7"};
    const auto from = [&](const char* origin) {
        return refusal({.method = Method::post,
                        .target = "/forms/a",
                        .headers = {{"Host", "127.0.0.1:8420"},
                                    {"X-Forwarded-Host", "flows.example.com"},
                                    {"X-Forwarded-Proto", "https"},
                                    {"Origin", origin}},
                        .peer = {"10.0.0.7", "127.0.0.1"}},
                       options);
    };
    EXPECT_EQ(from("https://flows.example.com"), "");
    EXPECT_EQ(from("http://flows.example.com"), "cross_site");
    EXPECT_EQ(from("http://127.0.0.1:8420"), "cross_site");
}

}  // namespace
}  // namespace millrace::server
