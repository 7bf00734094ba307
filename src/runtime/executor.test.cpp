// SPDX-License-Identifier: Apache-2.0
#include "executor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "testing/harvest.hpp"
#include "testing/http_server.hpp"

namespace millrace::runtime {
namespace {

using engine::Completion;
using testing::Gate;
using testing::Harvest;

engine::Effect effect(std::uint32_t node, engine::EffectRequest request) {
    engine::Effect made;
    made.run.node = {node};
    made.idempotency_key = "key";
    made.request = std::move(request);
    made.node_id = "node";
    return made;
}

engine::Effect call(std::uint32_t node, std::string function, core::Value input = {}) {
    return effect(node, engine::FunctionCall{std::move(function), std::move(input)});
}

const core::Value& value_of(const Completion& completion) {
    return std::get<std::vector<engine::PortValue>>(completion.outcome).at(0).value;
}
const core::Failure& failure_of(const Completion& completion) {
    return std::get<core::Failure>(completion.outcome);
}

/// Gives the answer's status and body.
class StatusAndBody final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall&) const override { return engine::Emit{}; }
    std::expected<core::Value, core::Failure> finish(
        const engine::HttpCall&, const engine::HttpAnswer& answer) const override {
        if (answer.body == "throw") throw std::runtime_error{"no such luck"};
        return core::Value::object({{"status", answer.status}, {"size", int(answer.body.size())}});
    }
};

class ExecutorTest : public ::testing::Test {
protected:
    ExecutorTest() {
        functions.add("echo", [](const core::Value& input, const FunctionContext&) {
            return std::expected<core::Value, core::Failure>{input};
        });
        functions.add("gated", [this](const core::Value& input, const FunctionContext&) {
            started.add(1);
            gate.wait();
            return std::expected<core::Value, core::Failure>{input};
        });
        // Returns when it is asked to, and not before.
        functions.add(
            "patient",
            [this](const core::Value&,
                   const FunctionContext& context) -> std::expected<core::Value, core::Failure> {
                Gate stopped;
                const std::stop_callback on_stop{context.stop, [&] { stopped.open(); }};
                started.add(1);
                stopped.wait();
                core::Failure failure;
                failure.code = "interrupted";
                return std::unexpected{failure};
            });
    }
    std::unique_ptr<Executor> make(ExecutorOptions options = {}) {
        return std::make_unique<Executor>(
            options, functions, [this](std::span<Completion> done) { completed.add_all(done); });
    }
    static std::vector<engine::Effect> list(engine::Effect one) {
        std::vector<engine::Effect> effects;
        effects.push_back(std::move(one));
        return effects;
    }

    Functions functions;
    Gate gate;
    Harvest<int> started;
    Harvest<Completion> completed;
};

TEST_F(ExecutorTest, CallsAFunctionAndNamesWhereItRan) {
    auto executor = make();
    executor->perform(list(call(3, "echo", "hello")));
    const Completion done = completed.wait_for(1).front();
    EXPECT_EQ(value_of(done), core::Value{"hello"});
    EXPECT_EQ(done.run.node.value, 3u);
    EXPECT_EQ(done.executor, "local");
}

TEST_F(ExecutorTest, FailsACallOfAnUnknownFunction) {
    auto executor = make();
    executor->perform(list(call(0, "missing")));
    const core::Failure failure = failure_of(completed.wait_for(1).front());
    EXPECT_EQ(failure.code, "unknown_function");
    EXPECT_FALSE(failure.recoverable);
    EXPECT_THAT(failure.message, ::testing::HasSubstr("functions().add"));
}

TEST_F(ExecutorTest, TurnsAnExceptionOfAFunctionIntoAnInternalFailure) {
    functions.add("throws",
                  [](const core::Value&,
                     const FunctionContext&) -> std::expected<core::Value, core::Failure> {
                      throw std::runtime_error{"out of luck"};
                  });
    auto executor = make();
    executor->perform(list(call(0, "throws")));
    const core::Failure failure = failure_of(completed.wait_for(1).front());
    EXPECT_EQ(failure.error_class, core::ErrorClass::internal);
    EXPECT_THAT(failure.message, ::testing::HasSubstr("out of luck"));
}

