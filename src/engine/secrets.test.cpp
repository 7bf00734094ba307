// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/shard_fixture.hpp"

// What stands for a secret until an effect is performed.

namespace millrace::engine {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

PlanBuilder sending(std::string_view data) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("send", "test.send", data);
    return plan.connect("start -> send");
}

const HttpCall& call_of(const Effect& effect) {
    return std::get<HttpCall>(effect.request);
}

TEST(Secrets, AreMarkersInTheRequest) {
    ShardFixture shard;
    shard.start(sending(R"({"url": "http://a/{{ secrets.path }}?k={{ secrets.key }}",
                            "body": "{{ secrets.key }}"})"));
    const Effect& effect = shard.effect("send");
    ASSERT_EQ(effect.secrets.size(), 2u);
    EXPECT_EQ(effect.secrets[0].name, "path");
    const std::string& key = effect.secrets[1].marker;
    EXPECT_EQ(call_of(effect).body, key);
    EXPECT_EQ(call_of(effect).url, "http://a/" + effect.secrets[0].marker + "?k=" + key);
    EXPECT_TRUE(std::ranges::all_of(key, [](char c) { return std::isalnum(c) != 0; }));
}

TEST(Secrets, HaveOtherMarkersInEachExecutionAndNoneInTheJournal) {
    const PlanBuilder plan = sending(R"({"url": "{{ secrets.key }}"})");
    ShardFixture shard;
    shard.start(plan);
    const std::string first = shard.effect("send").secrets.at(0).marker;
    CreateExecution second = shard.creation(plan.plan());
    second.seed_high = 77;
    shard.tell(std::move(second));
    shard.advance();
    EXPECT_NE(shard.effect("send").secrets.at(0).marker, first);
    for (const auto& [id, execution] : shard.executions)
        for (const std::string& row : execution.rows)
            EXPECT_THAT(row, Not(HasSubstr("mrsecret")));
}

TEST(Secrets, AreTheSameForAnAttemptThatIsMadeAgain) {
    ShardFixture shard;
    shard.start(sending(R"({"url": "{{ secrets.key }}"})"));
    const std::string first = shard.effect("send").secrets.at(0).marker;
    shard.restart();
    shard.recover();
    EXPECT_EQ(shard.effect("send").secrets.at(0).marker, first);
}

TEST(Secrets, AreNamedInFailures) {
    ShardFixture shard;
    shard.start(sending(R"({"body": "{{ secrets.key }}"})"));
    EXPECT_EQ(shard.node("send").error.value().message, "no url for {{ secrets.key }}");
}

TEST(Secrets, DoNotChangeTheKeyOfAKeptResult) {
    const auto key_in = [](std::uint64_t seed) {
        PlanBuilder plan;
        plan.node("start", "trigger.manual")
            .node("send", "test.send", R"({"url": "{{ secrets.key }}"})")
            .cache({.ttl = core::Duration{60'000}});
        ShardFixture shard;
        CreateExecution create = shard.creation(plan.connect("start -> send").plan());
        create.seed_low = seed;
        shard.tell(std::move(create));
        shard.advance();
        return shard.effect("send").cache.value().key;
    };
    EXPECT_EQ(key_in(1), key_in(2));
}

TEST(PutSecrets, TellsHowATextIsWritten) {
    const std::vector<SecretUse> secrets{{"s", "mrsecretan0z"}};
    const auto form_of = [](const SecretUse&, TextForm form) {
        return "<" + std::to_string(static_cast<int>(form)) + ">";
    };
    EffectRequest request = HttpCall{.url = "http://a/mrsecretan0z?k=mrsecretan0z",
                                     .headers = {{"Content-Type", "application/json; charset=x"},
                                                 {"Authorization", "Bearer mrsecretan0z"}},
                                     .body = R"({"a": "mrsecretan0z"})"};
    put_secrets(request, secrets, form_of);
    const HttpCall& call = std::get<HttpCall>(request);
    EXPECT_EQ(call.url, "http://a/<3>?k=<4>");
    EXPECT_EQ(call.headers[1].second, "Bearer <1>");
    EXPECT_EQ(call.body, R"({"a": "<5>"})");
    request = HttpCall{.url = "http://mrsecretan0z.test?k=mrsecretan0z"};
    put_secrets(request, secrets, form_of);
    EXPECT_EQ(std::get<HttpCall>(request).url, "http://<2>.test?k=<4>");
}

}  // namespace
}  // namespace millrace::engine
