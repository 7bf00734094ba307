// SPDX-License-Identifier: Apache-2.0
#include "dispatch/event_dispatcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <utility>

#include "events/testing/fake_store.hpp"
#include "millrace/core/json.hpp"
#include "millrace/runtime/runtime.hpp"

namespace millrace::server {
namespace {

using ::testing::ElementsAre;
using testing::execution;
using ::testing::IsEmpty;
using ::testing::SizeIs;

core::Value json(std::string_view text) {
    return *core::parse_json(text);
}

class SilentLog final : public runtime::Log {
public:
    bool takes(runtime::LogLevel) const override { return false; }
    void put(runtime::LogLevel, std::string_view, std::span<const runtime::LogField>) override {}
};

/// A dispatcher over a store whose every step the test decides. Tasks are done by `run`.
class DispatchTest : public ::testing::Test {
protected:
    void SetUp() override { begin(); }
    void TearDown() override { dispatcher_.reset(); }

    /// A dispatcher as after a crash of the one before.
    void begin() {
        tasks_.clear();
        dispatcher_ = std::make_unique<EventDispatcher>(parts());
        ASSERT_TRUE(dispatcher_->start());
        run();
    }
    /// The same, and then a workflow wants twenty events and can take none.
    void begin_with_a_full_one() {
        begin();
        activate("slow", R"({"event": "node.*"})");
        full.insert("slow");
        for (std::uint8_t i = 1; i <= 20; ++i)
            note(i, 1);
    }
    /// The process dies with this place in its store.
    void crash(store::FeedPosition place) {
        keeps_cursors = false;
        dispatcher_.reset();
        keeps_cursors = true;
        cursors["events"] = place;
        begin();
    }
    EventDispatcher& dispatcher() { return *dispatcher_; }

    void run() {
        while (!tasks_.empty()) {
            const std::function<void()> task = std::move(tasks_.front());
            tasks_.pop_front();
            task();
        }
    }
    void let_time_pass() {
        for (const auto& task : std::exchange(delayed_, {}))
            task();
        run();
    }
    void activate(const std::string& workflow_id, std::string_view data) {
        store::ActiveTrigger trigger;
        trigger.workflow_id = workflow_id;
        trigger.node_id = "on";
        trigger.type = "trigger.event";
        trigger.data = json(data);
        triggers_.push_back(std::make_shared<const store::ActiveTrigger>(std::move(trigger)));
        dispatcher_->on_change()(workflow_id);
        run();
    }
    /// Commits rows in a frame of their own and tells them.
    void happen(std::vector<testing::FakeStore::Row> rows) {
        store.plan_frame(std::move(rows));
        store.commit();
        store.tell();
        run();
    }
    /// An execution from its beginning to its end, in two frames.
    void complete(std::uint8_t number, const std::string& workflow_id) {
        happen({store.row(execution(number), workflow_id, 1)});
        happen({store.last_row(execution(number))});
    }
    /// An execution with so many events of its nodes, in one row.
    void note(std::uint8_t number, std::size_t notes) {
        happen({store.row(execution(number), "orders", notes + 1)});
    }
    /// Different executions of the workflow that were started.
    std::size_t started_of(const std::string& workflow_id) const {
        std::set<core::ExecutionId> ids;
        for (const TriggerStart& start : starts)
            if (start.trigger->workflow_id == workflow_id) ids.insert(*start.id);
        return ids.size();
    }
    /// Workflows that were started, in order.
    std::vector<std::string> started() const {
        std::vector<std::string> ids;
        for (const TriggerStart& start : starts)
            ids.push_back(start.trigger->workflow_id);
        return ids;
    }
    EventOutcome give(std::string type, core::Value data = {}) {
        GivenEvent event;
        event.id = "e-1";
        event.type = std::move(type);
        event.source = "shop";
        event.time = event.since = core::Time{1'800'000'000'000};
        event.data = std::move(data);
        EventOutcome outcome;
        dispatcher_->give(std::move(event), [&](EventOutcome done) { outcome = std::move(done); });
        run();
        return outcome;
    }
    static store::Wait wait_of(std::uint8_t number, std::string_view details) {
        store::Wait wait;
        wait.number = number;
        wait.id = execution(number);
        wait.path = "paid";
        wait.details = json(details);
        return wait;
    }