TEST_F(ExecutorTest, LeavesAnAttemptAloneThatIsUnderWay) {
    auto executor = make();
    executor->perform(list(call(0, "gated")));
    started.wait_for(1);
    executor->perform(list(call(0, "gated")));
    EXPECT_EQ(executor->in_flight(), 1u);
    executor->perform(list(call(1, "echo")));
    completed.wait_for(1);
    EXPECT_EQ(started.size(), 1u);
    gate.open();
    completed.wait_for(2);
}

TEST_F(ExecutorTest, KeepsEffectsBeyondTheLimitWaiting) {
    auto executor = make({.threads = 2, .in_flight_max = 1});
    executor->perform(list(call(0, "gated")));
    started.wait_for(1);
    executor->perform(list(call(1, "gated")));
    EXPECT_EQ(executor->in_flight(), 2u);
    EXPECT_EQ(started.size(), 1u);
    gate.open();
    completed.wait_for(2);
    EXPECT_EQ(started.size(), 2u);
}

TEST_F(ExecutorTest, DropsAnAbortedEffectThatStillWaits) {
    auto executor = make({.threads = 1});
    executor->perform(list(call(0, "gated")));
    started.wait_for(1);
    executor->perform(list(call(1, "gated")));
    const engine::Abort abort{{}, {0, {1}, 0}, 1};
    executor->abort({&abort, 1});
    EXPECT_EQ(failure_of(completed.wait_for(1).front()).error_class, core::ErrorClass::canceled);
    gate.open();
    completed.wait_for(2);
    EXPECT_EQ(started.size(), 1u);
}

TEST_F(ExecutorTest, AsksARunningFunctionToStop) {
    auto executor = make();
    executor->perform(list(call(0, "patient")));
    started.wait_for(1);
    const engine::Abort abort{{}, {0, {0}, 0}, 1};
    executor->abort({&abort, 1});
    EXPECT_EQ(failure_of(completed.wait_for(1).front()).error_class, core::ErrorClass::canceled);
}

TEST_F(ExecutorTest, PerformsAnHttpCallAndLetsTheNodeReadTheAnswer) {
    testing::HttpServer server{[](const testing::ServedRequest& request) {
        return testing::Reply::text(request.target == "/large" ? std::string(100'000, 'x') : "ok");
    }};
    const auto definition = std::make_shared<engine::NodeDefinition>();
    definition->behaviour = std::make_shared<StatusAndBody>();
    auto executor = make();
    std::vector<engine::Effect> effects;
    for (const std::string path : {"/small", "/large"}) {
        effects.push_back(effect(static_cast<std::uint32_t>(effects.size()),
                                 engine::HttpCall{.url = server.url(path)}));
        effects.back().definition = definition;
    }
    executor->perform(std::move(effects));
    std::vector<std::int64_t> sizes(2);
    for (const Completion& done : completed.wait_for(2))
        sizes[done.run.node.value] = value_of(done).find("size")->as_integer();
    EXPECT_THAT(sizes, ::testing::ElementsAre(2, 100'000));
}

TEST_F(ExecutorTest, StopsAnAbortedHttpCall) {
    const auto hold = std::make_shared<Gate>();
    testing::HttpServer server{[&](const testing::ServedRequest&) {
        started.add(1);
        testing::Reply reply = testing::Reply::text("late");
        reply.gate = hold;
        return reply;
    }};
    auto executor = make();
    executor->perform(list(effect(0, engine::HttpCall{.url = server.url("/")})));
    started.wait_for(1);
    const engine::Abort abort{{}, {0, {0}, 0}, 1};
    executor->abort({&abort, 1});
    EXPECT_EQ(failure_of(completed.wait_for(1).front()).error_class, core::ErrorClass::canceled);
    hold->open();
}

TEST_F(ExecutorTest, StopsWithoutCompletingWhatWaits) {
    auto executor = make({.threads = 1});
    executor->perform(list(call(0, "patient")));
    started.wait_for(1);
    executor->perform(list(call(1, "echo")));
    executor->stop();
    EXPECT_EQ(completed.size(), 1u) << "only what was running";
}

}  // namespace
}  // namespace millrace::runtime
