// SPDX-License-Identifier: Apache-2.0
#include "testing/histories.hpp"

#include "millrace/core/check.hpp"

namespace millrace::engine {
namespace {

using core::ErrorClass;
using OnError = core::NodeOnError::Kind;

PlanBuilder open_attempts() {
    PlanBuilder plan{"open-attempts"};
    plan.node("start", "trigger.manual").node("a", "test.effect").node("b", "test.effect");
    plan.node("c", "test.effect").node("all", "test.merge").node("note", "test.note");
    plan.connect("start -> a -> all").connect("start -> b -> all").connect("start -> c -> all");
    plan.connect("start -> note").settings().max_parallel_nodes = 2;
    plan.outputs(R"({"all": "{{ nodes.all.out }}", "n": "{{ inputs.n }}"})");
    return plan;
}

PlanBuilder retry_backoff() {
    PlanBuilder plan{"retry-backoff"};
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    plan.retry({.max_attempts = 4,
                .delay = {1'000},
                .backoff = 3,
                .max_delay = {60'000},
                .jitter = 0.5,
                .retry_on = {"timeout", "http_5xx"}});
    plan.last_node().timeout = core::Duration{5'000};
    plan.last_node().deadline = core::Duration{600'000};
    plan.settings().timeout = core::Duration{86'400'000};
    return plan;
}

PlanBuilder delay() {
    PlanBuilder plan{"delay"};
    plan.node("start", "trigger.manual").node("wait", "test.delay", R"({"ms": 3600000})");
    plan.node("after", "test.pass").node("if", "test.if", R"({"condition": "input.n > 5"})");
    plan.node("dead", "test.pass").node("alive", "test.pass");
    plan.connect("start -> wait -> after").connect("start -> if");
    plan.connect("if.true -> dead").connect("if.false -> alive");
    return plan;
}

PlanBuilder error_port() {
    PlanBuilder plan{"error-port"};
    plan.node("start", "trigger.manual").node("bad", "test.fail", R"({"code": "no"})");
    plan.node("handle", "test.effect").node("never", "test.pass");
    plan.connect("start -> bad -> never").connect("bad.error -> handle");
    plan.node("kind", "test.effect").default_value(core::Value{0}).connect("start -> kind");
    return plan;
}

PlanBuilder fallback() {
    PlanBuilder plan{"fallback"};
    plan.node("start", "trigger.manual").node("call", "test.effect").fallback("instead");
    plan.node("instead", "test.effect").fallback("last").node("last", "test.pass");
    plan.node("next", "test.pass").connect("start -> call -> next");
    return plan;
}

PlanBuilder canceling() {
    PlanBuilder plan{"canceling"};
    plan.node("start", "trigger.manual").node("a", "test.effect").node("b", "test.effect");
    plan.node("next", "test.pass").node("wait", "test.delay");
    plan.connect("start -> a -> next").connect("start -> b").connect("start -> wait");
    return plan;
}

PlanBuilder links() {
    PlanBuilder plan{"links"};
    plan.variable("limit", 3).node("start", "trigger.manual").node("call", "test.effect");
    plan.connect("start -> call").filter("value.n > vars.limit").transform("{ m: value.n * 2 }");
    plan.node("dead", "test.pass").connect("start -> dead").filter("value.n > 100");
    plan.node("bad", "test.pass").on_error(OnError::proceed);
    plan.connect("start -> bad").transform("value.a.b");
    plan.node("end", "test.extra").connect("call -> end").transform("[value, to.port]");
    plan.connect("dead -> end.more").tag("dead");
    return plan;
}

PlanBuilder interrupted() {
    PlanBuilder plan{"interrupted"};
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    plan.node("once", "test.effect").on_error(OnError::proceed).connect("start -> once");
    return plan;
}

}  // namespace

const std::vector<Scenario>& scenarios() {
    static const std::vector<Scenario> all{
        {"open-attempts", open_attempts(), [](ShardFixture& s) { s.complete("b", json("[2]")); }},
        {"retry-backoff", retry_backoff(),
         [](ShardFixture& s) {
             s.pass_to_next_timer();
             s.pass_to_next_timer();
             s.fail("call", ErrorClass::http_5xx, "http_503");
         }},
        {"delay", delay(), [](ShardFixture& s) { s.pass({1'000}); }},
        {"error-port", error_port(), [](ShardFixture& s) { s.fail("kind"); }},
        {"fallback", fallback(), [](ShardFixture& s) { s.fail("call", ErrorClass::timeout, "x"); }},
        {"canceling", canceling(),
         [](ShardFixture& s) {
             s.pass({50});
             s.cancel("no longer wanted");
             s.complete("a", json("7"));
         }},
        {"links", links(), [](ShardFixture& s) { s.pass({50}); }},
        {"interrupted", interrupted(),
         [](ShardFixture& s) {
             s.fail("once", ErrorClass::validation, "refused");
             s.restart();
             s.recover();
         }},
    };
    return all;
}

void play(const Scenario& scenario, const std::shared_ptr<const Plan>& plan, ShardFixture& shard) {
    shard.start(plan, json(R"({"n": 4})"));
    scenario.happen(shard);
}

ShardLimits snapshot_often() {
    ShardLimits limits;
    limits.snapshot_records = 3;
    return limits;
}

void finish(ShardFixture& shard) {
    shard.recover();
    for (int rounds = 0; shard.shard.live_count() > 0; ++rounds) {
        MR_CHECK(rounds < 100);
        const std::vector<Effect> effects = shard.frame.effects;
        for (const Effect& effect : effects)
            shard.tell(shard.completion(effect, "done"));
        if (effects.empty() && !shard.shard.has_backlog())
            shard.pass_to_next_timer();
        else
            shard.advance();
    }
}

}  // namespace millrace::engine