    testing::FakeStore store;
    std::vector<TriggerStart> starts;
    std::vector<engine::AnswerWait> answers;
    std::optional<core::Error> start_error;
    std::set<std::string> full;  ///< workflows
    std::size_t refusals = 0;    ///< of starts of those
    std::size_t unsent_max = 10'000;
    std::size_t unsent_of_one_max = 1'000;
    std::vector<store::Wait> waits;
    std::map<std::string, store::FeedPosition> cursors;
    bool keeps_cursors = true;

private:
    DispatchParts parts() {
        DispatchParts parts{.log = log_};
        parts.journals = store.journals();
        parts.triggers = [this] {
            return std::make_shared<const std::vector<TriggerPtr>>(triggers_);
        };
        parts.start = [this](const TriggerStart& start, auto accepted) {
            if (start_error) return accepted(std::unexpected(*start_error));
            if (full.contains(start.trigger->workflow_id)) {
                ++refusals;
                return accepted(
                    core::fail(engine::CommandErrc::too_many_executions, "the workflow is full"));
            }
            starts.push_back(start);
            accepted(*start.id);
        };
        parts.answer = [this](engine::AnswerWait answer, auto answered) {
            answers.push_back(std::move(answer));
            answered({});
        };
        parts.open_waits = [this](std::size_t, std::uint64_t after) {
            std::vector<store::Wait> open;
            for (const store::Wait& wait : waits)
                if (wait.number > after) open.push_back(wait);
            return core::Result<std::vector<store::Wait>>{std::move(open)};
        };
        parts.cursor = [this](const std::string& name) {
            const auto at = cursors.find(name);
            return core::Result<std::optional<store::FeedPosition>>{
                at == cursors.end() ? std::nullopt : std::optional{at->second}};
        };
        parts.put_cursors = [this](const std::vector<DispatchParts::Named>& named) {
            for (const auto& [name, place] : named)
                if (keeps_cursors) cursors.insert_or_assign(name, place);
            return core::Result<>{};
        };
        parts.work = [this](std::function<void()> task) { tasks_.push_back(std::move(task)); };
        parts.later = [this](core::Duration, std::function<void()> task) {
            delayed_.push_back(std::move(task));
        };
        parts.unsent_max = unsent_max;
        parts.unsent_of_one_max = unsent_of_one_max;
        parts.api = [] { return std::string{"https://flows.example/api/v1"}; };
        return parts;
    }

