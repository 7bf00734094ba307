// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "millrace/core/time.hpp"
#include "server_process.hpp"

// Schedules of the command that people start, over real sockets and over a kill.

namespace millrace::testing {
namespace {

constexpr std::string_view ticking = R"(
millrace: 1
id: ticking
name: Ticks
nodes:
  - { id: tick, type: trigger.schedule, data: { interval: 1s, missed: run_all } }
  - { id: text, type: data.template, data: { text: "{{ input.due_at }}" } }
connections:
  - tick -> text
)";

constexpr std::string_view nightly = R"(
millrace: 1
id: nightly
name: Nightly
nodes:
  - { id: night, type: trigger.schedule, data: { cron: "30 2 * * *", timezone: Europe/Berlin } }
)";

class Schedules : public ServerTest {
protected:
    void activate(std::string_view document, const std::string& id) {
        server().create_workflow(document);
        server().post_json("/api/v1/workflows/" + id + "/activate", Value::object({}));
    }
    std::int64_t started() {
        const Value all = server().get_json("/api/v1/schedules?workflow_id=ticking");
        return all.find("items")->as_array()[0].find("counts")->find("started")->as_integer();
    }
    void wait_for(std::int64_t count) {
        while (started() < count)
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
};

TEST_F(Schedules, StartEachDueTimeOnceOverAKill) {
    serve();
    activate(ticking, "ticking");
    wait_for(1);
    (void)server().kill_now();
    server().restart();
    const std::int64_t before = started();
    wait_for(before + 1);
    server().post_json("/api/v1/workflows/ticking/deactivate", Value::object({}));
    const Value page = server().get_json("/api/v1/workflows/ticking/executions?limit=200");
    std::multiset<std::string> due;
    for (const Value& item : page.find("items")->as_array()) {
        const std::string id{item.find("id")->as_string()};
        const Value execution = server().get_json("/api/v1/executions/" + id);
        due.emplace(execution.find("trigger")->find("data")->find("due_at")->as_string());
    }
    ASSERT_GE(due.size(), 2u);
    EXPECT_EQ(std::set<std::string>(due.begin(), due.end()).size(), due.size());
    // All of them, one second after the other.
    const auto second_of = [](const std::string& text) {
        return core::Time::parse(text).value().ms / 1'000;
    };
    EXPECT_EQ(second_of(*due.rbegin()) - second_of(*due.begin()) + 1,
              static_cast<std::int64_t>(due.size()));
}

TEST_F(Schedules, ArePreviewedRunAndFilledUp) {
    serve();
    activate(nightly, "nightly");
    const std::string one = "/api/v1/workflows/nightly/schedules/night";
    EXPECT_EQ(server().get_json(one).find("timezone")->as_string(), "Europe/Berlin");
    const Value next = server().get_json(one + "/next?count=1&from=2026-10-24T12:00:00Z");
    EXPECT_EQ(next.find("items")->as_array()[0].find("local")->as_string(),
              "2026-10-25T02:30:00.000+02:00");
    const Value preview =
        server().post_json("/api/v1/schedules/preview",
                           json(R"({"cron":"0 0 L * *","from":"2028-02-01T00:00:00Z","count":1})"));
    EXPECT_EQ(preview.find("items")->as_array()[0].find("due_at")->as_string(),
              "2028-02-29T00:00:00.000Z");
    server().post_json(one + "/run", Value::object({}), 202);
    const Value range = json(R"({"from":"2026-03-28T00:00:00Z","to":"2026-03-30T12:00:00Z"})");
    EXPECT_EQ(*server().post_json(one + "/backfill", range).find("started"), Value{3});
    EXPECT_EQ(*server().post_json(one + "/backfill", range).find("started"), Value{0});
    EXPECT_TRUE(server().post_json(one + "/pause", Value::object({})).find("is_paused")->as_bool());
    server().restart();
    EXPECT_TRUE(server().get_json(one).find("is_paused")->as_bool());
    server().post_json(one + "/resume", Value::object({}));
    EXPECT_FALSE(server().get_json(one).find("next_due")->is_null());
}

}  // namespace
}  // namespace millrace::testing
