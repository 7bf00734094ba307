// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/execution_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "millrace/core/json.hpp"
#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using core::ExecutionStatus;
using core::NodeStatus;
using core::Value;
using ::testing::ElementsAre;

/// Feeds records to a view, one every 10 ms from 1,000 on, and keeps the events.
class ViewTest {
public:
    explicit ViewTest(const PlanBuilder& builder) : plan{builder.plan()}, view{id(), plan} {
        tell(ExecutionCreated{.workflow_id = "test",
                              .workflow_hash = "hash",
                              .trigger = index_of(*plan, "start"),
                              .input = json(R"({"a": 1})"),
                              .trigger_data = json(R"({"a": 1})"),
                              .variables = json("{}")});
        tell(ExecutionStarted{});
        run("start", {{core::PortIndex{0}, json(R"({"a": 1})")}});
    }

    static core::ExecutionId id() { return {core::Uuid::v7({1}, 2, 3)}; }
    RunKey key(std::string_view node) const { return {0, index_of(*plan, node), 0}; }
    const NodeView& node(std::string_view name) const {
        return view.nodes()[index_of(*plan, name).value];
    }

    void tell(RecordBody body) {
        const core::Time at{1'000 + 10 * static_cast<std::int64_t>(seq_)};
        const auto event = view.feed({++seq_, at, Origin::derived, std::move(body)});
        if (event) events.push_back(*event);
    }

    /// A pure run from start to end.
    void run(std::string_view name, std::vector<PortValue> outputs) {
        tell(AttemptStarted{key(name), 1});
        tell(RunCompleted{key(name), CompletedBy::outputs, std::move(outputs)});
    }

    /// `type node` of each event so far.
    std::vector<std::string> told() const {
        std::vector<std::string> texts;
        for (const core::Event& event : events) {
            texts.emplace_back(core::to_text(event.type));
            if (!event.node_id.empty()) texts.back() += " " + event.node_id;
        }
        return texts;
    }

    std::shared_ptr<const Plan> plan;
    ExecutionView view;
    std::vector<core::Event> events;

private:
    std::uint64_t seq_ = 0;
};

core::Failure timeout() {
    core::Failure failure;
    failure.code = "timeout";
    failure.error_class = core::ErrorClass::timeout;
    failure.message = "took too long";
    failure.node_id = "call";
    failure.attempt = 1;
    return failure;
}

PlanBuilder calling() {
    PlanBuilder builder;
    builder.node("start", "trigger.manual")
        .node("after", "test.pass")
        .node("call", "test.effect")
        .connect("start -> call -> after");
    return builder;
}

std::vector<PortValue> out(Value value) {
    return {{core::PortIndex{0}, std::move(value)}};
}

TEST(ExecutionView, TellsAWholeRunInOrder) {
    ViewTest t{calling()};
    t.tell(AttemptStarted{t.key("call"), 1});
    t.tell(AttemptSucceeded{t.key("call"), 1, out("done"), "worker", {}});
    t.tell(RunCompleted{t.key("call"), CompletedBy::attempt, {}});
    t.run("after", out("done"));
    t.tell(ExecutionCompleted{"done"});
    EXPECT_THAT(t.told(),
                ElementsAre("execution.created", "execution.started", "node.started start",
                            "node.completed start", "node.started call", "node.completed call",
                            "node.started after", "node.completed after", "execution.completed"));
    for (std::size_t i = 0; i < t.events.size(); ++i)
        EXPECT_EQ(t.events[i].seq, i + 1);
    EXPECT_EQ(t.events[5].data, json(R"({"outputs": {"out": "done"}, "duration_ms": 20})"));
    EXPECT_EQ(t.events[5].time, core::Time{1'060});
    EXPECT_EQ(t.view.status(), ExecutionStatus::completed);
    EXPECT_EQ(t.node("after").input, Value{"done"});
    EXPECT_EQ(t.node("after").execution_order, 3u);
    EXPECT_EQ(t.node("call").attempts[0].executor, "worker");
}

TEST(ExecutionView, CountsAttemptsAndTheWaitsBetweenThem) {
    ViewTest t{calling()};
    t.tell(AttemptStarted{t.key("call"), 1});
    t.tell(AttemptFailed{t.key("call"), 1, timeout(), "worker"});
    t.tell(RetryScheduled{t.key("call"), 2, core::Time{5'000}, 200});
    EXPECT_EQ(t.node("call").status, NodeStatus::waiting);
    t.tell(ExecutionWaiting{});
    EXPECT_EQ(t.view.status(), ExecutionStatus::waiting);
    t.tell(TimerFired{t.key("call"), TimerPurpose::retry, 2, core::Time{5'000}});
    EXPECT_EQ(t.view.status(), ExecutionStatus::running);
    t.tell(AttemptStarted{t.key("call"), 2});
    const NodeView& call = t.node("call");
    ASSERT_EQ(call.attempts.size(), 2u);
    EXPECT_EQ(call.attempts[0].status, AttemptStatus::failed);
    EXPECT_EQ(call.attempts[0].error, timeout());
    EXPECT_EQ(call.attempts[1].backoff_ms, 200);
    EXPECT_EQ(call.attempts[1].status, AttemptStatus::running);
    const core::Event& retrying = t.events[t.events.size() - 3];
    EXPECT_EQ(retrying.type, core::EventType::node_retrying);
    EXPECT_EQ(retrying.attempt, 1u);
    EXPECT_EQ(*retrying.data.find("next_attempt"), Value{2});
    EXPECT_EQ(*retrying.data.find("due"), Value{"1970-01-01T00:00:05.000Z"});
    EXPECT_EQ(*retrying.data.find("error"), timeout().to_value());
    EXPECT_EQ(t.events.back().attempt, 2u);
}

TEST(ExecutionView, ForgetsTheErrorOfANodeThatSucceedsInTheEnd) {
    ViewTest t{calling()};
    t.tell(AttemptStarted{t.key("call"), 1});
    t.tell(AttemptFailed{t.key("call"), 1, timeout(), ""});
    t.tell(RunCompleted{t.key("call"), CompletedBy::default_value, out(0)});
    EXPECT_EQ(t.node("call").status, NodeStatus::completed);
    EXPECT_EQ(t.node("call").recovered_by, "default");
    EXPECT_EQ(t.node("call").error, std::nullopt);
    EXPECT_EQ(*t.events.back().data.find("recovered_by"), Value{"default"});
}

TEST(ExecutionView, GivesTheErrorPortTheErrorAndTheInput) {
    PlanBuilder builder = calling();
    ViewTest t{builder.node("mend", "test.pass").connect("call.error -> mend")};
    t.tell(AttemptStarted{t.key("call"), 1});
    t.tell(AttemptFailed{t.key("call"), 1, timeout(), ""});
    t.tell(RunFailed{t.key("call"), FailedThen::error_port, timeout()});
    EXPECT_EQ(t.node("call").status, NodeStatus::failed);
    EXPECT_EQ(*t.events.back().data.find("then"), Value{"error_port"});
    t.tell(RunSkipped{t.key("after")});
    t.tell(AttemptStarted{t.key("mend"), 1});
    EXPECT_EQ(*t.node("mend").input.find("input"), json(R"({"a": 1})"));
    EXPECT_EQ(*t.node("mend").input.find("error"), timeout().to_value());
    EXPECT_EQ(t.node("after").status, NodeStatus::skipped);
}

TEST(ExecutionView, ShowsANodeWaitingForItsFallback) {
    PlanBuilder builder = calling();
    ViewTest t{builder.fallback("spare").node("spare", "test.pass")};
    t.tell(AttemptStarted{t.key("call"), 1});
    t.tell(AttemptFailed{t.key("call"), 1, timeout(), ""});
    t.tell(RunFailed{t.key("call"), FailedThen::fallback, timeout()});
    EXPECT_EQ(t.node("call").status, NodeStatus::waiting);
    EXPECT_EQ(t.events.back().type, core::EventType::node_waiting);
    EXPECT_EQ(*t.events.back().data.find("fallback"), Value{"spare"});
    t.run("spare", out("spared"));
    EXPECT_EQ(t.node("spare").input, json(R"({"a": 1})"));
    t.tell(RunCompleted{t.key("call"), CompletedBy::fallback, out("spared")});
    EXPECT_EQ(t.node("call").recovered_by, "spare");
    t.run("after", out("spared"));
    EXPECT_EQ(t.node("after").input, Value{"spared"});
}

TEST(ExecutionView, ShowsWhatADelayAnnounced) {
    PlanBuilder builder;
    ViewTest t{builder.node("start", "trigger.manual")
                   .node("wait", "test.delay")
                   .connect("start -> wait")};
    t.tell(AttemptStarted{t.key("wait"), 1});
    t.tell(RunWaiting{t.key("wait"), core::Time{9'000}, out("later")});
    EXPECT_EQ(t.node("wait").status, NodeStatus::waiting);
    EXPECT_EQ(t.events.back().data, json(R"({"due": "1970-01-01T00:00:09.000Z"})"));
    EXPECT_TRUE(t.node("wait").outputs.empty());
    t.tell(RunCompleted{t.key("wait"), CompletedBy::wait, {}});
    EXPECT_EQ(t.node("wait").outputs, out("later"));
    EXPECT_EQ(t.node("wait").attempts[0].status, AttemptStatus::completed);
}

TEST(ExecutionView, TakesTheInputFromWhatConnectionsDelivered) {
    PlanBuilder builder;
    ViewTest t{builder.node("start", "trigger.manual")
                   .node("merge", "test.merge")
                   .node("a", "test.pass")
                   .node("b", "test.pass")
                   .connect("start -> merge")
                   .connect("start -> a")
                   .connect("a -> merge")
                   .filter("value")
                   .connect("start -> b -> merge")
                   .transform("1")};
    t.tell(LinkSettled{core::ConnectionIndex{2}, LinkOutcome::dead, {}});
    t.tell(LinkSettled{core::ConnectionIndex{4}, LinkOutcome::value, 1});
    t.tell(AttemptStarted{t.key("merge"), 1});
    EXPECT_EQ(t.node("merge").input, json(R"([{"a": 1}, 1])"));
}

TEST(ExecutionView, ClosesTheAttemptThatACancelCutsOff) {
    ViewTest t{calling()};
    t.tell(AttemptStarted{t.key("call"), 1});
    t.tell(CancelRequested{"enough", core::Time{2'000}});
    t.tell(RunCanceled{t.key("call")});
    t.tell(ExecutionCanceled{"enough"});
    EXPECT_EQ(t.node("call").attempts[0].status, AttemptStatus::canceled);
    EXPECT_EQ(t.view.status(), ExecutionStatus::canceled);
    EXPECT_EQ(t.events.back().data, json(R"({"reason": "enough"})"));
}

TEST(ExecutionView, CountsReissuesWithoutAnEvent) {
    ViewTest t{calling()};
    t.tell(AttemptStarted{t.key("call"), 1});
    const std::size_t before = t.events.size();
    t.tell(Recovered{});
    t.tell(AttemptReissued{t.key("call"), 1, 2});
    EXPECT_EQ(t.events.size(), before);
    EXPECT_EQ(t.node("call").attempts[0].reissued, 2u);
    EXPECT_EQ(t.node("call").attempts.size(), 1u);
}

TEST(ExecutionView, PassesOnWhatANodeSays) {
    ViewTest t{calling()};
    t.tell(RunNoted{t.key("call"), json(R"({"level": "info"})")});
    EXPECT_EQ(t.told().back(), "node.event call");
    EXPECT_EQ(t.events.back().data, json(R"({"level": "info"})"));
}

TEST(ExecutionView, IgnoresRunsThatThePlanDoesNotHave) {
    ViewTest t{calling()};
    const std::size_t before = t.events.size();
    t.tell(AttemptStarted{{0, core::NodeIndex{99}, 0}, 1});
    t.tell(RunCompleted{{7, core::NodeIndex{0}, 0}, CompletedBy::outputs, {}});
    t.tell(LinkSettled{core::ConnectionIndex{99}, LinkOutcome::value, 1});
    EXPECT_EQ(t.events.size(), before);
}

TEST(ExecutionView, ShowsExactlyTheFieldsOfTheApi) {
    PlanBuilder builder;
    ViewTest t{builder.node("start", "trigger.manual")};
    t.tell(ExecutionCompleted{json(R"({"start": 1})")});
    EXPECT_EQ(t.view.to_value(), json(R"({
        "id": "00000000-0001-7002-8000-000000000003", "workflow_id": "test",
        "workflow_version": 1, "status": "completed",
        "trigger": {"node": "start", "type": "trigger.manual", "at": "1970-01-01T00:00:01.000Z",
                    "data": {"a": 1}},
        "inputs": {"a": 1}, "variables": {}, "outputs": {"start": 1}, "error": null,
        "labels": {}, "created_at": "1970-01-01T00:00:01.000Z",
        "started_at": "1970-01-01T00:00:01.010Z", "completed_at": "1970-01-01T00:00:01.040Z",
        "parent_id": null, "trace_id": "00000000000170028000000000000003",
        "nodes": {"start": {"status": "completed", "input": null, "outputs": {"out": {"a": 1}},
            "error": null, "attempts": [{"number": 1, "status": "completed",
                "started_at": "1970-01-01T00:00:01.020Z",
                "completed_at": "1970-01-01T00:00:01.030Z", "executor": null}],
            "started_at": "1970-01-01T00:00:01.020Z", "completed_at": "1970-01-01T00:00:01.030Z",
            "duration_ms": 10, "retry_count": 0, "execution_order": 1}},
        "metrics": {"nodes_total": 1, "nodes_completed": 1, "nodes_failed": 0,
            "nodes_skipped": 0, "nodes_canceled": 0, "attempts": 1, "retries": 0,
            "duration_ms": 30}})"))
        << core::to_pretty_json(t.view.to_value());
    std::string text;
    t.view.append_json(text);
    EXPECT_EQ(text, core::to_json(t.view.to_value()));
}

TEST(ExecutionView, ShowsWhatFailed) {
    ViewTest t{calling()};
    t.tell(AttemptStarted{t.key("call"), 1});
    t.tell(AttemptFailed{t.key("call"), 1, timeout(), ""});
    t.tell(RunFailed{t.key("call"), FailedThen::stop, timeout()});
    t.tell(ExecutionFailed{timeout()});
    EXPECT_EQ(t.view.error(), timeout());
    const Value value = t.view.to_value();
    std::string text;
    t.view.append_json(text);
    EXPECT_EQ(text, core::to_json(value));
    EXPECT_EQ(*value.find("error"), timeout().to_value());
    EXPECT_EQ(*value.find("nodes")->find("call")->find("error"), timeout().to_value());
    EXPECT_EQ(*value.find("nodes")->find("after")->find("status"), Value{"pending"});
    EXPECT_EQ(t.events.back().data, Value::object({{"error", timeout().to_value()}}));
}

}  // namespace
}  // namespace millrace::engine