    SilentLog log_;
    std::vector<TriggerPtr> triggers_;
    std::deque<std::function<void()>> tasks_;
    std::vector<std::function<void()>> delayed_;
    std::unique_ptr<EventDispatcher> dispatcher_;
};

TEST_F(DispatchTest, StartsWhatWantsTheEvent) {
    activate("notify", R"({"event": "execution.completed", "source": "workflow:orders",
                           "labels": {"team": "sales"}})");
    activate("other", R"({"event": "execution.completed", "source": "workflow:bills"})");
    complete(1, "orders");
    ASSERT_THAT(started(), ElementsAre("notify"));
    const core::Value& event = starts.front().trigger_data;
    EXPECT_EQ(*event.find("type"), "execution.completed");
    EXPECT_EQ(*event.find("source"), "workflow:orders");
    EXPECT_EQ(*event.find("execution_id"), execution(1).text());
    EXPECT_EQ(*event.find("url"), "https://flows.example/api/v1/executions/" + execution(1).text());
    EXPECT_EQ(starts.front().input, *event.find("data"));
    EXPECT_EQ(starts.front().labels, json(R"({"team": "sales"})"));
}

TEST_F(DispatchTest, LooksAtEventsOfNodes) {
    activate("watch", R"({"event": "node.*", "filter": "item.node_id == 'work'"})");
    happen({store.row(execution(1), "orders", 3)});
    EXPECT_THAT(starts, SizeIs(2));
    EXPECT_NE(starts[0].id, starts[1].id);
}

TEST_F(DispatchTest, ReadsNothingWhileNobodyWantsEvents) {
    complete(1, "orders");
    activate("watch", R"({"event": "order.created"})");
    complete(2, "orders");
    EXPECT_EQ(store.reads, 0u);
    EXPECT_THAT(starts, IsEmpty());
}

TEST_F(DispatchTest, LeavesEventsBeforeTheTriggerAlone) {
    complete(1, "orders");
    activate("watch", R"({"event": "execution.completed"})");
    // Until it is kept, the place may be behind what the trigger is for.
    crash({});
    EXPECT_THAT(starts, IsEmpty());
    complete(2, "orders");
    EXPECT_THAT(starts, SizeIs(1));
}

TEST_F(DispatchTest, StartsNoWorkflowByItselfUnlessItSaysSo) {
    activate("orders", R"({"event": "execution.completed", "source": "workflow:*"})");
    complete(1, "orders");
    EXPECT_THAT(starts, IsEmpty());
    activate("bills", R"({"event": "execution.completed", "source": "workflow:bills"})");
    complete(2, "bills");
    EXPECT_THAT(started(), ElementsAre("orders", "bills"));
}

TEST_F(DispatchTest, MeansTheSameExecutionAfterACrash) {
    activate("notify", R"({"event": "execution.completed"})");
    complete(1, "orders");
    ASSERT_THAT(starts, SizeIs(1));
    crash({});
    ASSERT_THAT(starts, SizeIs(2));
    EXPECT_EQ(starts[0].id, starts[1].id);
    crash(cursors.at("events"));
    EXPECT_THAT(starts, SizeIs(2));
}

TEST_F(DispatchTest, TriesAgainWhatCannotStartNow) {
    activate("notify", R"({"event": "execution.completed"})");
    complete(1, "orders");
    const store::FeedPosition before = cursors.at("events");
    start_error.emplace(runtime::RuntimeErrc::busy, "later");
    complete(2, "orders");
    EXPECT_THAT(starts, SizeIs(1));
    EXPECT_EQ(dispatcher().health().status, HealthStatus::degraded);
    const store::FeedPosition row{before.frame + 2, 1};
    EXPECT_LT(cursors.at("events"), row);
    start_error.reset();
    let_time_pass();
    EXPECT_THAT(starts, SizeIs(2));
    EXPECT_EQ(dispatcher().health().status, HealthStatus::ok);
    EXPECT_EQ(cursors.at("events"), row);
}

TEST_F(DispatchTest, DrainsWhatHasGatheredAsFastAsItStarts) {
    activate("watch", R"({"event": "node.*"})");
    start_error.emplace(runtime::RuntimeErrc::unavailable, "no disk");
    note(1, 900);
    let_time_pass();
    EXPECT_THAT(starts, IsEmpty());
    start_error.reset();
    let_time_pass();
    EXPECT_THAT(starts, SizeIs(900));
    EXPECT_EQ(dispatcher().health().status, HealthStatus::ok);
}

TEST_F(DispatchTest, AWorkflowThatIsFullHoldsUpNoOther) {
    unsent_max = 10;
    unsent_of_one_max = 4;
    begin();
    activate("slow", R"({"event": "node.*"})");
    activate("quick", R"({"event": "execution.completed"})");
    full.insert("slow");
    const store::FeedPosition before = cursors.at("events");
    for (std::uint8_t i = 1; i <= 20; ++i)
        note(i, 1);
    happen({store.last_row(execution(1))});
    EXPECT_EQ(started_of("quick"), 1u);
    const store::FeedPosition first{before.frame + 1, 1};
    EXPECT_LT(cursors.at("events"), first) << "a crash would lose nothing";
    full.clear();
    let_time_pass();
    EXPECT_EQ(started_of("slow"), 20u);
    EXPECT_EQ(starts.size(), 21u) << "each was started once";
    EXPECT_EQ(cursors.at("events").frame, before.frame + 21);
    note(30, 1);
    EXPECT_EQ(started_of("slow"), 21u);
}

TEST_F(DispatchTest, ACrashLosesNothingOfAFullWorkflow) {
    unsent_of_one_max = 4;
    begin_with_a_full_one();
    crash(cursors.at("events"));
    full.clear();
    let_time_pass();
    EXPECT_EQ(started_of("slow"), 20u);
    EXPECT_EQ(cursors.at("events").frame, 20u);
}

TEST_F(DispatchTest, AWorkflowThatIsFullIsAskedNowAndThen) {
    unsent_of_one_max = 100;
    begin();
    activate("slow", R"({"event": "node.*"})");
    full.insert("slow");
    note(1, 90);
    refusals = 0;
    let_time_pass();
    let_time_pass();
    EXPECT_EQ(refusals, 2u);
}

TEST_F(DispatchTest, SaysWhatAFullWorkflowWillNeverSee) {
    unsent_of_one_max = 2;
    begin_with_a_full_one();
    store.forget_all_but(5);
    full.clear();
    let_time_pass();
    EXPECT_EQ(dispatcher().counts().fell_behind, 1u);
    EXPECT_EQ(started_of("slow"), 2u + 5u);
    EXPECT_EQ(cursors.at("events").frame, 20u);
}

TEST_F(DispatchTest, ARepeatThatMeetsTheStartItRepeatsHasStarted) {
    activate("notify", R"({"event": "execution.completed"})");
    start_error.emplace(engine::CommandErrc::already_exists, "it is being created");
    complete(1, "orders");
    EXPECT_EQ(dispatcher().counts().started, 1u);
    EXPECT_EQ(dispatcher().counts().refused, 0u);
}

TEST_F(DispatchTest, GivesUpWhatCanNeverStart) {
    activate("notify", R"({"event": "execution.completed"})");
    start_error.emplace(runtime::RuntimeErrc::bad_workflow, "inputs do not fit");
    complete(1, "orders");
    EXPECT_EQ(dispatcher().counts().refused, 1u);
    EXPECT_EQ(cursors.at("events").frame, 2u);
}

TEST_F(DispatchTest, ReadsTheStoreForWhatItWasNotTold) {
    activate("notify", R"({"event": "execution.completed"})");
    store.plan_frame({store.row(execution(1), "orders", 1)});
    store.plan_frame({store.last_row(execution(1))});
    while (store.commit()) {
    }
    store.lag();
    run();
    EXPECT_THAT(starts, SizeIs(1));
    complete(2, "orders");
    EXPECT_THAT(starts, SizeIs(2));
}

TEST_F(DispatchTest, GoesOnWhereTheFeedStillIs) {
    activate("notify", R"({"event": "execution.completed"})");
    complete(1, "orders");
    complete(2, "orders");
    complete(3, "orders");
    starts.clear();
    store.forget_all_but(2);
    crash({1, 1});
    EXPECT_EQ(dispatcher().counts().fell_behind, 1u);
    EXPECT_EQ(dispatcher().health().status, HealthStatus::degraded);
    EXPECT_THAT(starts, SizeIs(1));
}

TEST_F(DispatchTest, PassesOverWhatNobodyCanRead) {
    activate("notify", R"({"event": "execution.completed"})");
    happen({store.row(execution(1), "orders", 1)});
    testing::FakeStore::Row broken = store.last_row(execution(1));
    broken.bytes = "?";
    happen({std::move(broken)});
    EXPECT_THAT(starts, IsEmpty());
    complete(2, "orders");
    EXPECT_THAT(starts, SizeIs(1));
    EXPECT_EQ(cursors.at("events").frame, 4u);
}

TEST_F(DispatchTest, TakesEventsFromOutside) {
    activate("intake",
             R"({"event": "order.*", "source": "shop", "filter": "item.data.total > 1"})");
    const EventOutcome outcome = give("order.created", json(R"({"total": 2})"));
    ASSERT_THAT(outcome.started, SizeIs(1));
    EXPECT_EQ(outcome.started.front().workflow_id, "intake");
    EXPECT_EQ(starts.front().input, json(R"({"total": 2})"));
    EXPECT_THAT(give("order.created", json(R"({"total": 1})")).started, IsEmpty());
    EXPECT_THAT(give("bill.created", json(R"({"total": 2})")).started, IsEmpty());
    EXPECT_THAT(give("order.created").started, IsEmpty());
    EXPECT_EQ(dispatcher().counts().filters_failed, 1u);
}

TEST_F(DispatchTest, SaysWhatAnEventFromOutsideCouldNotDo) {
    activate("intake", R"({"event": "order.created"})");
    start_error.emplace(runtime::RuntimeErrc::unavailable, "no disk");
    EXPECT_THAT(give("order.created").failed, SizeIs(1));
    start_error.emplace(runtime::RuntimeErrc::bad_workflow, "never");
    EXPECT_THAT(give("order.created").refused, SizeIs(1));
    dispatcher().stop();
    EXPECT_THAT(give("order.created").failed, SizeIs(1));
}

TEST_F(DispatchTest, AnswersRunsThatWait) {
    waits.push_back(wait_of(7, R"({"type": "order.paid", "match": {"data.id": 7}})"));
    waits.push_back(wait_of(8, R"({"type": "order.paid", "match": {"data.id": 8}})"));
    begin();
    const EventOutcome outcome = give("order.paid", json(R"({"id": 8})"));
    ASSERT_THAT(outcome.answered, SizeIs(1));
    EXPECT_EQ(outcome.answered.front().execution_id, execution(8));
    EXPECT_EQ(outcome.answered.front().path, "paid");
    EXPECT_EQ(*answers.front().answer.find("type"), "order.paid");
    EXPECT_THAT(give("order.paid", json(R"({"id": 8})")).answered, IsEmpty());
}

TEST_F(DispatchTest, HearsOfWaitsAsTheyOpen) {
    testing::FakeStore::Row row = store.row(execution(9), "orders", 1);
    engine::WaitRow wait;
    wait.id = row.id;
    wait.what = engine::WaitRow::What::event;
    wait.path = "done";
    wait.details = json(R"({"type": "execution.completed", "source": "workflow:bills"})");
    row.waits.push_back(wait);
    happen({std::move(row)});
    complete(1, "orders");
    EXPECT_THAT(answers, IsEmpty());
    complete(2, "bills");
    ASSERT_THAT(answers, SizeIs(1));
    EXPECT_EQ(answers.front().id, execution(9));
    complete(3, "bills");
    EXPECT_THAT(answers, SizeIs(1));
}

}  // namespace
}  // namespace millrace::server
