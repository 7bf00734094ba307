// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "testing/runtime_fixture.hpp"

// Callers who wait for what they have started, and those who give up.

namespace millrace::runtime {
namespace {

using core::ExecutionStatus;
using core::Value;
using ::testing::ElementsAre;

class StartWaits : public testing::RuntimeFixture {
protected:
    using Told = testing::Harvest<std::string>;

    /// What the callbacks of one caller hold, and tell.
    struct Caller {
        std::shared_ptr<Told> told = std::make_shared<Told>();
        core::ExecutionId id;
        std::shared_ptr<Waiting> waiting;

        Runtime::Accepted accepted() {
            return [this, t = told](core::Result<core::ExecutionId> given) {
                if (given) id = *given;
                t->add(given ? "accepted" : std::string{given.error().code()});
            };
        }
        Runtime::Responded responded() const {
            return [t = told](core::ExecutionId, const Value&) { t->add("responded"); };
        }
        Runtime::Ended ended() const {
            return [t = told](core::ExecutionId, const core::Result<EndedExecution>& end) {
                t->add(end ? std::string{to_text(end->status)} + " " +
                                 (end->view() ? "with all" : "garbled")
                           : std::string{end.error().code()});
            };
        }
    };

    void SetUp() override { start(); }

    static core::Document waiting_after(std::string_view first, std::string_view second) {
        const auto data = [](std::string_view type) {
            return type == "test.wait" ? R"({"signal": "go"})" : "{}";
        };
        return engine::PlanBuilder{"flow"}
            .node("start", "trigger.manual")
            .node("a", first, data(first))
            .node("b", second, data(second))
            .connect("start -> a -> b")
            .document();
    }
    void begin(Caller& caller, const core::Document& document, StartRequest request = {}) {
        request.plan = save(document);
        request.input = std::string(1'000, 'x');
        caller.waiting = runtime->execute_to_response(request, caller.accepted(),
                                                      caller.responded(), caller.ended());
        caller.told->wait_for(1);
    }
    /// Whether the runtime lets go of what the callbacks hold.
    static bool is_let_go(const Caller& caller) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (caller.told.use_count() > 1 && std::chrono::steady_clock::now() < until)
            std::this_thread::yield();
        return caller.told.use_count() == 1;
    }
    void go_on(core::ExecutionId id) {
        ASSERT_TRUE(runtime->signal(id, "go", 7));
        EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    }
};

TEST_F(StartWaits, WhoeverHasTheResponseNeedNotWaitForTheEnd) {
    Caller caller;
    begin(caller, waiting_after("test.respond", "test.wait"));
    EXPECT_THAT(caller.told->wait_for(2), ElementsAre("accepted", "responded"));
    EXPECT_GT(caller.told.use_count(), 1) << "the end would be told";
    caller.waiting->give_up();
    EXPECT_TRUE(is_let_go(caller));
    go_on(caller.id);
    EXPECT_EQ(caller.told->size(), 2u);
    caller.waiting->give_up();
}

TEST_F(StartWaits, WhoeverGivesUpIsNotToldOfAResponse) {
    Caller caller;
    begin(caller, waiting_after("test.wait", "test.respond"));
    caller.waiting->give_up();
    EXPECT_TRUE(is_let_go(caller));
    go_on(caller.id);
    EXPECT_THAT(caller.told->wait_for(1), ElementsAre("accepted"));
}

TEST_F(StartWaits, GivingUpConcernsNobodyElse) {
    StartRequest request;
    request.id.emplace().uuid.bytes[0] = 1;
    const core::Document document = waiting_after("test.wait", "test.respond");
    Caller first;
    Caller second;
    begin(first, document, request);
    begin(second, document, request);
    first.waiting->give_up();
    EXPECT_TRUE(is_let_go(first));
    go_on(first.id);
    EXPECT_THAT(second.told->wait_for(3),
                ElementsAre("accepted", "responded", "completed with all"));
    EXPECT_TRUE(is_let_go(second));
}

TEST_F(StartWaits, TheEndOfWhatHasLeftMemoryIsToldWithAll) {
    Caller caller;
    begin(caller, waiting_after("test.wait", "test.pass"));
    go_on(caller.id);
    EXPECT_THAT(caller.told->wait_for(2), ElementsAre("accepted", "completed with all"));
    EXPECT_TRUE(is_let_go(caller));
}

TEST_F(StartWaits, OneThatAnswersAndEndsAtOnceIsToldBoth) {
    Caller caller;
    begin(caller, waiting_after("test.respond", "test.pass"));
    EXPECT_THAT(caller.told->wait_for(3),
                ElementsAre("accepted", "responded", "completed with all"));
    EXPECT_TRUE(is_let_go(caller));
}

TEST_F(StartWaits, MayBeGivenUpWhenTheRuntimeHasGone) {
    Caller caller;
    begin(caller, waiting_after("test.wait", "test.pass"));
    runtime.reset();
    EXPECT_THAT(caller.told->wait_for(2), ElementsAre("accepted", "stopped"));
    caller.waiting->give_up();
    EXPECT_EQ(caller.told.use_count(), 1);
}

}  // namespace
}  // namespace millrace::runtime
