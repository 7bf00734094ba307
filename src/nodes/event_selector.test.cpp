// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/event_selector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::HasSubstr;
using testing::json;

bool fits(std::string_view pattern, std::string_view text, bool dots = true) {
    return StarPattern::parse(pattern, dots)->takes(text);
}

EventSelector selector(std::string_view data) {
    return *EventSelector::make(json(data), "event");
}

TEST(StarPattern, IsAWholeName) {
    EXPECT_TRUE(fits("order.created", "order.created"));
    EXPECT_FALSE(fits("order.created", "order.created2"));
    EXPECT_FALSE(fits("order", "order.created"));
}

TEST(StarPattern, HasStarsThatStopAtDots) {
    EXPECT_TRUE(fits("order.*", "order.created"));
    EXPECT_TRUE(fits("*.created", "order.created"));
    EXPECT_TRUE(fits("order.cr*d", "order.created"));
    EXPECT_FALSE(fits("order.*", "order.item.created"));
    EXPECT_FALSE(fits("*", "order.created"));
    EXPECT_FALSE(fits("order.*", "order."));
}

TEST(StarPattern, HasDoubleStarsThatDoNot) {
    EXPECT_TRUE(fits("**", "order.item.created"));
    EXPECT_TRUE(fits("order.**", "order.item.created"));
    EXPECT_TRUE(fits("**.created", "order.item.created"));
    EXPECT_TRUE(fits("o**e*.cr*", "order.item.created"));
    EXPECT_FALSE(fits("order.**", "orders.created"));
    EXPECT_FALSE(fits("**", ""));
}

TEST(StarPattern, MayGoBeyondDotsWithEveryStar) {
    EXPECT_TRUE(fits("https://*", "https://shop.example/orders", false));
    EXPECT_TRUE(fits("workflow:*", "workflow:a", false));
    EXPECT_FALSE(fits("workflow:*", "workflow:", false));
}

TEST(StarPattern, RefusesWhatNoNameCanBe) {
    EXPECT_FALSE(StarPattern::parse("", true));
    EXPECT_FALSE(StarPattern::parse("a b", true));
    EXPECT_FALSE(StarPattern::parse(std::string(256, 'a'), true));
}

TEST(EventSelector, WantsOneOfItsTypesAndSources) {
    const EventSelector wanted =
        selector(R"({"event": ["a.*", "b"], "source": ["shop", "workflow:x-*"]})");
    EXPECT_TRUE(wanted.takes_type("a.z"));
    EXPECT_TRUE(wanted.takes_type("b"));
    EXPECT_FALSE(wanted.takes_type("c"));
    EXPECT_TRUE(wanted.takes_source("workflow:x-1"));
    EXPECT_FALSE(wanted.takes_source("workflow:y"));
    EXPECT_TRUE(wanted.names_source("shop"));
    EXPECT_FALSE(wanted.names_source("workflow:x-1"));
    EXPECT_TRUE(selector(R"({"event": "a"})").takes_source("anything"));
}

TEST(EventSelector, LooksAtWhatTheEventSays) {
    const EventSelector wanted = selector(
        R"({"event": "a", "match": {"data.order": 7, "data.lines.1.sku": "x"},
            "filter": "item.data.total > 100"})");
    const auto said = [&](std::string_view event) { return *wanted.takes_content(json(event)); };
    EXPECT_TRUE(said(R"({"data": {"order": 7, "lines": [{}, {"sku": "x"}], "total": 101}})"));
    EXPECT_FALSE(said(R"({"data": {"order": 7, "lines": [{}, {"sku": "x"}], "total": 100}})"));
    EXPECT_FALSE(said(R"({"data": {"order": 8, "lines": [{}, {"sku": "x"}], "total": 101}})"));
    EXPECT_FALSE(said(R"({"data": {"order": 7, "lines": [{}], "total": 101}})"));
    EXPECT_FALSE(said(R"({"data": 7})"));
}

TEST(EventSelector, TellsWhenItsFilterFails) {
    const EventSelector wanted = selector(R"({"event": "a", "filter": "item.data.total > 1"})");
    EXPECT_EQ(wanted.takes_content(json(R"({"data": null})")).error().code, "undefined_property");
}

TEST(EventSelector, SaysWhatIsWrongWithIt) {
    const auto wrong = [](std::string_view data) {
        return EventSelector::make(json(data), "event").error().message();
    };
    EXPECT_THAT(wrong("7"), HasSubstr("object"));
    EXPECT_THAT(wrong("{}"), HasSubstr("`event` names no type"));
    EXPECT_THAT(wrong(R"({"event": 7})"), HasSubstr("a text or a list of texts"));
    EXPECT_THAT(wrong(R"({"event": "a", "source": ""})"), HasSubstr("`source`"));
    EXPECT_THAT(wrong(R"({"event": "a", "match": 1})"), HasSubstr("`match`"));
    EXPECT_THAT(wrong(R"({"event": "a", "filter": "vars.x"})"), HasSubstr("`item`"));
    EXPECT_THAT(wrong(R"({"event": "a", "filter": 7})"), HasSubstr("`filter`"));
}

}  // namespace
}  // namespace millrace::nodes
