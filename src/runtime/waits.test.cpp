// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "millrace/store/testing/temp_folder.hpp"
#include "millrace/store/waits.hpp"
#include "testing/runtime_fixture.hpp"

// Answers from outside, through threads and the store.

namespace millrace::runtime {
namespace {

using core::ExecutionStatus;
using core::Value;
using store::testing::TempFolder;
using ::testing::ElementsAre;

class WaitsTest : public testing::RuntimeFixture {
protected:
    void start_process() {
        RuntimeOptions options;
        options.links.public_url = "http://127.0.0.1:1";
        options.links.key_file = folder.path() / "link-key";
        start(sqlite(folder.path() / "data"), std::move(options));
    }
    static core::Document asking(std::string_view data) {
        return engine::PlanBuilder{"asking"}
            .node("start", "trigger.manual")
            .node("wait", "test.wait", data)
            .node("call", "test.effect", R"({"function": "count"})")
            .connect("start -> wait -> call")
            .document();
    }
    /// An execution that has left memory.
    core::ExecutionId parked(const std::shared_ptr<const engine::Plan>& plan) {
        const core::ExecutionId id = execute(plan);
        while (!runtime->live().empty())
            std::this_thread::yield();
        return id;
    }

    TempFolder folder;
};

TEST_F(WaitsTest, ASignalFindsAParkedExecution) {
    start_process();
    const core::ExecutionId id = parked(save(asking(R"({"signal": "paid"})")));
    ASSERT_TRUE(runtime->signal(id, "paid", 7));
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(runtime->signal(id, "paid", 8).error().is(engine::CommandErrc::already_finished));
    EXPECT_TRUE(runtime->signal({}, "paid", 8).error().is(engine::CommandErrc::not_found));
}

TEST_F(WaitsTest, ALinkLeadsToItsRunAfterARestart) {
    start_process();
    const core::ExecutionId id = parked(save(asking(R"({"details": {"title": "Pay?"}})")));
    const engine::RunKey run{0, {1}, 0};
    const std::string token = runtime->links().token(id, run).value();
    runtime.reset();
    start_process();
    ASSERT_TRUE(runtime->recover());
    const auto found = runtime->store().waits().find(Links::hash(token));
    ASSERT_TRUE(found.has_value()) << found.error().message();
    EXPECT_EQ(found->id, id);
    EXPECT_EQ(found->run, run);
    EXPECT_EQ(found->details, engine::json(R"({"title": "Pay?"})"));
    ASSERT_TRUE(runtime->answer_wait(id, run, "yes"));
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    EXPECT_FALSE(runtime->answer_wait(id, run, "no"));
    const auto closed = runtime->store().waits().find(Links::hash(token));
    ASSERT_TRUE(closed.has_value());
    EXPECT_EQ(closed->answer, Value{"yes"});
}

TEST_F(WaitsTest, ACallerIsAnsweredBeforeTheEnd) {
    start();
    const auto plan = save(engine::PlanBuilder{"answering"}
                               .node("start", "trigger.manual")
                               .node("answer", "test.respond")
                               .node("rest", "test.effect", R"({"function": "gated"})")
                               .connect("start -> answer -> rest")
                               .document());
    testing::Harvest<std::string> told;
    runtime->execute_to_response(
        {.plan = plan, .input = 5},
        [&](core::Result<core::ExecutionId> id) { told.add(id ? "accepted" : "refused"); },
        [&](core::ExecutionId, const Value& value) {
            told.add(value == engine::json(R"({"body": 5})") ? "responded" : "garbled");
            gate->open();
        },
        [&](core::ExecutionId, core::Result<EndedExecution> end) {
            told.add(end && end->status == ExecutionStatus::completed ? "ended" : "failed");
        });
    EXPECT_THAT(told.wait_for(3), ElementsAre("accepted", "responded", "ended"));
}

}  // namespace
}  // namespace millrace::runtime
