// SPDX-License-Identifier: Apache-2.0
#include "http/http_auth.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/oauth_tokens.hpp"
#include "millrace/core/json.hpp"

namespace millrace::runtime {
namespace {

using core::Value;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

Credential credential(std::string type, std::string_view fields) {
    return {"api", std::move(type), core::parse_json(fields).value()};
}

const Credential client = credential("oauth2", R"({"token_url":"http://a/token",
    "client_id":"me","client_secret":"s:cret","scope":"read write"})");

TEST(HttpAuth, IsMadeFromACredential) {
    EXPECT_THAT(auth_of(credential("http.basic", R"({"username":"ada","password":"pw"})"))->headers,
                ElementsAre(Pair("Authorization", "Basic YWRhOnB3")));
    EXPECT_THAT(auth_of(credential("http.bearer", R"({"token":"t"})"))->headers,
                ElementsAre(Pair("Authorization", "Bearer t")));
    EXPECT_THAT(auth_of(credential("http.api_key", R"({"name":"X-Api","value":"k"})"))->headers,
                ElementsAre(Pair("X-Api", "k")));
    const auto query =
        auth_of(credential("http.api_key", R"({"name":"key","value":"k","in":"query"})"));
    EXPECT_THAT(query->headers, IsEmpty());
    EXPECT_THAT(query->query, ElementsAre(Pair("key", "k")));
}

TEST(HttpAuth, RefusesCredentialsOfAnotherKind) {
    EXPECT_EQ(auth_of(credential("smtp", "{}")).error().code, "bad_credential");
    EXPECT_EQ(
        auth_of(credential("http.basic", R"({"username":"a:b","password":"p"})")).error().code,
        "bad_credential");
}

TEST(OauthToken, IsAskedForInTwoWays) {
    const engine::HttpCall by_header = token_call(client, ClientProof::header);
    EXPECT_EQ(by_header.body, "grant_type=client_credentials&scope=read%20write");
    EXPECT_THAT(by_header.headers, Contains(Pair("Authorization", "Basic bWU6cyUzQWNyZXQ=")));
    const engine::HttpCall by_body = token_call(client, ClientProof::body);
    EXPECT_THAT(by_body.body, HasSubstr("client_id=me&client_secret=s%3Acret"));
    EXPECT_THAT(by_body.headers, Not(Contains(Pair("Authorization", ::testing::_))));
    EXPECT_FALSE(by_body.follow_redirects);
}

TEST(OauthToken, IsValidForLessThanTheServerSays) {
    const auto token = read_token(client, {200, {}, R"({"access_token":"t","expires_in":3600})"});
    EXPECT_EQ(token->text, "t");
    EXPECT_EQ(token->valid_for.ms, 3'570'000);
    EXPECT_EQ(
        read_token(client, {200, {}, R"({"access_token":"t","expires_in":10})"})->valid_for.ms,
        5'000);
}

TEST(OauthToken, FailsWithTheServersReason) {
    const auto refused =
        read_token(client, {401, {}, R"({"error":"invalid_client","error_description":"who?"})"});
    EXPECT_EQ(refused.error().code, "oauth2_failed");
    EXPECT_EQ(refused.error().error_class, core::ErrorClass::http_4xx);
    EXPECT_THAT(refused.error().message, HasSubstr("invalid_client: who?"));
    EXPECT_TRUE(read_token(client, {503, {}, ""}).error().recoverable);
    EXPECT_FALSE(read_token(client, {200, {}, "{}"}));
    EXPECT_FALSE(read_token(client, {200, {}, "oops"}));
}

TEST(OauthTokens, AreFetchedAgainOnceTheyHaveExpired) {
    OauthTokens tokens;
    EXPECT_TRUE(tokens.take("k", "", {0}, {})->is_to_fetch);
    tokens.keep("k", "t", {100}, "", "");
    EXPECT_EQ(tokens.take("k", "", {99}, {})->token, "t");
    EXPECT_TRUE(tokens.take("k", "", {100}, {})->is_to_fetch);
    tokens.give_up("k");
    EXPECT_TRUE(tokens.take("k", "", {100}, {})->is_to_fetch);
}

TEST(OauthTokens, AreForgottenByWhoWasRefused) {
    OauthTokens tokens;
    EXPECT_TRUE(tokens.take("k", "", {0}, {})->is_to_fetch);
    tokens.keep("k", "new", {100}, "", "");
    tokens.forget("k", "old");
    EXPECT_EQ(tokens.take("k", "", {0}, {})->token, "new");
    tokens.forget("k", "new");
    EXPECT_TRUE(tokens.take("k", "", {0}, {})->is_to_fetch);
}

TEST(OauthTokens, LetAWaitingCallerGo) {
    OauthTokens tokens;
    EXPECT_TRUE(tokens.take("k", "", {0}, {})->is_to_fetch);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_FALSE(tokens.take("k", "", {0}, stop.get_token()));
}

TEST(OauthTokens, AreForThoseWithTheRefreshTokenBeforeOrAfterIt) {
    OauthTokens tokens;
    EXPECT_TRUE(tokens.take("k", "r0", {0}, {})->is_to_fetch);
    tokens.keep("k", "t", {100}, "r0", "r1");
    EXPECT_EQ(tokens.take("k", "r0", {0}, {})->token, "t") << "has waited meanwhile";
    EXPECT_EQ(tokens.take("k", "r1", {0}, {})->token, "t");
    EXPECT_TRUE(tokens.take("k", "another", {0}, {})->is_to_fetch) << "somebody has set it";
}

TEST(OauthTokens, AreForThoseWhoFindThatTheirRefreshTokenWasOld) {
    OauthTokens tokens;
    EXPECT_TRUE(tokens.take("k", "r1", {0}, {})->is_to_fetch);
    tokens.keep("k", "t2", {100}, "r1", "r2");
    EXPECT_TRUE(tokens.take("k", "r0", {0}, {})->is_to_fetch) << "set anew, or read long ago?";
    EXPECT_EQ(tokens.take_after_all("k", "r2", {0}).token, "t2");
    EXPECT_EQ(tokens.take("k", "r1", {0}, {})->token, "t2") << "nobody fetches any more";
    EXPECT_TRUE(tokens.take("k", "r0", {0}, {})->is_to_fetch);
    tokens.forget("k", "t2");
    EXPECT_TRUE(tokens.take_after_all("k", "r2", {0}).is_to_fetch) << "refused meanwhile";
}

}  // namespace
}  // namespace millrace::runtime
