// SPDX-License-Identifier: Apache-2.0
#include "webhooks/webhook_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/router.hpp"
#include "webhooks/seen_calls.hpp"
#include "webhooks/test_urls.hpp"

namespace millrace::server {
namespace {

using core::Value;
using ::testing::ElementsAre;
using ::testing::Pair;

std::shared_ptr<CallCounts> counts(std::vector<store::TriggerCount>& written) {
    return CallCounts::make({.add =
                                 [&](std::span<const store::TriggerCount> batch) {
                                     written.assign(batch.begin(), batch.end());
                                     return core::Result<>{};
                                 },
                             .list = [](const auto&) { return std::vector<store::TriggerCount>{}; },
                             .later = [](auto, const auto&) {}});
}

WebhookPtr webhook(const std::string& node, const std::string& path, const Value& method) {
    static std::vector<store::TriggerCount> written;
    static const auto counted = counts(written);
    auto trigger = std::make_shared<const store::ActiveTrigger>(store::ActiveTrigger{
        "w", 1, node, "trigger.webhook", 1, Value::object({{"path", path}, {"method", method}})});
    auto made = Webhook::make(std::move(trigger), counted->counter("w", node));
    if (!made) ADD_FAILURE() << made.error().message();
    return made.value_or(nullptr);
}

const WebhookIndex& index() {
    static const WebhookIndex made{{webhook("any_order", "orders/{id}", "GET"),
                                    webhook("new_order", "orders/new", "POST"),
                                    webhook("lines", "orders/{id}/lines", "ANY"),
                                    webhook("report", "orders/new/report", "GET")}};
    return made;
}

std::string found(std::string_view method, std::string_view path) {
    const WebhookIndex::Found result = index().find(method, split_path(path));
    return result.webhook ? result.webhook->trigger()->node_id : "";
}

TEST(WebhookIndex, PrefersLiteralsAndGoesBackWhenTheyLeadNowhere) {
    EXPECT_EQ(found("POST", "/orders/new"), "new_order");
    EXPECT_EQ(found("GET", "/orders/new"), "any_order") << "an order of that name";
    EXPECT_EQ(found("PUT", "/orders/new/lines"), "lines");
    EXPECT_EQ(found("GET", "/orders/new/report"), "report");
    EXPECT_EQ(found("GET", "/orders"), "");
    EXPECT_EQ(found("GET", "/orders/"), "") << "a parameter is never empty";
}

TEST(WebhookIndex, GivesParametersByTheNamesOfTheFoundPath) {
    const auto result = index().find("GET", split_path("/orders/a b/lines"));
    EXPECT_THAT(result.params, ElementsAre(Pair("id", "a b")));
}

TEST(WebhookIndex, SaysWhichMethodsAPathTakes) {
    EXPECT_THAT(index().find("DELETE", split_path("/orders/new")).allow,
                ElementsAre("GET", "OPTIONS", "POST"));
    EXPECT_TRUE(index().find("DELETE", split_path("/other")).allow.empty());
    EXPECT_EQ(found("HEAD", "/orders/7/lines"), "") << "who only looks starts nothing";
}

TEST(CallCounts, WritesOnceWhatWasCounted) {
    std::vector<store::TriggerCount> written;
    const auto counted = counts(written);
    const auto counter = counted->counter("w", "hook");
    counter->note(CallEnd::succeeded, 1'000, core::Time{1});
    counter->note(CallEnd::refused, 3'000, core::Time{2});
    const auto listed = counted->list("w");
    ASSERT_EQ(listed->size(), 1U);
    EXPECT_EQ(*statistics_value(listed->front()).find("success_rate"), Value{0.5});
    EXPECT_EQ(*statistics_value(listed->front()).find("average_ms"), Value{2});
    counted->flush();
    ASSERT_EQ(written.size(), 1U);
    EXPECT_EQ(written.front().calls, 2U);
    EXPECT_EQ(written.front().last_at, core::Time{2});
    written.clear();
    counted->flush();
    EXPECT_TRUE(written.empty());
}

TEST(TestUrls, TakeOneCallOrEnd) {
    TestUrls urls{std::make_shared<WaitList>([](auto, const auto&) {})};
    const auto hook = webhook("hook", "a", "POST");
    const core::Time now{1'000};
    const std::string token = urls.add(hook, nullptr, now).value();
    ASSERT_TRUE(urls.take(token, now));
    EXPECT_FALSE(urls.take(token, now)) << "another call is being judged";
    urls.refused(token, problem("webhook_refused", "no"));
    ASSERT_TRUE(urls.take(token, now));
    int told = 0;
    urls.wait(token, core::Duration{1'000}, [&] { ++told; });
    urls.started(token, {});
    EXPECT_EQ(told, 1);
    EXPECT_EQ(urls.state(token, now)->kind, TestUrlState::Kind::called);
    const std::string other = urls.add(hook, nullptr, now).value();
    EXPECT_FALSE(urls.take(other, now + TestUrls::lifetime));
    EXPECT_EQ(urls.state(other, now + TestUrls::lifetime)->kind, TestUrlState::Kind::expired);
}

}  // namespace
}  // namespace millrace::server
