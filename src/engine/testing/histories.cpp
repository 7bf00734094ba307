// SPDX-License-Identifier: Apache-2.0
#include "testing/histories.hpp"

#include "millrace/core/check.hpp"

namespace millrace::engine {
namespace {

using core::ErrorClass;
using OnError = core::NodeOnError::Kind;

/// Iterations that have completed are undone, and then what came before the loop.
PlanBuilder undoing() {
    PlanBuilder plan{"undoing"};
    plan.node("start", "trigger.manual").node("reserve", "test.effect").compensate("release");
    plan.node("release", "test.effect").node("all", "test.loop", R"({"times": 2})");
    plan.within("all").node("charge", "test.effect").compensate("refund");
    plan.node("tell", "test.effect");
    plan.node("refund", "test.effect", R"js({"input": "{{ [index, input.output] }}"})js");
    plan.within("").node("ship", "test.effect").connect("start -> reserve -> all");
    plan.connect("all.item -> charge -> tell -> all.result").connect("all.done -> ship");
    return plan;
}

/// The body of a try is undone while the rest of the execution goes on.
PlanBuilder undoing_body() {
    PlanBuilder plan{"undoing-body"};
    plan.node("start", "trigger.manual").node("guard", "test.try").node("caught", "test.pass");
    plan.node("beside", "test.effect").within("guard").node("a", "test.effect");
    plan.compensate("undo_a").node("b", "test.effect").compensate("undo_b");
    plan.node("c", "test.effect").node("clean", "test.pass");
    plan.node("undo_a", "test.effect", R"({"input": "{{ nodes.start.out.n }}"})");
    plan.node("undo_b", "test.effect")
        .retry({.max_attempts = 3,
                .delay = {5'000},
                .backoff = 2,
                .max_delay = {60'000},
                .jitter = 0,
                .retry_on = {}});
    plan.within("").connect("start -> guard").connect("start -> beside");
    plan.connect("guard.item -> a -> b -> c -> guard.result").connect("guard.error -> caught");
    return plan.connect("guard.finally -> clean");
}

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

/// Two of the iterations are open: one waits for its second attempt, the other has gone further.
PlanBuilder loop() {
    PlanBuilder plan{"loop"};
    plan.node("start", "trigger.manual");
    plan.node("each", "test.loop",
              R"({"over": "[input.n, 1, 2, 3]", "concurrency": 2, "continue_on_error": true,
                  "break": "index >= 2"})");
    plan.within("each").node("call", "test.effect");
    plan.retry({.max_attempts = 2, .delay = {1'000}, .retry_on = {"http_5xx"}});
    plan.node("odd", "test.if", R"({"condition": "item % 2 == 1"})");
    plan.node("wait", "test.delay", R"({"ms": 500})").within("").node("end", "test.pass");
    plan.connect("start -> each").connect("each.item -> call -> odd");
    plan.connect("odd.true -> each.result").connect("odd.false -> wait");
    plan.connect("each.done -> end");
    return plan;
}

PlanBuilder nested_try() {
    PlanBuilder plan{"nested-try"};
    plan.node("start", "trigger.manual");
    plan.node("outer", "test.loop", R"({"times": 2, "concurrency": 2, "aggregate": false})");
    plan.last_node().deadline = core::Duration{60'000};
    plan.within("outer").node("guard", "test.try");
    plan.retry({.max_attempts = 2, .delay = {700}, .retry_on = {"internal"}});
    plan.node("caught", "test.pass")
        .within("guard")
        .node("inner", "test.loop", R"({"while": "index < 2"})");
    plan.node("clean", "test.effect").within("inner").node("call", "test.effect").within("");
    plan.connect("start -> outer").connect("outer.item -> guard").connect("guard.item -> inner");
    plan.connect("inner.item -> call -> inner.result").connect("inner.done -> guard.result");
    plan.connect("guard.finally -> clean").connect("guard.error -> caught -> outer.result");
    return plan;
}

PlanBuilder paused() {
    PlanBuilder plan{"paused"};
    plan.variable("limit", 3).node("start", "trigger.manual").node("a", "test.effect");
    plan.node("b", "test.effect").node("c", "test.effect").node("wait", "test.delay");
    plan.node("end", "test.set", R"({"value": "{{ vars.limit }}"})");
    plan.connect("start -> a -> end").connect("start -> b").connect("start -> c");
    plan.connect("start -> wait");
    return plan;
}

PlanBuilder queued() {
    PlanBuilder plan{"queued"};
    plan.settings().max_concurrent_executions.emplace();
    plan.node("start", "trigger.manual").node("call", "test.effect").node("end", "test.pass");
    plan.connect("start -> call -> end");
    return plan;
}

PlanBuilder tried_anew() {
    PlanBuilder plan{"tried-anew"};
    using Kind = core::WorkflowOnError::Kind;
    plan.settings().on_error = {Kind::retry,
                                {2, core::Duration{5'000}, 2.0, core::Duration{5'000}}};
    plan.node("start", "trigger.manual").node("given", "test.effect").node("mocked", "test.effect");
    plan.node("check", "test.number").connect("start -> given -> check").connect("start -> mocked");
    plan.node("guard", "test.try").within("guard").node("bad", "test.fail");
    plan.node("clean", "test.pass").within("").connect("start -> guard");
    plan.connect("guard.item -> bad").connect("guard.finally -> clean");
    return plan;
}

PlanBuilder cleaning_up() {
    PlanBuilder plan{"cleaning-up"};
    plan.node("start", "trigger.manual").node("guard", "test.try");
    plan.within("guard").node("work", "test.effect").node("clean", "test.effect").within("");
    plan.connect("start -> guard").connect("guard.item -> work -> guard.result");
    plan.connect("guard.finally -> clean");
    return plan;
}

/// Answers the effect of that place in the last frame.
void answer(ShardFixture& shard, std::size_t index, core::Value value) {
    shard.tell(shard.completion(shard.frame.effects.at(index), std::move(value)));
}

void pause_half_way(ShardFixture& shard) {
    const core::ExecutionId id = shard.id();
    const std::vector<Effect> open = shard.frame.effects;
    shard.tell(SetBreakpoints{0, id, {"end"}});
    shard.tell(PauseExecution{0, id, "look"});
    shard.advance();
    shard.tell(shard.completion(open.at(0), "told while it was paused"));
    shard.tell(ChangeVariables{0, id, json(R"({"limit": 8})")});
    shard.tell(CommandNode{0, id, "b", NodeAction::skip});
    shard.tell(CommandNode{0, id, "c", NodeAction::retry});
    shard.pass({5'000});
    shard.tell(StepExecution{0, id});
    shard.advance();
}

/// Another one of the same workflow, which has to wait for its turn.
void wait_in_line(ShardFixture& shard) {
    CreateExecution create = shard.creation(queued().plan(), json(R"({"n": 5})"));
    create.options.priority = -3;
    create.options.labels = json(R"({"of": "golden"})");
    shard.tell(std::move(create));
    shard.advance();
    shard.tell(SetBreakpoints{0, shard.id(), {"end"}});
    shard.advance();
}

void fail_as_a_whole(ShardFixture& shard) {
    CreateExecution create = shard.creation(tried_anew().plan(), json(R"({"n": 4})"));
    create.options.mock_external = true;
    create.options.pins = json(R"({"given": {"out": 7}})");
    create.options.inputs = json(R"({"check": 8})");
    shard.tell(std::move(create));
    shard.advance();
}

/// Those that stand still go on, when nothing else happens; false when none does.
bool resume_paused(ShardFixture& shard) {
    bool found = false;
    for (const auto& [id, execution] : shard.executions) {
        ExecutionView view{id, execution.plan};
        for (const std::string& row : execution.rows) {
            const std::vector<Record> records = read_row(row).value();
            for (const Record& record : records)
                view.feed(record);
        }
        if (view.status() != core::ExecutionStatus::paused) continue;
        shard.tell(ResumeExecution{0, id});
        found = true;
    }
    return found;
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
        {"loop", loop(),
         [](ShardFixture& s) {
             const Effect first = s.frame.effects.at(0);
             s.fail("call", ErrorClass::http_4xx, "http_400");
             s.tell(s.completion(first, 1));
             s.advance();
             s.fail("call", ErrorClass::http_5xx, "http_503");
         }},
        {"nested-try", nested_try(),
         [](ShardFixture& s) {
             answer(s, 0, "a");
             s.advance();
             s.fail("call");
             s.complete("clean");
             s.pass_to_next_timer();
         }},
        {"paused", paused(), pause_half_way},
        {"queued", queued(), wait_in_line},
        {"tried-anew", tried_anew(), fail_as_a_whole},
        {"cleaning-up", cleaning_up(),
         [](ShardFixture& s) {
             s.cancel("no longer wanted");
             s.complete("work", 1);
         }},
        {"undoing", undoing(),
         [](ShardFixture& s) {
             s.complete("reserve", "r");
             for (const char* receipt : {"x", "y"}) {
                 s.complete("charge", receipt);
                 s.complete("tell");
             }
             s.fail("ship", ErrorClass::http_4xx, "http_409");
             s.complete("refund");
         }},
        {"undoing-body", undoing_body(),
         [](ShardFixture& s) {
             s.complete("a", 1);
             s.complete("b", 2);
             s.fail("c", ErrorClass::http_4xx, "http_409");
             s.fail("undo_b", ErrorClass::timeout, "timeout");
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
        const bool is_idle = effects.empty() && !shard.shard.has_backlog();
        if (is_idle && !resume_paused(shard))
            shard.pass_to_next_timer();
        else
            shard.advance();
    }
}

}  // namespace millrace::engine
