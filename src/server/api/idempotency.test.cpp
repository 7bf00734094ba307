// SPDX-License-Identifier: Apache-2.0
#include "api/idempotency.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/answer.hpp"
#include "api/testing/sample_api.hpp"
#include "millrace/format/digest.hpp"

namespace millrace::server {
namespace {

using testing::Pointee;

std::shared_ptr<Request> keyed(std::string_view key, std::string body = R"({"name":"a"})") {
    auto request = sample_request(Method::post, "/api/v1/things", std::move(body));
    request->headers.add("Idempotency-Key", std::string{key});
    return request;
}

std::shared_ptr<Request> keyed_later() {
    auto request = sample_request(Method::post, "/api/v1/later");
    request->headers.add("Idempotency-Key", "k");
    return request;
}

TEST(Idempotency, GivesTheFirstAnswerAgainWithItsHeaders) {
    SampleApi sample;
    const Response first = sample.ask(keyed("k"));
    const Response again = sample.ask(keyed("k"));
    EXPECT_EQ(sample.things_made(), 1);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(*again.headers.find("Location"), *first.headers.find("Location"));
    EXPECT_THAT(again.headers.find("Idempotency-Replayed"), Pointee(std::string{"true"}));
    EXPECT_EQ(first.headers.find("Idempotency-Replayed"), nullptr);
}

TEST(Idempotency, TellsKeysTenantsAndPathsApart) {
    SampleApi sample;
    sample.ask(keyed("k"));
    sample.ask(keyed("other"));
    auto stranger = keyed("k");
    stranger->caller.tenant = "other";
    sample.ask(stranger);
    EXPECT_EQ(sample.things_made(), 3);
    sample.ask(Method::post, "/api/v1/things", R"({"name":"a"})");
    EXPECT_EQ(sample.things_made(), 4);
}

TEST(Idempotency, RefusesAnotherBody) {
    SampleApi sample;
    sample.ask(keyed("k"));
    const Response response = sample.ask(keyed("k", R"({"name":"b"})"));
    EXPECT_EQ(response.status, 422);
    EXPECT_EQ(code_of(response), "idempotency_mismatch");
    EXPECT_EQ(sample.things_made(), 1);
}

TEST(Idempotency, RefusesKeysThatCannotBeKept) {
    SampleApi sample;
    EXPECT_EQ(sample.ask(keyed("")).status, 400);
    EXPECT_EQ(sample.ask(keyed("a b")).status, 400);
    EXPECT_EQ(sample.ask(keyed(std::string(256, 'k'))).status, 400);
    EXPECT_EQ(sample.ask(keyed(std::string(255, 'k'))).status, 201);
}

TEST(Idempotency, ChecksTheBodyBeforeItTakesTheKey) {
    SampleApi sample;
    EXPECT_EQ(sample.ask(keyed("k", "{")).status, 400);
    EXPECT_EQ(sample.ask(keyed("k")).status, 201);
}

TEST(Idempotency, LetsFailuresOfTheServerBeTriedAgain) {
    SampleApi sample;
    for (const std::string_view code : {"unavailable", "too_many_executions"}) {
        sample.instead = [code] { return std::unexpected(problem(code, "later")); };
        EXPECT_EQ(code_of(sample.ask(keyed("k"))), code);
    }
    sample.instead = {};
    EXPECT_EQ(sample.ask(keyed("k")).status, 201);
}

TEST(Idempotency, KeepsRefusalsOfTheCaller) {
    SampleApi sample;
    sample.instead = [] { return std::unexpected(problem("conflict", "no")); };
    sample.ask(keyed("k"));
    sample.instead = {};
    EXPECT_EQ(sample.ask(keyed("k")).status, 409);
    EXPECT_EQ(sample.things_made(), 0);
}

TEST(Idempotency, RefusesARepetitionWhileTheFirstIsUnderWay) {
    SampleApi sample;
    sample.send(keyed_later());
    sample.do_work();
    ASSERT_EQ(sample.later().size(), 1u);
    const Response meanwhile = sample.ask(keyed_later());
    EXPECT_EQ(code_of(meanwhile), "idempotency_in_progress");
    EXPECT_NE(meanwhile.headers.find("Retry-After"), nullptr);
    sample.later()[0](json_response(5));
    sample.do_work();
    EXPECT_EQ(sample.answers().back().body, "5");
    EXPECT_EQ(sample.ask(keyed_later()).body, "5");
}

TEST(Idempotency, ForgetsARequestThatIsNeverAnswered) {
    SampleApi sample;
    sample.send(keyed_later());
    sample.do_work();
    sample.later().clear();
    auto later = keyed_later();
    later->received_at = later->received_at + idempotency_stale;
    sample.send(later);
    sample.do_work();
    EXPECT_EQ(sample.later().size(), 1u) << "it is done again";
}

TEST(Idempotency, DoesAgainWhatADeadProcessHadBegunOnceThatIsOld) {
    SampleApi sample;
    const auto request = keyed("k");
    store::KeptAnswer begun;
    begun.scope = "default POST /api/v1/things";
    begun.key = "k";
    {
        SampleApi other;  // to learn the digest of this body
        other.ask(keyed("k"));
        begun.digest = other.store().idempotency().find(begun.scope, "k").value()->digest;
    }
    begun.created_at = request->received_at - core::Duration{idempotency_stale.ms - 1};
    ASSERT_TRUE(sample.store().idempotency().begin(begun).has_value());
    EXPECT_EQ(code_of(sample.ask(keyed("k"))), "idempotency_in_progress");
    const auto later = keyed("k");
    later->received_at = later->received_at + core::Duration{1};
    EXPECT_EQ(sample.ask(later).status, 201);
    EXPECT_EQ(sample.ask(keyed("k")).status, 201);
    EXPECT_EQ(sample.things_made(), 1);
}

std::shared_ptr<Request> repeatable(std::string_view key, core::Duration after = {}) {
    auto request = sample_request(Method::post, "/api/v1/again");
    request->headers.add("Idempotency-Key", std::string{key});
    request->received_at = request->received_at + after;
    return request;
}

TEST(Repeatable, IsDoneAgainUnderTheSameIdWhileItsOutcomeIsUnknown) {
    SampleApi sample;
    sample.instead = [] { return std::unexpected(problem("unavailable", "who knows")); };
    EXPECT_EQ(sample.ask(repeatable("k")).status, 503);
    sample.instead = {};
    const Response answer = sample.ask(repeatable("k", core::Duration{5'000}));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(sample.ask(repeatable("k")).body, answer.body);
    ASSERT_EQ(sample.repeat_ids().size(), 2u);
    EXPECT_EQ(sample.repeat_ids()[0], sample.repeat_ids()[1]);
    EXPECT_FALSE(sample.repeat_ids()[0].is_nil());
}

TEST(Repeatable, IsDoneAgainAtOnceAfterItsProcessHasDied) {
    SampleApi sample;
    const auto request = repeatable("k");
    store::KeptAnswer begun;
    begun.scope = "default POST /api/v1/again";
    begun.key = "k";
    begun.digest = format::blake2b_256_hex(request->body);
    begun.created_at = request->received_at;
    ASSERT_TRUE(sample.store().idempotency().begin(begun).has_value());
    EXPECT_EQ(sample.ask(repeatable("k", core::Duration{1'000})).status, 200);
    SampleApi other;
    other.ask(repeatable("k"));
    EXPECT_EQ(sample.repeat_ids(), other.repeat_ids()) << "as the first time";
}

TEST(Repeatable, HasAnotherIdForAnotherKey) {
    SampleApi sample;
    sample.ask(repeatable("k"));
    sample.ask(repeatable("l"));
    sample.ask(Method::post, "/api/v1/again", "");
    ASSERT_EQ(sample.repeat_ids().size(), 3u);
    EXPECT_NE(sample.repeat_ids()[0], sample.repeat_ids()[1]);
    EXPECT_TRUE(sample.repeat_ids()[2].is_nil()) << "without a key there is none";
}

}  // namespace
}  // namespace millrace::server
