// SPDX-License-Identifier: Apache-2.0
#include "subworkflows/subworkflows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "millrace/store/testing/faulty_store.hpp"
#include "millrace/store/testing/temp_folder.hpp"
#include "millrace/store/waits.hpp"
#include "subworkflows/child_calls.hpp"
#include "testing/runtime_fixture.hpp"

// Executions that start others, through threads and the store.

namespace millrace::runtime {
namespace {

using core::ExecutionStatus;
using core::Value;
using store::testing::FaultyStore;
using store::testing::StoreFault;
using store::testing::TempFolder;

using ::testing::HasSubstr;

using ::testing::SizeIs;

class SubworkflowsTest : public testing::RuntimeFixture {
protected:
    /// start -> call, which runs the workflow `child` with what arrives.
    static core::Document parent(std::string_view data = "{}") {
        return engine::PlanBuilder{"parent"}
            .node("start", "trigger.manual")
            .node("call", "test.child", data)
            .connect("start -> call")
            .document();
    }
    static core::Document child(std::string_view function) {
        return engine::PlanBuilder{"child"}
            .node("start", "trigger.manual")
            .node("work", "test.effect", R"({"function":")" + std::string{function} + R"("})")
            .connect("start -> work")
            .document();
    }
    std::vector<engine::ExecutionRow> children_of(core::ExecutionId id) {
        const auto page = runtime->store().executions({.parent = id}, 100, "");
        EXPECT_TRUE(page) << page.error().message();
        return page->items;
    }
    core::Failure failure_of(core::ExecutionId id) {
        EXPECT_EQ(end_of(id), ExecutionStatus::failed);
        const auto view = runtime->view(id);
        return view && view->error() ? *view->error() : core::Failure{};
    }
    void await_parked(core::ExecutionId id) {
        while (runtime->store().execution(id)->status != ExecutionStatus::waiting)
            std::this_thread::yield();
        // Memory follows the store.
        const auto is_live = [&] {
            const auto live = runtime->live();
            return std::ranges::find(live, id) != live.end();
        };
        while (is_live())
            std::this_thread::yield();
    }

