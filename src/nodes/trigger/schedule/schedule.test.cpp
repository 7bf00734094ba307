// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "millrace/format/expression_host.hpp"
#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using testing::problems_of;

core::Time time(std::string_view text) {
    return core::Time::parse(text).value();
}

Schedule schedule(std::string_view data) {
    core::Problems problems;
    return Schedule::read(json(data), format::expression_host(), "", problems).value();
}

std::vector<std::string> texts(const std::vector<core::Time>& times) {
    std::vector<std::string> made;
    for (const core::Time at : times)
        made.push_back(at.text().substr(0, 19));
    return made;
}

TEST(Schedule, CountsIntervalsFromTheirOrigin) {
    const Schedule free = schedule(R"({"interval":"90m"})");
    EXPECT_EQ(free.next_after(time("1970-01-01T00:00:00Z")), time("1970-01-01T01:30:00Z"));
    EXPECT_EQ(free.next_after(time("1969-12-31T23:59:59Z")), time("1970-01-01T00:00:00Z"));
    const Schedule bound = schedule(
        R"({"interval":"1d","start":"2026-01-01T06:00:00Z","end":"2026-01-02T06:00:00Z"})");
    EXPECT_EQ(bound.next_after(time("2020-01-01T00:00:00Z")), time("2026-01-01T06:00:00Z"));
    EXPECT_EQ(bound.next_after(time("2026-01-01T06:00:00Z")), time("2026-01-02T06:00:00Z"));
    EXPECT_EQ(bound.next_after(time("2026-01-02T06:00:00Z")), std::nullopt);
}

TEST(Schedule, TakesTimesOneByOne) {
    const Schedule list = schedule(
        R"({"at":["2030-01-01T00:00:00+01:00","2026-01-01T00:00:00Z","2029-12-31T23:00:00Z"]})");
    EXPECT_THAT(texts(list.within(time("2000-01-01T00:00:00Z"), time("2040-01-01T00:00:00Z"), 9)),
                ElementsAre("2026-01-01T00:00:00", "2029-12-31T23:00:00"));
    EXPECT_EQ(schedule(R"({"at":"2026-01-01T00:00:00Z"})").next_after(time("2026-01-01T00:00:00Z")),
              std::nullopt);
}

TEST(Schedule, FindsTheLastAndTheNewestOfMany) {
    const Schedule busy = schedule(R"({"cron":"* * 3 1 * *"})");
    const core::Time from = time("2020-01-01T00:00:00Z");
    const core::Time until = time("2026-12-01T00:00:00Z");
    EXPECT_EQ(busy.last_within(from, until), time("2026-11-01T03:59:59Z"));
    EXPECT_THAT(texts(busy.within(from, until, 2)),
                ElementsAre("2026-11-01T03:59:58", "2026-11-01T03:59:59"));
    EXPECT_EQ(busy.count_within(from, until, 500), 500u);
    EXPECT_EQ(busy.last_within(until, time("2026-12-01T02:00:00Z")), std::nullopt);
    EXPECT_THAT(busy.within(until, until, 5), IsEmpty());
}

TEST(Schedule, TellsOtherTimesApart) {
    EXPECT_EQ(schedule(R"({"cron":" 0  9 * * * ","timezone":"Europe/Berlin"})").text(),
              "cron 0 9 * * * in Europe/Berlin");
    EXPECT_EQ(schedule(R"({"interval":"60s","overlap":"skip"})").text(),
              schedule(R"({"interval":"1m","missed":"skip"})").text());
    EXPECT_NE(schedule(R"({"interval":"1m"})").text(),
              schedule(R"({"interval":"1m","start":"2026-01-01T00:00:00Z"})").text());
}

