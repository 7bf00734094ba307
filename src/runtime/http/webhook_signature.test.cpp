// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/webhook_signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"

namespace millrace::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Verdict = SignatureCheck::Verdict;

SignatureRule rule(std::string_view json) {
    const auto value = core::parse_json(json);
    const auto read = read_signature_rule(value.value());
    if (!read) ADD_FAILURE() << read.error().message();
    return read.value_or(SignatureRule{});
}

std::string mistake(std::string_view json) {
    const auto read = read_signature_rule(core::parse_json(json).value());
    return read ? "" : read.error().message();
}

// As GitHub's page about validating webhook deliveries has it.
constexpr std::string_view github_secret = "It's a Secret to Everybody";
constexpr std::string_view github_body = "Hello, World!";
constexpr std::string_view github_signature =
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

TEST(WebhookSignature, KnowsGithubsPublishedExample) {
    const SignatureRule github = rule(R"({"scheme": "github"})");
    const HeaderPairs headers{{"X-Hub-Signature-256", std::string{github_signature}}};
    const SignatureCheck check =
        check_signature(github, github_secret, headers, github_body, core::Time{0});
    EXPECT_TRUE(check.is_valid()) << check.detail;
    EXPECT_THAT(sign_message(github, github_secret, github_body, "", core::Time{0}),
                ElementsAre(Pair("X-Hub-Signature-256", github_signature)));
    EXPECT_EQ(check_signature(github, github_secret, headers, "Hello, World?", {}).verdict,
              Verdict::wrong);
    EXPECT_EQ(check_signature(github, "another", headers, github_body, {}).verdict, Verdict::wrong);
    EXPECT_EQ(check_signature(github, "", headers, github_body, {}).verdict, Verdict::wrong);
}

// As Stripe's libraries test it: header, secret and body of a test after their Node.js library.
constexpr std::string_view stripe_secret = "8e1138dbb41c5726420bd0c909ecb9a70ea01eff";
constexpr std::string_view stripe_header =
    "t=1632994609,v1=51835061c251fe1d328ac0fffccebe05e38e198d82ee3c3fdd66973cb9160845";
constexpr core::Time stripe_time{1'632'994'609'000};
constexpr std::string_view stripe_body = "{\n  \"hello\": \"world\"\n}";

SignatureCheck stripe(std::string_view header, core::Time now,
                      std::string_view body = stripe_body) {
    return check_signature(rule(R"({"scheme": "stripe"})"), stripe_secret,
                           HeaderPairs{{"Stripe-Signature", std::string{header}}}, body, now);
}

TEST(WebhookSignature, KnowsStripesScheme) {
    const SignatureCheck check = stripe(stripe_header, stripe_time);
    EXPECT_TRUE(check.is_valid()) << check.detail;
    EXPECT_EQ(check.signed_at, stripe_time);
    EXPECT_THAT(
        sign_message(rule(R"({"scheme": "stripe"})"), stripe_secret, stripe_body, "", stripe_time),
        ElementsAre(Pair("Stripe-Signature", stripe_header)));
}

TEST(WebhookSignature, TakesOneOfSeveralSignaturesAndNoOtherVersion) {
    const std::string right{stripe_header.substr(stripe_header.find("v1="))};
    EXPECT_TRUE(stripe("t=1632994609,v1=00ff," + right + ",v0=aa", stripe_time).is_valid());
    EXPECT_EQ(stripe("t=1632994609,v0=" + right.substr(3), stripe_time).verdict,
              Verdict::malformed);
    EXPECT_EQ(stripe("t=1632994610," + right, stripe_time).verdict, Verdict::wrong);
    EXPECT_EQ(stripe("t=soon," + right, stripe_time).verdict, Verdict::malformed);
    EXPECT_EQ(stripe("", stripe_time).verdict, Verdict::missing);
}

TEST(WebhookSignature, RefusesWhatIsOldOrFromTheFuture) {
    const core::Duration tolerance{300'000};
    EXPECT_TRUE(stripe(stripe_header, stripe_time + tolerance).is_valid());
    EXPECT_EQ(stripe(stripe_header, stripe_time + tolerance + core::Duration{1}).verdict,
              Verdict::expired);
    EXPECT_EQ(stripe(stripe_header, stripe_time - tolerance - core::Duration{1}).verdict,
              Verdict::expired);
}

// The example of the Standard Webhooks specification's libraries.
TEST(WebhookSignature, KnowsStandardWebhooks) {
    const SignatureRule standard = rule(R"({"scheme": "standard"})");
    constexpr std::string_view secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    constexpr std::string_view body = R"({"test": 2432232314})";
    constexpr core::Time time{1'614'265'330'000};
    const HeaderPairs headers =
        sign_message(standard, secret, body, "msg_p5jXN8AQM9LWM0D4loKWxJek", time);
    EXPECT_THAT(headers, ElementsAre(Pair("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
                                     Pair("webhook-timestamp", "1614265330"),
                                     Pair("webhook-signature",
                                          "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")));
    EXPECT_TRUE(check_signature(standard, secret, headers, body, time).is_valid());
    HeaderPairs other = headers;
    other[0].second = "msg_other";
    EXPECT_EQ(check_signature(standard, secret, other, body, time).verdict, Verdict::wrong);
}

TEST(WebhookSignature, ReadsAndWritesHeadersOfOnesChoice) {
    const SignatureRule plain = rule(R"({"scheme": "generic", "header": "X-Shop", "algorithm":
        "sha1"})");
    const HeaderPairs hex =
        sign_message(plain, "key", "The quick brown fox jumps over the lazy dog", "", {});
    EXPECT_THAT(hex, ElementsAre(Pair("X-Shop", "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9")));
    const SignatureRule timed = rule(R"({"scheme": "generic", "timestamp_header": "X-Time",
        "encoding": "base64", "tolerance": "1m"})");
    const core::Time now{1'700'000'000'000};
    const HeaderPairs headers = sign_message(timed, "key", "body", "", now);
    EXPECT_THAT(headers[1], Pair("X-Time", "1700000000"));
    EXPECT_TRUE(check_signature(timed, "key", headers, "body", now).is_valid());
    EXPECT_EQ(check_signature(timed, "key", headers, "body", now + core::Duration{61'000}).verdict,
              Verdict::expired);
}

TEST(WebhookSignature, TakesPrefixesAndEitherCaseOfAGenericOne) {
    const SignatureRule generic = rule(R"({"scheme": "generic", "header": "X-Hub-Signature-256"})");
    std::string shouted{github_signature};
    for (char& c : shouted)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const auto check = [&](const std::string& value) {
        return check_signature(generic, github_secret, HeaderPairs{{"x-hub-signature-256", value}},
                               github_body, {});
    };
    EXPECT_TRUE(check(shouted).is_valid());
    EXPECT_EQ(check(shouted).fingerprint, check(std::string{github_signature}).fingerprint);
}

TEST(WebhookSignature, SaysWhatIsWrongWithARule) {
    EXPECT_THAT(mistake(R"({"scheme": "gitlab"})"), HasSubstr("github, stripe, standard"));
    EXPECT_THAT(mistake(R"({"scheme": "github", "header": "X"})"), HasSubstr("header is for"));
    EXPECT_THAT(mistake(R"({"scheme": "generic", "header": "a b"})"), HasSubstr("no name"));
    EXPECT_THAT(mistake(R"({"scheme": "generic", "algorithm": "md5"})"), HasSubstr("sha256"));
    EXPECT_THAT(mistake(R"({"scheme": "stripe", "tolerance": "0s"})"), HasSubstr("tolerance"));
}

}  // namespace
}  // namespace millrace::runtime
