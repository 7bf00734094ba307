// SPDX-License-Identifier: Apache-2.0
#include "schedules/scheduler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "millrace/engine/frame.hpp"
#include "millrace/store/store.hpp"
#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const ScheduleKey hourly{"reports", "hourly"};

/// With a clock of its own, and rounds that run when the test lets them.
class SchedulerTest : public testing::RouteFixture {
protected:
    SchedulerTest() : RouteFixture({add_workflow_routes, add_execution_routes}) {}

    void SetUp() override { scheduler = make(); }

    void TearDown() override {
        scheduler->stop();
        gate->open();
        runtime().stop();
        scheduler.reset();
        tasks.clear();
        RouteFixture::TearDown();
    }

    std::unique_ptr<Scheduler> make() {
        SchedulerParts parts = scheduler_parts(services());
        parts.now = [this] { return now; };
        parts.work = [this](std::function<void()> task) {
            const std::scoped_lock lock{mutex};
            tasks.push_back(std::move(task));
            came.notify_all();
        };
        parts.later = [this](core::Duration delay, std::function<void()> task) {
            sleeps = delay;
            timer = std::move(task);
        };
        parts.start = [this](const TriggerStart& start, runtime::Runtime::Accepted accepted,
                             runtime::Runtime::Finished finished) {
            ++starts;
            if (start_error) return accepted(std::unexpected(*start_error));
            if (!tells_ends) return accepted(start_by_trigger(services(), start));
            start_by_trigger(services(), start, std::move(accepted), std::move(finished));
        };
        const auto write = parts.write;
        parts.write = [this, write](const auto& task) -> core::Result<> {
            if (is_full) return core::fail(store::StoreErrc::full, "no space left");
            return write(task);
        };
        return std::make_unique<Scheduler>(std::move(parts));
    }

    void activate(const std::string& data, const std::string& inputs = "{}") {
        save(R"({"millrace":1,"id":"reports","name":"Reports","inputs":)" + inputs +
             R"(,"nodes":[{"id":"hourly","type":"trigger.schedule","data":)" + data +
             R"(},{"id":"text","type":"data.template","data":{"text":"{{ input.due_at }}"}}],
             "connections":["hourly -> text"]})");
        body_of(post("/api/v1/workflows/reports/activate", "{}"));
        services().triggers.refresh("reports");
    }

    void run() {
        while (run_one()) {
        }
    }
    bool run_one() {
        std::function<void()> task;
        {
            const std::scoped_lock lock{mutex};
            if (tasks.empty()) return false;
            task = std::move(tasks.front());
            tasks.pop_front();
        }
        task();
        return true;
    }
    /// Until so many due times have been started; the runtime tells of them.
    void run_until_started(std::uint64_t count) {
        while (scheduler->find(hourly)->planned.state.started < count) {
            if (run_one()) continue;
            std::unique_lock lock{mutex};
            came.wait(lock, [this] { return !tasks.empty(); });
        }
    }
    /// The clock shows another time, and the timer has come.
    void pass(core::Duration time) {
        now = now + time;
        if (timer) std::exchange(timer, {})();
        run();
    }

    core::Time now{1'774'000'800'000};  // 2026-03-20T10:00:00Z
    std::mutex mutex;
    std::condition_variable came;
    std::deque<std::function<void()>> tasks;  // guarded by mutex
    bool tells_ends = false;
    std::function<void()> timer;
    core::Duration sleeps;
    int starts = 0;
    std::optional<core::Error> start_error;
    bool is_full = false;
    std::unique_ptr<Scheduler> scheduler;
};

constexpr core::Duration an_hour{3'600'000};

TEST_F(SchedulerTest, StartsAnActiveWorkflowWhenItIsDue) {
    activate(R"({"interval":"1h","input":{"kind":"short"}})");
    ASSERT_TRUE(scheduler->start(services().triggers));
    run();
    EXPECT_EQ(starts, 0);
    EXPECT_EQ(sleeps, Scheduler::look_every) << "the clock may be set meanwhile";
    pass(an_hour);
    EXPECT_EQ(starts, 1);
    const Value execution = ended(firing_id(hourly, now).text());
    EXPECT_EQ(*execution.find("outputs"), Value::object({{"text", now.text()}}));
    EXPECT_EQ(*execution.find("inputs"), Value::object({{"kind", "short"}}));
    EXPECT_EQ(*execution.find("labels"), Value::object({{"schedule", "hourly"}}));
    EXPECT_EQ(*execution.find("trigger")->find("data"),
              Value::object({{"due_at", now.text()}, {"fired_at", now.text()}}));
    const auto state = runtime().store().schedules().find("reports", "hourly").value();
    EXPECT_EQ(state.last_due, now);
    EXPECT_EQ(state.next_due, now + an_hour);
}

TEST_F(SchedulerTest, GoesOnWhereAnotherProcessHasStopped) {
    activate(R"({"interval":"1h","missed":"run_all"})");
    ASSERT_TRUE(scheduler->start(services().triggers));
    run();
    pass(an_hour);
    scheduler->stop();
    pass(an_hour);
    EXPECT_EQ(starts, 1);
    scheduler = make();
    ASSERT_TRUE(scheduler->start(services().triggers));
    run();
    EXPECT_EQ(starts, 2);
    EXPECT_EQ(scheduler->find(hourly)->planned.state.started, 2u);
    EXPECT_EQ(scheduler->find(hourly)->planned.state.last_execution, firing_id(hourly, now));
}