    TempFolder folder;
};

TEST_F(SubworkflowsTest, GiveTheirOutputsToTheRunThatStartedThem) {
    start();
    save(child("count"));
    const core::ExecutionId id = execute(save(parent()), 7);
    ASSERT_EQ(end_of(id), ExecutionStatus::completed);
    const auto view = runtime->view(id);
    EXPECT_EQ(*view->outputs().find("call"), Value::object({{"work", 7}}));
    ASSERT_THAT(children_of(id), SizeIs(1));
    const engine::ExecutionRow row = children_of(id)[0];
    EXPECT_EQ(row.workflow_id, "child");
    EXPECT_EQ(row.status, ExecutionStatus::completed);
    EXPECT_EQ(core::partition_of(row.id), core::partition_of(id));
    EXPECT_EQ(runtime->view(row.id)->parent_id(), id.text());
    EXPECT_EQ(runtime->view(row.id)->parent_path(), "call");
    const auto waits = runtime->store().waits().list({.id = id}, 10, "");
    for (const store::Wait& wait : waits->items) {
        EXPECT_EQ(wait.name, row.id.text());
        EXPECT_EQ(wait.state, store::WaitState::answered);
    }
}

TEST_F(SubworkflowsTest, LeaveTheirParentParkedUntilTheyEnd) {
    start(sqlite(folder.path() / "data"));
    save(child("gated"));
    const core::ExecutionId id = execute(save(parent()), 7);
    entered.wait_for(1);
    await_parked(id);
    EXPECT_THAT(runtime->live(), SizeIs(1)) << "the child only";
    gate->open();
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
}

TEST_F(SubworkflowsTest, TellWhyTheyFailed) {
    start();
    save(child("missing"));
    const core::ExecutionId id = execute(save(parent()));
    const core::Failure failure = failure_of(id);
    EXPECT_EQ(failure.code, "child_failed");
    EXPECT_EQ(failure.error_class, core::ErrorClass::validation);
    EXPECT_EQ(failure.details.find("execution_id")->as_string(), children_of(id)[0].id.text());
    ASSERT_NE(failure.cause, nullptr);
    EXPECT_EQ(failure.cause->code, "unknown_function");
}

TEST_F(SubworkflowsTest, NeedNotBeWaitedFor) {
    start();
    save(child("gated"));
    const core::ExecutionId id = execute(save(parent(R"({"waits":false})")));
    ASSERT_EQ(end_of(id), ExecutionStatus::completed);
    const core::ExecutionId child_id = children_of(id)[0].id;
    EXPECT_EQ(*runtime->view(id)->outputs().find("call"),
              Value::object({{"execution_id", child_id.text()}}));
    gate->open();
    EXPECT_EQ(end_of(child_id), ExecutionStatus::completed);
}

TEST_F(SubworkflowsTest, AreCanceledWithTheirParentUnlessItAbandonsThem) {
    for (const bool abandons : {false, true}) {
        gate = std::make_shared<testing::Gate>();
        start();
        save(child("gated"));
        const std::size_t before = entered.size();
        const core::ExecutionId id =
            execute(save(parent(abandons ? R"({"abandons":true})" : "{}")));
        entered.wait_for(before + 1);
        const core::ExecutionId child_id = children_of(id)[0].id;
        await_parked(id);
        ASSERT_TRUE(runtime->cancel(id, "enough"));
        EXPECT_EQ(end_of(id), ExecutionStatus::canceled);
        gate->open();
        EXPECT_EQ(end_of(child_id),
                  abandons ? ExecutionStatus::completed : ExecutionStatus::canceled);
    }
}

TEST(Subworkflows, ReadTheStoreForEndedChildrenOnly) {
    const auto store = store::open_memory_store();
    PlanCache plans{*store, nullptr};
    const auto log = make_silent_log();
    std::size_t looks = 0;
    Subworkflows subworkflows{
        {*store, plans, *log, {}, {}, [&](core::Duration, const auto&) { ++looks; }}};
    engine::Frame frame;
    engine::WaitRow row;
    row.state = engine::WaitRow::State::ended;
    frame.waits.assign(1'000, row);
    subworkflows.settle(frame);
    EXPECT_EQ(looks, 0u);
    row.what = engine::WaitRow::What::child;
    frame.waits.assign(1, row);
    subworkflows.settle(frame);
    EXPECT_EQ(looks, 1u);
}

TEST_F(SubworkflowsTest, ThatAreCanceledFailTheRun) {
    start();
    save(child("gated"));
    const core::ExecutionId id = execute(save(parent()));
    entered.wait_for(1);
    ASSERT_TRUE(runtime->cancel(children_of(id)[0].id, "not that"));
    const core::Failure failure = failure_of(id);
    EXPECT_EQ(failure.code, "child_canceled");
    EXPECT_EQ(failure.error_class, core::ErrorClass::canceled);
}

TEST_F(SubworkflowsTest, AreStartedAnewByEachAttempt) {
    start();
    save(child("missing"));
    core::Document document = parent();
    core::RetryPolicy retry;
    retry.max_attempts = 3;
    retry.delay = core::Duration{1};
    retry.retry_on = {"child_failed"};
    document.nodes.back().retry = retry;
    const core::ExecutionId id = execute(save(document));
    EXPECT_EQ(failure_of(id).attempt, 3u);
    EXPECT_THAT(children_of(id), SizeIs(3));
}

TEST_F(SubworkflowsTest, AreCanceledWhenTheirRunHasNoTimeLeft) {
    start();
    save(child("gated"));
    core::Document document = parent();
    document.nodes.back().timeout = core::Duration{50};
    const core::ExecutionId id = execute(save(document));
    EXPECT_EQ(failure_of(id).code, "timeout");
    EXPECT_EQ(end_of(children_of(id)[0].id), ExecutionStatus::canceled);
}

TEST_F(SubworkflowsTest, ThatCannotStartAreToldWithARemedy) {
    start();
    const core::ExecutionId id = execute(save(parent()));
    const core::Failure failure = failure_of(id);
    EXPECT_EQ(failure.code, "unknown_workflow");
    EXPECT_THAT(failure.message, HasSubstr("there is no workflow child; save it in this store"));
}

TEST_F(SubworkflowsTest, MayCallThemselvesUntilTheyAreTooDeep) {
    start();
    const core::ExecutionId id = execute(save(parent(R"({"workflow":"parent"})")));
    core::Failure failure = failure_of(id);
    std::size_t depth = 0;
    for (; failure.cause; ++depth)
        failure = core::Failure{*failure.cause};
    EXPECT_EQ(failure.code, "too_deep");
    EXPECT_EQ(failure.error_class, core::ErrorClass::limit);
    EXPECT_EQ(depth, subworkflow_depth_max);
}

TEST_F(SubworkflowsTest, GoOnAfterARestartForTheirParentsSake) {
    start(sqlite(folder.path() / "data"));
    save(child("gated"));
    const core::ExecutionId id = execute(save(parent()));
    entered.wait_for(1);
    await_parked(id);
    gate->open();
    runtime.reset();
    gate = std::make_shared<testing::Gate>();
    gate->open();
    start(sqlite(folder.path() / "data"));
    ASSERT_TRUE(runtime->recover("parent"));
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    EXPECT_THAT(children_of(id), SizeIs(1));
}

TEST_F(SubworkflowsTest, TellTheirEndAgainWhenItWasLost) {
    {
        auto store = std::make_unique<FaultyStore>(sqlite(folder.path() / "data"));
        // The parent never hears of it.
        store->refuse([](const engine::Frame& frame) {
            return std::ranges::any_of(frame.waits, [](const engine::WaitRow& row) {
                return row.state == engine::WaitRow::State::answered;
            });
        });
        start(std::move(store));
        save(child("gated"));
        const core::ExecutionId id = execute(save(parent()));
        entered.wait_for(1);
        await_parked(id);
        const core::ExecutionId child_id = children_of(id)[0].id;
        gate->open();
        EXPECT_EQ(end_of(child_id), ExecutionStatus::completed);
        runtime.reset();
    }
    start(sqlite(folder.path() / "data"));
    const auto page = runtime->store().executions({.workflow_id = "parent"}, 1, "");
    const core::ExecutionId id = page->items.at(0).id;
    ASSERT_FALSE(is_terminal(page->items[0].status));
    ASSERT_TRUE(runtime->recover());
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    EXPECT_THAT(children_of(id), SizeIs(1));
}

TEST_F(SubworkflowsTest, AreStartedOnceWhateverCommitFails) {
    for (const StoreFault fault : {StoreFault::unknown_lost, StoreFault::unknown_committed}) {
        for (std::uint64_t nth = 2; nth <= 6; ++nth) {
            SCOPED_TRACE(std::to_string(nth));
            calls = 0;
            auto commits = std::make_shared<std::atomic<std::uint64_t>>(0);
            start(std::make_unique<FaultyStore>(
                store::open_memory_store(),
                [commits, nth, fault](FaultyStore::Call call, std::uint64_t) {
                    if (call != FaultyStore::Call::commit) return StoreFault::none;
                    return ++*commits == nth ? fault : StoreFault::none;
                }));
            save(child("echo"));
            const core::ExecutionId id = execute(save(parent()), 7);
            EXPECT_EQ(end_of(id), ExecutionStatus::completed);
            EXPECT_THAT(children_of(id), SizeIs(1));
            EXPECT_EQ(*runtime->view(id)->outputs().find("call"), Value::object({{"work", 7}}));
        }
    }
}

}  // namespace
}  // namespace millrace::runtime
