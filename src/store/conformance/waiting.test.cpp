// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "conformance/conformance.hpp"
#include "millrace/store/cursors.hpp"
#include "millrace/store/library.hpp"
#include "millrace/store/retention.hpp"
#include "millrace/store/schedules.hpp"
#include "millrace/store/trigger_counts.hpp"
#include "millrace/store/triggers.hpp"
#include "millrace/store/waits.hpp"
#include "testing/matchers.hpp"

namespace millrace::store::conformance {

using ::testing::ElementsAre;
using testing::execution_id;
using testing::FailsWith;
using ::testing::IsEmpty;
using State = engine::WaitRow::State;
using What = engine::WaitRow::What;

namespace {

class WaitsConformance : public Conformance {
protected:
    static constexpr engine::RunKey run{0, core::NodeIndex{7}, 0};

    Waits& waits() { return store_->waits(); }
    /// Which executions' waits a list holds.
    std::vector<unsigned> listed(const WaitFilter& filter) {
        const auto page = waits().list(filter, 100, "");
        EXPECT_TRUE(page) << page.error().message();
        return owners(page->items);
    }
    static std::vector<unsigned> owners(const std::vector<Wait>& all) {
        std::vector<unsigned> ids;
        for (const Wait& wait : all)
            ids.push_back(wait.id.uuid.bytes[15]);
        return ids;
    }
};

using TriggersConformance = Conformance;
using SchedulesConformance = Conformance;

constexpr const char* two_triggers =
    R"({"nodes":[{"id":"hook","type":"trigger.webhook","data":{"path":"orders","big":9007199254740993}},)"
    R"({"id":"tick","type":"trigger.schedule@2","data":{"cron":"* * * * *"}},)"
    R"({"id":"set","type":"data.set","data":{}},{"id":"hand","type":"trigger.manual"}]})";

}  // namespace

TEST_P(WaitsConformance, AnOpenWaitIsFoundByItsTokenAndByItsRun) {
    commit(next_frame().insert(1).wait(1, What::approval, "", "hash-a"));
    const auto found = waits().find("hash-a");
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->id, execution_id(1));
    EXPECT_EQ(found->run, run);
    EXPECT_EQ(found->path, "ask");
    EXPECT_EQ(found->workflow_id, testing::workflow);
    EXPECT_EQ(found->what, WaitWhat::approval);
    EXPECT_EQ(found->state, WaitState::open);
    EXPECT_EQ(found->details, core::Value::object({{"title", "Ship it?"}}));
    EXPECT_EQ(found->opened_at, core::Time{1'000});
    EXPECT_EQ(found->until, core::Time{61'000});
    EXPECT_EQ(found->closed_at, std::nullopt);
    EXPECT_EQ(waits().find(execution_id(1), run)->token_hash, "hash-a");
    EXPECT_THAT(waits().find("hash-b"), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(waits().find(""), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(waits().find(execution_id(1), {1, core::NodeIndex{7}, 0}),
                FailsWith(StoreErrc::not_found));
}

TEST_P(WaitsConformance, AClosedWaitTellsWhatBecameOfIt) {
    commit(next_frame().insert(1).wait(1, What::approval, "", "hash-a"));
    commit(next_frame().end_wait(1, State::answered, core::Value::object({{"by", "ann"}})));
    const auto found = waits().find("hash-a");
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->state, WaitState::answered);
    EXPECT_EQ(found->answer, core::Value::object({{"by", "ann"}}));
    EXPECT_EQ(found->opened_at, core::Time{1'000});
    EXPECT_EQ(found->closed_at, core::Time{2'000});
    EXPECT_EQ(found->details, core::Value::object({{"title", "Ship it?"}}));
    commit(next_frame().insert(2).wait(2, What::signal, "paid").end_wait(2, State::expired));
    EXPECT_EQ(waits().find(execution_id(2), run)->state, WaitState::expired);
    EXPECT_EQ(waits().find(execution_id(2), run)->answer, core::Value{});
    commit(next_frame().insert(3).end_wait(3, State::ended));
    EXPECT_THAT(listed({}), ElementsAre(2, 1)) << "what never began cannot end";
}

TEST_P(WaitsConformance, AnOpenWaitMayBePostponed) {
    const auto until = [&] { return waits().find(execution_id(1), run)->until; };
    commit(next_frame().insert(1).wait(1, What::signal, "paid"));
    commit(next_frame().postpone(1, core::Time{90'000}));
    EXPECT_EQ(until(), core::Time{90'000});
    EXPECT_EQ(waits().find(execution_id(1), run)->state, WaitState::open);
    commit(next_frame().end_wait(1, State::answered));
    commit(next_frame().postpone(1, core::Time{95'000}).postpone(2, core::Time{95'000}));
    EXPECT_EQ(until(), core::Time{90'000}) << "it is over";
    EXPECT_THAT(waits().find(execution_id(2), run), FailsWith(StoreErrc::not_found));
}

TEST_P(WaitsConformance, ARunThatWaitsAnewHasANewerWait) {
    commit(next_frame().insert(1).wait(1, What::signal, "paid", "hash-a"));
    const std::uint64_t first = waits().find("hash-a")->number;
    commit(next_frame().end_wait(1, State::ended).wait(1, What::signal, "shipped", "hash-b"));
    EXPECT_THAT(waits().find("hash-a"), FailsWith(StoreErrc::not_found));
    const auto second = waits().find("hash-b");
    EXPECT_EQ(second->name, "shipped");
    EXPECT_EQ(second->state, WaitState::open);
    EXPECT_GT(second->number, first);
    EXPECT_THAT(listed({}), ElementsAre(1));
}

TEST_P(WaitsConformance, ListsAreNewestFirstByFilterAndInPages) {
    for (std::uint64_t n = 1; n <= 4; ++n)
        commit(next_frame().insert(n).wait(n, n == 2 ? What::event : What::signal, "s"));
    commit(next_frame().end_wait(3, State::answered));
    EXPECT_THAT(listed({}), ElementsAre(4, 3, 2, 1));
    EXPECT_THAT(listed({.open_only = true}), ElementsAre(4, 2, 1));
    EXPECT_THAT(listed({.what = WaitWhat::signal, .open_only = true}), ElementsAre(4, 1));
    EXPECT_THAT(listed({.id = execution_id(3)}), ElementsAre(3));
    EXPECT_THAT(listed({.id = execution_id(3), .open_only = true}), IsEmpty());
    EXPECT_THAT(listed({.workflow_id = "other"}), IsEmpty());
    const auto page = waits().list({}, 3, "");
    EXPECT_THAT(owners(page->items), ElementsAre(4, 3, 2));
    const auto next = waits().list({}, 3, *page->next_cursor);
    EXPECT_THAT(owners(next->items), ElementsAre(1));
    EXPECT_EQ(next->next_cursor, std::nullopt);
    EXPECT_THAT(waits().list({}, 0, ""), FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(waits().list({}, 3, "x1-1"), FailsWith(StoreErrc::bad_argument));
}

TEST_P(WaitsConformance, OpenEventsComeInOrderAfterAPlace) {
    for (std::uint64_t n = 1; n <= 4; ++n)
        commit(next_frame().insert(n).wait(n, n == 2 ? What::signal : What::event, "e"));
    commit(next_frame().end_wait(3, State::expired));
    const auto first = waits().open_events(1, 0);
    EXPECT_THAT(owners(*first), ElementsAre(1));
    EXPECT_THAT(owners(*waits().open_events(10, first->back().number)), ElementsAre(4));
    EXPECT_THAT(waits().open_events(0, 0), FailsWith(StoreErrc::bad_argument));
}

TEST_P(WaitsConformance, ChildrenThatHaveEndedOrAreGoneAreToldOf) {
    commit(next_frame().insert(1).insert(2).insert(3).insert(4));
    commit(next_frame().child(11, 1).child(12, 2));
    commit(next_frame()
               .wait(1, What::child, execution_id(11).text())
               .wait(2, What::child, execution_id(12).text())
               .wait(3, What::child, execution_id(13).text())
               .wait(4, What::signal, execution_id(11).text()));
    EXPECT_THAT(owners(*waits().finished_children(10, 0)), ElementsAre(3));
    commit(next_frame().finish(11));
    const auto ended = waits().finished_children(10, 0);
    EXPECT_THAT(owners(*ended), ElementsAre(1, 3));
    EXPECT_THAT(owners(*waits().finished_children(10, ended->front().number)), ElementsAre(3));
    EXPECT_THAT(owners(*waits().finished_children(1, 0)), ElementsAre(1));
    commit(next_frame().end_wait(1, State::answered).end_wait(2, State::ended));
    EXPECT_THAT(owners(*waits().finished_children(10, 0)), ElementsAre(3));
    EXPECT_THAT(owners(*waits().abandoned_children(10, 0)), ElementsAre(2));
    commit(next_frame().finish(12));
    EXPECT_THAT(owners(*waits().abandoned_children(10, 0)), IsEmpty());
}

TEST_P(WaitsConformance, ChildrenAreListedByTheirParent) {
    commit(next_frame().insert(1).child(2, 1).child(3, 1).insert(4).finish(2));
    EXPECT_EQ(store_->execution(execution_id(2))->parent, execution_id(1));
    EXPECT_EQ(store_->execution(execution_id(1))->parent, std::nullopt);
    const auto ids = [&](ExecutionFilter filter) {
        std::vector<unsigned> all;
        filter.parent = execution_id(1);
        const auto page = store_->executions(filter, 10, "");
        for (const engine::ExecutionRow& row : page.value().items)
            all.push_back(row.id.uuid.bytes[15]);
        return all;
    };
    EXPECT_THAT(ids({}), ElementsAre(3, 2));
    EXPECT_THAT(ids({.live_only = true}), ElementsAre(3));
    EXPECT_THAT(ids({.workflow_id = testing::workflow}), ElementsAre(3, 2));
    EXPECT_THAT(ids({.workflow_id = "other"}), IsEmpty());
    EXPECT_THAT(ids({.status = core::ExecutionStatus::completed}), ElementsAre(2));
    const auto page = store_->executions({.parent = execution_id(1)}, 1, "");
    ASSERT_TRUE(page->next_cursor);
    EXPECT_EQ(store_->executions({.parent = execution_id(1)}, 1, *page->next_cursor)->items[0].id,
              execution_id(2));
}

TEST_P(WaitsConformance, WhatWaitsGoesWithItsExecutionAndNumbersAreGivenOnce) {
    commit(next_frame().insert(1).wait(1, What::signal, "paid", "hash-a"));
    const std::uint64_t number = waits().find("hash-a")->number;
    commit(next_frame().end_wait(1, State::answered).finish(1));
    ASSERT_TRUE(store_->retention().remove(execution_id(1)));
    EXPECT_THAT(waits().find("hash-a"), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(listed({}), IsEmpty());
    commit(next_frame().insert(2).wait(2, What::signal, "paid", "hash-b"));
    EXPECT_GT(waits().find("hash-b")->number, number);
}

TEST_P(WaitsConformance, AChildStaysUntilItsParentWasTold) {
    commit(next_frame().insert(1).child(2, 1));
    commit(next_frame().wait(1, What::child, execution_id(2).text()).finish(2));
    const std::vector<core::ExecutionId> ids{execution_id(2)};
    EXPECT_EQ(store_->retention().prune(ids)->executions, 0u);
    EXPECT_THAT(store_->retention().remove(execution_id(2)), FailsWith(StoreErrc::conflict));
    commit(next_frame().end_wait(1, State::answered));
    EXPECT_EQ(store_->retention().prune(ids)->executions, 1u);
}

TEST_P(WaitsConformance, AFailedFrameLeavesNoWait) {
    commit(next_frame().insert(1));
    const auto refused =
        store_->commit(next_frame().wait(1, What::signal, "paid").insert(1).build(), epoch_);
    EXPECT_THAT(refused, FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(listed({}), IsEmpty());
    // A frame with nothing else counts as one.
    commit(next_frame().wait(1, What::signal, "paid"));
    EXPECT_EQ(store_->reopen(epoch_)->frame, frame_);
    EXPECT_THAT(listed({}), ElementsAre(1));
}

TEST_P(TriggersConformance, FollowTheActiveVersion) {
    Library& library = store_->library();
    Triggers& triggers = store_->triggers();
    ASSERT_TRUE(library.put({"bills", "a", two_triggers}, core::Time{1}));
    EXPECT_THAT(triggers.active().value(), IsEmpty()) << "saved is not active";
    ASSERT_TRUE(library.set_active("bills", 1, core::Time{2}));
    const auto active = triggers.active();
    ASSERT_TRUE(active) << active.error().message();
    ASSERT_EQ(active->size(), 3u);
    EXPECT_EQ(active->at(0).workflow_id, "bills");
    EXPECT_EQ(active->at(0).node_id, "hook");
    EXPECT_EQ(active->at(0).data,
              core::Value::object({{"path", "orders"}, {"big", std::int64_t{9007199254740993}}}));
    EXPECT_EQ(active->at(1).type, "trigger.schedule");
    EXPECT_EQ(active->at(1).type_version, 2u);
    EXPECT_EQ(active->at(2).node_id, "hand");
    EXPECT_EQ(active->at(2).data, core::Value{});
    EXPECT_EQ(triggers.active("bills").value(), *active);
    EXPECT_THAT(triggers.active("other").value(), IsEmpty());
    constexpr const char* one = R"({"nodes":[{"id":"hand","type":"trigger.manual"}]})";
    ASSERT_TRUE(library.put({"bills", "b", one, WorkflowOrigin::put, {}, true}, core::Time{3}));
    EXPECT_EQ(triggers.active().value().size(), 1u);
    EXPECT_EQ(triggers.active().value()[0].version, 2u);
    ASSERT_TRUE(library.set_active("bills", std::nullopt, core::Time{4}));
    EXPECT_THAT(triggers.active().value(), IsEmpty());
}

TEST_P(TriggersConformance, GoWithWhatIsTakenOutAndComeInTheOrderOfWorkflows) {
    const std::vector<WorkflowPut> puts{{"b", "h", two_triggers, WorkflowOrigin::file, {}, true},
                                        {"a",
                                         "h",
                                         R"({"nodes":[{"id":"x","type":"trigger.form"}]})",
                                         WorkflowOrigin::file,
                                         {},
                                         true},
                                        {"c", "h", "no JSON", WorkflowOrigin::file, {}, true}};
    ASSERT_TRUE(store_->library().apply(puts, {}, core::Time{1}));
    const auto active = store_->triggers().active();
    ASSERT_EQ(active->size(), 4u);
    EXPECT_EQ(active->at(0).node_id, "x");
    EXPECT_EQ(active->at(3).node_id, "hand");
    const std::vector<std::string> gone{"b"};
    ASSERT_TRUE(store_->library().apply({}, gone, core::Time{2}));
    EXPECT_EQ(store_->triggers().active()->size(), 1u);
}

TEST_P(SchedulesConformance, AreKeptByNode) {
    ScheduleState state{"bills", "tick", "* * * * *", core::Time{5}, core::Time{9}, execution_id(3),
                        4,       2,      1,           core::Time{6}};
    ScheduleState other = state;
    other.node_id = "tock";
    other.last_due.reset();
    other.last_execution.reset();
    other.is_paused = true;
    other.waiting = {core::Time{-4}, core::Time{7}};
    const std::vector<ScheduleState> both{other, state};
    Schedules& schedules = store_->schedules();
    ASSERT_TRUE(schedules.put(both));
    EXPECT_THAT(schedules.list().value(), ElementsAre(state, other));
    state.started = 5;
    state.next_due.reset();
    ASSERT_TRUE(schedules.put({&state, 1}));
    EXPECT_EQ(schedules.find("bills", "tick").value(), state);
    EXPECT_THAT(schedules.find("bills", "x"), FailsWith(StoreErrc::not_found));
    ASSERT_TRUE(schedules.remove("bills", "tick"));
    EXPECT_THAT(schedules.list().value(), ElementsAre(other));
    ASSERT_TRUE(schedules.remove("bills", ""));
    EXPECT_THAT(schedules.list().value(), IsEmpty());
    ASSERT_TRUE(schedules.remove("bills", "tick"));
}

TEST_P(SchedulesConformance, CallsOfTriggersAreSummedUp) {
    TriggerCounts& counts = store_->trigger_counts();
    const std::vector<TriggerCount> some{{"bills", "hook", 3, 1, 1, 1, 70, core::Time{9}},
                                         {"alarms", "hook", 1, 1, 0, 0, 5, core::Time{2}}};
    ASSERT_TRUE(counts.add(some));
    const TriggerCount more{"bills", "hook", 2, 2, 0, 0, 30, core::Time{4}};
    ASSERT_TRUE(counts.add({&more, 1}));
    const TriggerCount sum{"bills", "hook", 5, 3, 1, 1, 100, core::Time{9}};
    EXPECT_THAT(counts.list(std::nullopt).value(), ElementsAre(some[1], sum));
    EXPECT_THAT(counts.list("bills").value(), ElementsAre(sum));
    EXPECT_THAT(counts.list("x").value(), IsEmpty());
}

TEST_P(SchedulesConformance, CursorsAreKeptByName) {
    Cursors& cursors = store_->cursors();
    EXPECT_EQ(cursors.get("events").value(), std::nullopt);
    ASSERT_TRUE(cursors.put("events", {7, 2}));
    ASSERT_TRUE(cursors.put("mails", {1, 0}));
    ASSERT_TRUE(cursors.put("events", {9, 1}));
    EXPECT_EQ(cursors.get("events").value(), (FeedPosition{9, 1}));
    EXPECT_EQ(cursors.get("mails").value(), (FeedPosition{1, 0}));
}

INSTANTIATE_TEST_SUITE_P(Stores, WaitsConformance, ::testing::ValuesIn(kinds()),
                         [](const auto& kind) { return kind.param.name; });
INSTANTIATE_TEST_SUITE_P(Stores, TriggersConformance, ::testing::ValuesIn(kinds()),
                         [](const auto& kind) { return kind.param.name; });
INSTANTIATE_TEST_SUITE_P(Stores, SchedulesConformance, ::testing::ValuesIn(kinds()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace millrace::store::conformance
