// SPDX-License-Identifier: Apache-2.0
#include "every_point.hpp"
#include "testing/library.hpp"

namespace millrace::simulation {
namespace {

using core::Duration;
using engine::PlanBuilder;
using OnError = core::NodeOnError::Kind;

core::RetryPolicy twice() {
    core::RetryPolicy retry;
    retry.max_attempts = 2;
    retry.delay = Duration{300};
    return retry;
}

PlanBuilder chain() {
    PlanBuilder plan{"chain"};
    plan.variable("limit", 3).node("start", "trigger.manual").node("a", "test.effect");
    plan.retry(twice()).last_node().timeout = Duration{200};
    plan.node("wait", "test.delay", R"({"ms": 5000})").node("b", "test.effect");
    plan.fallback("b_instead").node("b_instead", "test.effect").node("c", "test.effect");
    plan.default_value(core::Value{0}).connect("start -> a -> wait -> b -> c");
    plan.last_connection().filter = "inputs.n > vars.limit";
    return plan;
}

PlanBuilder side_by_side() {
    PlanBuilder plan{"side-by-side"};
    plan.variable("limit", 3)
        .node("start", "trigger.manual")
        .node("all", "test.merge")
        .settings()
        .max_parallel_nodes = 2;
    for (const char* id : {"a", "b", "c"}) {
        plan.node(id, "test.effect").on_error(OnError::proceed);
        plan.connect("start -> " + std::string{id} + " -> all");
    }
    plan.node("late", "test.delay", R"({"ms": 700})").connect("start -> late -> all");
    plan.settings().timeout = Duration{60'000};
    return plan;
}

PlanBuilder loop() {
    PlanBuilder plan{"loop"};
    plan.variable("limit", 3).node("start", "trigger.manual");
    plan.node("loop", "test.loop",
              R"({"over": "[3, 1, 2]", "concurrency": 2, "continue_on_error": true})");
    plan.within("loop").node("call", "test.effect").retry(twice()).node("after", "test.effect");
    plan.within("").node("end", "test.pass").connect("start -> loop").connect("loop.done -> end");
    plan.connect("loop.item -> call -> after -> loop.result");
    return plan;
}

PlanBuilder breaking_loop() {
    PlanBuilder plan{"breaking-loop"};
    plan.variable("limit", 3).node("start", "trigger.manual");
    plan.node("loop", "test.loop",
              R"({"times": 5, "concurrency": 3, "break": "index >= 2", "aggregate": false})");
    plan.default_value(core::Value{0}).within("loop").node("call", "test.effect");
    plan.on_error(OnError::proceed).node("wait", "test.delay", R"({"ms": 900})").within("");
    plan.connect("start -> loop").connect("loop.item -> call -> loop.result");
    plan.connect("loop.item -> wait");
    return plan;
}

PlanBuilder while_loop() {
    PlanBuilder plan{"while-loop"};
    plan.variable("limit", 3)
        .node("start", "trigger.manual")
        .node("loop", "test.loop", R"({"while": "index < 3"})");
    plan.last_node().deadline = Duration{900};
    plan.within("loop").node("call", "test.effect").retry(twice()).within("");
    plan.node("caught", "test.effect").on_error(OnError::proceed);
    plan.connect("start -> loop").connect("loop.item -> call -> loop.result");
    plan.connect("loop.error -> caught");
    return plan;
}

PlanBuilder guarded() {
    PlanBuilder plan{"guarded"};
    plan.variable("limit", 3)
        .node("start", "trigger.manual")
        .node("guard", "test.try")
        .retry(twice());
    plan.within("guard").node("a", "test.effect").node("b", "test.effect");
    plan.node("clean", "test.effect").on_error(OnError::proceed).node("swept", "test.effect");
    plan.within("").node("caught", "test.effect").on_error(OnError::proceed);
    plan.connect("start -> guard").connect("guard.item -> a -> b -> guard.result");
    plan.connect("guard.finally -> clean -> swept").connect("guard.error -> caught");
    return plan;
}

PlanBuilder nested() {
    PlanBuilder plan{"nested"};
    plan.variable("limit", 3).node("start", "trigger.manual");
    plan.node("outer", "test.loop", R"({"times": 2, "concurrency": 2})");
    plan.last_node().timeout = Duration{4'000};
    plan.within("outer").node("guard", "test.try").default_value(core::Value{7});
    plan.within("guard").node("inner", "test.loop", R"({"times": 2})");
    plan.node("clean", "test.effect").retry(twice());
    plan.within("inner").node("call", "test.effect").retry(twice()).within("");
    plan.connect("start -> outer").connect("outer.item -> guard").connect("guard.item -> inner");
    plan.connect("inner.item -> call -> inner.result").connect("inner.done -> guard.result");
    plan.connect("guard.finally -> clean").connect("guard.done -> outer.result");
    return plan;
}

PlanBuilder tried_anew() {
    PlanBuilder plan{"tried-anew"};
    using Kind = core::WorkflowOnError::Kind;
    plan.settings().on_error = {Kind::retry, {3, Duration{4'000}, 2.0, Duration{60'000}}};
    plan.variable("limit", 3)
        .node("start", "trigger.manual")
        .node("a", "test.effect")
        .node("guard", "test.try");
    plan.within("guard").node("b", "test.effect").node("clean", "test.effect");
    plan.on_error(OnError::proceed).within("").connect("start -> guard").connect("start -> a");
    plan.connect("guard.item -> b").connect("guard.finally -> clean");
    return plan;
}

PlanBuilder undone() {
    PlanBuilder plan{"undone"};
    plan.variable("limit", 3).node("start", "trigger.manual").node("a", "test.effect");
    plan.compensate("a_undo").node("a_undo", "test.effect").retry(twice());
    plan.node("loop", "test.loop", R"({"times": 2, "concurrency": 2})").compensate("loop_undo");
    plan.node("loop_undo", "test.pass").node("guard", "test.try").node("end", "test.effect");
    plan.within("loop").node("b", "test.effect").retry(twice()).compensate("b_undo");
    plan.node("b_undo", "test.effect", R"js({"input": "{{ [index, input.output] }}"})js");
    plan.within("guard").node("c", "test.effect").compensate("c_undo").node("d", "test.effect");
    plan.node("c_undo", "test.effect").node("clean", "test.effect").within("");
    plan.connect("start -> a -> loop").connect("loop.item -> b").connect("loop.done -> guard");
    plan.connect("guard.item -> c -> d").connect("guard.finally -> clean");
    return plan.connect("guard.done -> end");
}

PlanBuilder limited() {
    PlanBuilder plan{"limited"};
    plan.settings().max_concurrent_executions.emplace();
    plan.variable("limit", 3).node("start", "trigger.manual").node("once", "test.effect");
    plan.last_node().on_interrupt = core::OnInterrupt::fail;
    plan.node("pick", "test.cases",
              R"({"mode": "all", "cases": [{"name": "a", "when": "inputs.n > 1"},
                                           {"name": "b", "when": "inputs.n > 2"}]})");
    plan.node("a", "test.effect").node("b", "test.delay", R"({"ms": 80000})");
    plan.connect("start -> once").connect("start -> pick").connect("pick.a -> a");
    plan.connect("pick.b -> b");
    return plan;
}

PlanBuilder answered() {
    PlanBuilder plan{"answered"};
    plan.variable("limit", 3).node("start", "trigger.manual").node("a", "test.effect");
    plan.on_error(OnError::proceed).node("ask", "test.wait", R"({"ms": 4000})");
    plan.node("paid", "test.wait", R"({"signal": "s0", "ms": 90000})").node("end", "test.effect");
    plan.node("loop", "test.loop", R"({"times": 2, "concurrency": 2})");
    plan.within("loop").node("each", "test.wait", R"({"signal": "s1", "ms": 700})").within("");
    plan.node("remind", "test.effect").connect("start -> a -> ask -> paid -> end");
    plan.connect("ask.timeout -> remind").connect("start -> loop").connect("loop.item -> each");
    return plan.connect("each.timeout -> loop.result");
}

PlanBuilder calling() {
    PlanBuilder plan{"calling"};
    plan.settings().max_parallel_nodes = 1;
    plan.variable("limit", 3).node("start", "trigger.manual").node("call", "test.child");
    plan.retry(twice()).node("left", "test.child", R"({"abandons": true})");
    plan.last_node().timeout = Duration{900};
    plan.on_error(OnError::proceed).node("loop", "test.loop", R"({"times": 2, "concurrency": 2})");
    plan.within("loop").node("each", "test.child").within("").node("end", "test.effect");
    plan.connect("start -> call -> end").connect("start -> left").connect("start -> loop");
    return plan.connect("loop.item -> each").connect("each -> loop.result");
}

}  // namespace

const std::vector<PointDocument>& point_documents() {
    static const std::vector<PointDocument> all = [] {
        std::vector<PointDocument> made;
        for (const PlanBuilder& plan :
             {chain(), side_by_side(), loop(), breaking_loop(), while_loop(), guarded(), nested(),
              tried_anew(), undone(), limited(), answered(), calling()})
            made.push_back({plan.document().id, plan.plan()});
        return made;
    }();
    return all;
}

}  // namespace millrace::simulation