TEST(Schedule, KnowsItsPolicies) {
    const Schedule plain = schedule(R"({"interval":"1m"})");
    EXPECT_EQ(plain.missed(), MissedPolicy::run_once);
    EXPECT_EQ(plain.overlap(), OverlapPolicy::allow);
    const Schedule other = schedule(
        R"({"interval":"1m","missed":"run_all","overlap":"queue","jitter":"5s","input":[1]})");
    EXPECT_EQ(other.missed(), MissedPolicy::run_all);
    EXPECT_EQ(other.overlap(), OverlapPolicy::queue);
    EXPECT_EQ(other.jitter(), core::Duration{5'000});
    EXPECT_EQ(other.input(), json("[1]"));
}

TEST(Schedule, FindsMistakesBeforeTheRun) {
    const auto problems = [](std::string_view data) {
        return problems_of(trigger_schedule(), data);
    };
    EXPECT_THAT(problems("{}"), ElementsAre("missing_key /data"));
    EXPECT_THAT(problems(R"({"cron":"* * * * *","at":"2030-01-01T00:00:00Z"})"),
                ElementsAre("bad_value /data/at"));
    EXPECT_THAT(problems(R"({"cron":"soon"})"), ElementsAre("bad_value /data/cron"));
    EXPECT_THAT(problems(R"({"cron":"@daily","timezone":"Europe/Berlni"})"),
                ElementsAre("bad_value /data/timezone"));
    EXPECT_THAT(problems(R"({"interval":"1m","timezone":"UTC"})"),
                ElementsAre("bad_value /data/timezone"));
    EXPECT_THAT(problems(R"({"interval":"999ms"})"), ElementsAre("bad_value /data/interval"));
    EXPECT_THAT(problems(R"({"interval":"5"})"), ElementsAre("bad_duration /data/interval"));
    EXPECT_THAT(problems(R"({"interval":"5s","jitter":"5s"})"),
                ElementsAre("bad_value /data/jitter"));
    EXPECT_THAT(problems(R"({"cron":"@daily","jitter":"25h"})"),
                ElementsAre("bad_value /data/jitter"));
    EXPECT_THAT(problems(R"({"at":["2030-01-01T00:00:00Z","tomorrow"]})"),
                ElementsAre("bad_value /data/at/1"));
    EXPECT_THAT(problems(R"({"cron":"@daily","start":"2026-01-02"})"),
                ElementsAre("bad_value /data/start"));
    EXPECT_THAT(problems(R"({"cron":"@daily","start":"2026-01-02T00:00:00Z",
                             "end":"2026-01-01T00:00:00Z"})"),
                ElementsAre("bad_value /data/end"));
    EXPECT_THAT(problems(R"({"cron":"@yearly","start":"2026-01-02T00:00:00Z",
                             "end":"2026-12-31T00:00:00Z"})"),
                ElementsAre("bad_value /data/end"));
    EXPECT_THAT(problems(R"({"cron":7,"missed":"never","at":true})"),
                ElementsAre("bad_value /data/at"));
    EXPECT_THAT(problems(R"({"interval":true})"), IsEmpty()) << "the schema reports it";
}

TEST(Schedule, SuggestsTheZoneThatIsMeant) {
    core::Problems problems;
    (void)Schedule::read(json(R"({"cron":"@daily","timezone":"Europe/Berlni"})"),
                         format::expression_host(), "", problems);
    EXPECT_THAT(problems.at(0).message, HasSubstr("did you mean Europe/Berlin?"));
}

TEST(TriggerSchedule, IsDueNowWhenItIsRunByHand) {
    EXPECT_EQ(testing::out_of(testing::NodeRun{}.start(trigger_schedule())),
              core::Value::object({{"due_at", testing::test_time.text()},
                                   {"fired_at", testing::test_time.text()}}));
    const testing::NodeRun run{.input = json(R"({"due_at":"2026-01-01T00:00:00.000Z"})")};
    EXPECT_EQ(*testing::out_of(run.start(trigger_schedule())).find("due_at"),
              core::Value{"2026-01-01T00:00:00.000Z"});
}

}  // namespace
}  // namespace millrace::nodes