TEST_F(SchedulerTest, FollowsWhatBecomesActiveAndWhatDoesNot) {
    ASSERT_TRUE(scheduler->start(services().triggers));
    run();
    EXPECT_THAT(scheduler->list({}), IsEmpty());
    activate(R"({"interval":"1h"})");
    run();
    EXPECT_THAT(scheduler->list("reports"), SizeIs(1));
    EXPECT_THAT(scheduler->list("others"), IsEmpty());
    EXPECT_THAT(runtime().store().schedules().list().value(), SizeIs(1));
    body_of(post("/api/v1/workflows/reports/deactivate"));
    services().triggers.refresh("reports");
    run();
    pass(an_hour);
    EXPECT_EQ(starts, 0);
    EXPECT_THAT(scheduler->list({}), IsEmpty());
    EXPECT_THAT(runtime().store().schedules().list().value(), IsEmpty());
}

TEST_F(SchedulerTest, LeavesOutWhatCanNeverStart) {
    activate(R"({"interval":"1h"})", R"({"type":"object","required":["id"]})");
    ASSERT_TRUE(scheduler->start(services().triggers));
    run();
    pass(an_hour);
    const auto view = scheduler->find(hourly);
    EXPECT_EQ(view->planned.state.skipped, 1u);
    EXPECT_THAT(view->planned.last_error, HasSubstr("id"));
    pass(an_hour);
    EXPECT_EQ(starts, 2);
}

TEST_F(SchedulerTest, ARepeatThatMeetsTheStartItRepeatsHasStarted) {
    activate(R"({"interval":"1h"})");
    ASSERT_TRUE(scheduler->start(services().triggers));
    run();
    start_error.emplace(engine::CommandErrc::already_exists, "it is being created");
    pass(an_hour);
    const auto state = scheduler->find(hourly)->planned.state;
    EXPECT_EQ(state.started, 1u);
    EXPECT_EQ(state.skipped, 0u);
    EXPECT_EQ(state.last_execution, firing_id(hourly, now));
}

TEST_F(SchedulerTest, KeepsWhatCannotBeStoredUntilItCan) {
    activate(R"({"interval":"1h"})");
    ASSERT_TRUE(scheduler->start(services().triggers));
    run();
    pass(an_hour);
    is_full = true;
    pass(an_hour);
    EXPECT_EQ(starts, 2) << "what may overlap starts, and is found again after a crash";
    EXPECT_EQ(runtime().store().schedules().find("reports", "hourly")->started, 1u);
    is_full = false;
    pass(core::Duration{1'000});
    EXPECT_EQ(runtime().store().schedules().find("reports", "hourly")->started, 2u);
}

TEST_F(SchedulerTest, FindsOutWhetherTheLastOneHasEnded) {
    activate(R"({"interval":"1h","overlap":"skip"})");
    ASSERT_TRUE(scheduler->start(services().triggers));
    run();
    pass(an_hour);
    (void)ended(firing_id(hourly, now).text());
    pass(an_hour);
    EXPECT_EQ(scheduler->find(hourly)->planned.state.started, 2u);
    EXPECT_EQ(scheduler->find(hourly)->planned.state.skipped, 0u);
}

TEST_F(SchedulerTest, StartsWhatWaitsAsSoonAsTheLastOneEnds) {
    tells_ends = true;
    save(R"({"millrace":1,"id":"reports","name":"Reports","nodes":[
        {"id":"hourly","type":"trigger.schedule","data":{"interval":"1h","overlap":"queue"}},
        {"id":"work","type":"test.effect","data":{"function":"gated"}}],
        "connections":["hourly -> work"]})");
    body_of(post("/api/v1/workflows/reports/activate", "{}"));
    services().triggers.refresh("reports");
    ASSERT_TRUE(scheduler->start(services().triggers));
    run();
    pass(an_hour);
    run_until_started(1);
    pass(an_hour);
    EXPECT_EQ(scheduler->find(hourly)->planned.waiting, 1u);
    EXPECT_EQ(starts, 1);
    gate->open();
    run_until_started(2);
    EXPECT_EQ(scheduler->find(hourly)->planned.waiting, 0u);
}

TEST_F(SchedulerTest, AskedToPauseItDoesSoDurably) {
    activate(R"({"interval":"1h"})");
    ASSERT_TRUE(scheduler->start(services().triggers));
    run();
    EXPECT_TRUE(scheduler->set_paused(hourly, true).value()->planned.state.is_paused);
    EXPECT_TRUE(runtime().store().schedules().find("reports", "hourly")->is_paused);
    pass(an_hour);
    EXPECT_EQ(starts, 0);
    EXPECT_EQ(scheduler->set_paused({"reports", "x"}, true).value(), std::nullopt);
}

}  // namespace
}  // namespace millrace::server
