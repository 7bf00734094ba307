// SPDX-License-Identifier: Apache-2.0
#include "events/told_event.hpp"

#include <gtest/gtest.h>

#include <string>

#include "events/event_filter.hpp"
#include "events/place.hpp"
#include "events/recent_map.hpp"
#include "millrace/core/json.hpp"

namespace millrace::server {
namespace {

core::Event sample() {
    core::Event event;
    event.seq = 7;
    event.time = core::Time{1'800'000'000'000};
    event.execution_id.uuid.bytes[15] = 9;
    event.workflow_id = "order intake";
    event.workflow_version = 3;
    event.type = core::EventType::node_completed;
    event.node_id = "charge";
    event.path = "loop[3].charge";
    event.attempt = 2;
    event.data = core::Value::object({{"cursor", "of the data"}});
    return event;
}

TEST(ToldEvent, ShowsTheCursorOfTheStreamThatTellsIt) {
    const ToldEvent told{sample()};
    EXPECT_EQ(*core::parse_json(told.text(sample().cursor())), sample().to_value());
    const core::Value other = *core::parse_json(told.text("12.1.0"));
    EXPECT_EQ(other.find("cursor")->as_string(), "12.1.0");
    EXPECT_EQ(other.find("data")->find("cursor")->as_string(), "of the data");
}

TEST(ToldEvent, IsACloudEvent) {
    const ToldEvent told{sample()};
    const core::Value cloud =
        *core::parse_json(told.cloud_text("12.1.0", "https://flows.example.com"));
    const std::string id = sample().execution_id.text();
    EXPECT_EQ(cloud.find("specversion")->as_string(), "1.0");
    EXPECT_EQ(cloud.find("id")->as_string(), id + ":7");
    EXPECT_EQ(cloud.find("source")->as_string(),
              "https://flows.example.com/api/v1/workflows/order%20intake");
    EXPECT_EQ(cloud.find("type")->as_string(), "millrace.node.completed");
    EXPECT_EQ(cloud.find("subject")->as_string(), id + "/loop[3].charge");
    EXPECT_EQ(cloud.find("time")->as_string(), "2027-01-15T08:00:00.000Z");
    EXPECT_EQ(cloud.find("datacontenttype")->as_string(), "application/json");
    EXPECT_EQ(cloud.find("data")->find("cursor")->as_string(), "12.1.0");
}

TEST(EventFilter, TakesNamesAndBeginnings) {
    const core::Event event = sample();
    EXPECT_TRUE(EventFilter{}.takes(event));
    EXPECT_TRUE(EventFilter::make("node.*", "")->takes(event));
    EXPECT_TRUE(EventFilter::make("*", "")->takes(event));
    EXPECT_TRUE(EventFilter::make("execution.failed, node.completed", "")->takes(event));
    EXPECT_FALSE(EventFilter::make("execution.*", "")->takes(event));
    EXPECT_TRUE(EventFilter::make("", "ship,charge")->takes(event));
    EXPECT_FALSE(EventFilter::make("", "ship")->takes(event));
    EXPECT_FALSE(EventFilter::make("node.failed", "charge")->takes(event));
}

TEST(EventFilter, RefusesATypeThatNoEventHas) {
    const auto filter = EventFilter::make("node.*,node.ended", "");
    ASSERT_FALSE(filter);
    EXPECT_NE(filter.error().message().find("'node.ended'"), std::string::npos);
    EXPECT_FALSE(EventFilter::make("jobs.*", ""));
}

TEST(FeedCursor, ReadsBackWhatItWrites) {
    const Place place{18'446'744'073'709'551'615U, 4'294'967'295U, 12};
    EXPECT_EQ(parse_feed_cursor(feed_cursor(place)), place);
    for (const char* const bad :
         {"", "1", "1.2", "1.2.3.4", "1.2.", "-1.2.3", "1.2.3 ", "a.b.c", "1.4294967296.0", "1..3"})
        EXPECT_EQ(parse_feed_cursor(bad), std::nullopt) << bad;
}

TEST(RecentMap, KeepsWhatWasUsedLast) {
    RecentMap<int, std::string> map{10};
    for (int i = 0; i < 100; ++i) {
        map.put(i, "value");
        EXPECT_NE(map.find(0), nullptr) << "it was used all the time";
        EXPECT_LE(map.size(), 13);
    }
    EXPECT_NE(map.find(99), nullptr);
    EXPECT_EQ(map.find(50), nullptr);
    map.erase(99);
    EXPECT_EQ(map.find(99), nullptr);
}

}  // namespace
}  // namespace millrace::server
