// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "routes/routes.hpp"
#include "schedules/scheduler.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using ::testing::SizeIs;

class ScheduleRoutes : public testing::RouteFixture {
protected:
    ScheduleRoutes()
        : RouteFixture({add_workflow_routes, add_execution_routes, add_schedule_routes}) {}

    void SetUp() override {
        for (const std::string id : {"bills", "mails"}) {
            save(R"({"millrace":1,"id":")" + id + R"(","name":"Some","nodes":[
                {"id":"nightly","type":"trigger.schedule",
                 "data":{"cron":"30 2 * * *","timezone":"Europe/Berlin"}}]})");
            body_of(post("/api/v1/workflows/" + id + "/activate", "{}"));
        }
        ASSERT_TRUE(services().triggers.load());
        ASSERT_TRUE(services().scheduler.start(services().triggers));
    }
    void TearDown() override {
        services().scheduler.stop();
        RouteFixture::TearDown();
    }

    std::string at(const Value& list, std::size_t k, std::string_view key) {
        return std::string{list.find("items")->as_array()[k].find(key)->as_string()};
    }
};

constexpr std::string_view nightly = "/api/v1/workflows/bills/schedules/nightly";

TEST_F(ScheduleRoutes, ListAndShow) {
    const Value all = body_of(get("/api/v1/schedules"));
    ASSERT_THAT(all.find("items")->as_array(), SizeIs(2));
    EXPECT_EQ(at(all, 0, "spec"), "cron 30 2 * * * in Europe/Berlin");
    EXPECT_EQ(at(body_of(get("/api/v1/schedules?workflow_id=mails")), 0, "workflow_id"), "mails");
    const Value page = body_of(get("/api/v1/schedules?limit=1"));
    const std::string cursor{page.find("next_cursor")->as_string()};
    EXPECT_EQ(at(body_of(get("/api/v1/schedules?cursor=" + cursor)), 0, "workflow_id"), "mails");
    EXPECT_FALSE(body_of(get(nightly)).find("next_due")->is_null());
    EXPECT_EQ(problem_of(get("/api/v1/workflows/bills/schedules/x"), 404), "not_found");
}

TEST_F(ScheduleRoutes, TellDueTimesAlsoByLocalClocks) {
    const Value next =
        body_of(get(std::string{nightly} + "/next?count=2&from=2026-03-28T12:00:00Z"));
    EXPECT_EQ(at(next, 0, "due_at"), "2026-03-29T01:00:00.000Z");
    EXPECT_EQ(at(next, 0, "local"), "2026-03-29T03:00:00.000+02:00");
    EXPECT_EQ(at(next, 1, "due_at"), "2026-03-30T00:30:00.000Z");
}

TEST_F(ScheduleRoutes, PreviewWhatSomebodyWrites) {
    const Value good =
        body_of(post("/api/v1/schedules/preview",
                     R"({"interval":"1h","from":"2026-01-01T00:00:00Z","count":3})"));
    EXPECT_EQ(at(good, 0, "due_at"), "2026-01-01T00:00:00.000Z");
    EXPECT_THAT(good.find("items")->as_array(), SizeIs(3));
    const Value bad = body_of(post("/api/v1/schedules/preview", R"({"cron":"61 * * * *"})"));
    EXPECT_FALSE(bad.find("valid")->as_bool());
    EXPECT_EQ(bad.find("errors")->as_array()[0].find("path")->as_string(), "/cron");
    EXPECT_FALSE(body_of(post("/api/v1/schedules/preview", R"({"interval":"1h","from":"now"})"))
                     .find("valid")
                     ->as_bool());
}

TEST_F(ScheduleRoutes, StartOneNow) {
    const Value accepted = body_of(post(std::string{nightly} + "/run"), 202);
    const Value execution = ended(std::string{accepted.find("execution_id")->as_string()});
    EXPECT_EQ(*execution.find("labels"),
              Value::object({{"schedule", "nightly"}, {"schedule_run", "manual"}}));
    EXPECT_TRUE(execution.find("trigger")->find("data")->find("due_at")->is_string());
}

TEST_F(ScheduleRoutes, BackfillARangeOnce) {
    const std::string target = std::string{nightly} + "/backfill";
    const std::string range = R"("from":"2026-03-28T00:00:00Z","to":"2026-03-30T12:00:00Z")";
    const Value dry = body_of(post(target, "{" + range + R"(,"dry_run":true})"));
    EXPECT_EQ(at(dry, 2, "result"), "would_start");
    const Value some = body_of(post(target, "{" + range + R"(,"max":2})"));
    EXPECT_EQ(*some.find("started"), Value{2});
    EXPECT_EQ(*some.find("next_from"), Value{"2026-03-30T00:30:00.000Z"});
    EXPECT_EQ(
        at(some, 1, "execution_id"),
        firing_id({"bills", "nightly"}, core::Time::parse("2026-03-29T01:00:00Z").value()).text());
    const Value all = body_of(post(target, "{" + range + "}"));
    EXPECT_EQ(*all.find("started"), Value{1});
    EXPECT_EQ(at(all, 0, "result"), "exists");
    EXPECT_EQ(at(all, 2, "result"), "started");
    const Value again = body_of(post(target, "{" + range + R"(,"again":true})"));
    EXPECT_EQ(*again.find("started"), Value{3});
    (void)ended(at(again, 2, "execution_id"));
}

TEST_F(ScheduleRoutes, RefuseARangeThatIsNone) {
    const std::string target = std::string{nightly} + "/backfill";
    EXPECT_EQ(problem_of(post(target, R"({"from":"2026-03-28T00:00:00Z",
                                          "to":"2026-03-27T00:00:00Z"})"),
                         422),
              "invalid");
    EXPECT_EQ(problem_of(post(target, R"({"from":"2026-03-28T00:00:00Z",
                                          "to":"9026-03-27T00:00:00Z"})"),
                         422),
              "invalid");
}

TEST_F(ScheduleRoutes, PauseAndResume) {
    const Value paused = body_of(post(std::string{nightly} + "/pause"));
    EXPECT_TRUE(paused.find("is_paused")->as_bool());
    EXPECT_TRUE(paused.find("next_due")->is_null());
    const Value resumed = body_of(post(std::string{nightly} + "/resume"));
    EXPECT_FALSE(resumed.find("next_due")->is_null());
    EXPECT_EQ(problem_of(post("/api/v1/workflows/x/schedules/y/pause"), 404), "not_found");
}

}  // namespace
}  // namespace millrace::server
