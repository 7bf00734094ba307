// SPDX-License-Identifier: Apache-2.0
#include "random_plan.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "plan_generator.hpp"

// Containers are in random_containers.cpp.

namespace millrace::simulation {

using core::Duration;
using engine::PlanBuilder;

PlanBuilder PlanGenerator::build() {
    Place top;
    plan_.node("start", "trigger.manual").variable("limit", 3);
    top.sources.push_back({"start", "out"});
    if (dice_.percent(20)) plan_.node("other", "trigger.other");
    left_ = 1 + dice_.below(left_);
    while (left_ > 0)
        add_node(top);
    for (core::NodeSpec& undoing : undoing_) {
        plan_.node(undoing.id, undoing.type);
        plan_.last_node() = std::move(undoing);
    }
    settle();
    if (dice_.percent(5)) {
        plan_.outputs(R"({"bad": "{{ inputs.missing.field }}"})");
        return plan_;
    }
    if (dice_.percent(30)) plan_.outputs(R"({"seen": "{{ inputs.n }}", "always": 1})");
    return plan_;
}

void PlanGenerator::settle() {
    using Kind = core::WorkflowOnError::Kind;
    core::Settings& settings = plan_.settings();
    settings.max_parallel_nodes = 1 + dice_.below(4);
    const std::uint32_t choice = dice_.below(10);
    if (choice < 3) settings.on_error.kind = Kind::proceed;
    if (choice == 3 || choice == 4) {
        settings.on_error.kind = Kind::retry;
        settings.on_error.retry.max_attempts = 2 + dice_.below(2);
        settings.on_error.retry.delay = Duration{dice_.between(0, 800)};
    }
    if (dice_.percent(15)) settings.timeout = Duration{dice_.between(500, 20'000)};
    if (dice_.percent(30)) settings.priority = static_cast<std::int32_t>(dice_.between(-100, 100));
    if (!dice_.percent(35)) return;
    using Exceeded = core::ConcurrencyLimit::WhenExceeded;
    settings.max_concurrent_executions = {1 + dice_.below(3),
                                          dice_.percent(75) ? Exceeded::queue : Exceeded::reject};
}

void PlanGenerator::add_node(Place& place) {
    const bool may_nest = place.depth < 3 && left_ >= 2;
    switch (dice_.below(15)) {
        case 0: return add_decision(place);
        case 1: return add_merge(place);
        case 2: return add_rejoined_decision(place);
        case 3: return add_delay(place);
        case 4: return add_pure(place);
        case 5: return add_cases(place);
        case 6:
        case 7: return may_nest ? add_loop(place) : add_effect(place);
        case 8: return may_nest ? add_try(place) : add_effect(place);
        case 9: return add_wait(place);
        case 10: return add_child(place);
        default: return add_effect(place);
    }
}

std::string PlanGenerator::new_node(const Place& place, const std::string& type,
                                    const std::string& data) {
    if (left_ > 0) --left_;
    const std::string id = "n" + std::to_string(count_++);
    plan_.within(place.parent).node(id, type, data);
    return id;
}

PlanGenerator::Source PlanGenerator::any_source(const Place& place) {
    return place.sources[dice_.below(static_cast<std::uint32_t>(place.sources.size()))];
}

void PlanGenerator::connect(const Place& place, const Source& from, const std::string& to) {
    plan_.connect(from.node + "." + from.port + " -> " + to);
    if (dice_.percent(15)) {
        const char* filters[] = {"inputs.n % 2 == 0", "true", "value == null || inputs.n > 3",
                                 "inputs.missing.field", "inputs.n != vars.limit"};
        plan_.filter(place.in_loop && dice_.percent(60) ? "index % 2 == 0"
                                                        : filters[dice_.below(5)]);
    }
    if (dice_.percent(15)) plan_.transform("{ wrapped: value, n: inputs.n }");
    using Kind = core::ConnectionOnError::Kind;
    const Kind kinds[] = {Kind::fail, Kind::drop, Kind::default_value};
    plan_.last_connection().on_error.kind = kinds[dice_.below(3)];
}

core::RetryPolicy PlanGenerator::random_retry() {
    core::RetryPolicy retry;
    retry.max_attempts = 1 + dice_.below(4);
    retry.delay = Duration{dice_.between(0, 500)};
    retry.jitter = dice_.percent(50) ? 0.5 : 0.0;
    if (dice_.percent(30)) retry.retry_on = {"timeout", "boom"};
    return retry;
}

/// Perhaps adds a node that undoes the one added last.
void PlanGenerator::may_be_undone(std::uint32_t percent) {
    core::NodeSpec& node = plan_.last_node();
    if (node.cache || !dice_.percent(percent)) return;
    core::NodeSpec undoing;
    undoing.id = node.id + "_undo";
    undoing.parent = node.parent;
    undoing.type = dice_.percent(80) ? "test.effect" : "test.pass";
    node.compensate = undoing.id;
    if (dice_.percent(40)) undoing.retry = random_retry();
    if (undoing.type == "test.effect") {
        if (dice_.percent(40)) undoing.timeout = Duration{dice_.between(50, 3'000)};
        if (dice_.percent(20)) undoing.deadline = Duration{dice_.between(50, 6'000)};
        if (dice_.percent(20)) undoing.on_interrupt = core::OnInterrupt::fail;
        if (dice_.percent(50))
            undoing.data = core::Value::object({{"input", "{{ input.output }}"}});
    }
    undoing_.push_back(std::move(undoing));
}

/// Results that are kept, and calls that are refused.
void PlanGenerator::guard(core::NodeSpec& node) {
    if (dice_.percent(15)) {
        node.cache = core::NodeCache{Duration{dice_.between(100, 5'000)}, {}, {}};
        if (dice_.percent(60)) node.cache->key = dice_.percent(50) ? "inputs.n" : "1";
    }
    if (!dice_.percent(20)) return;
    // Nodes that share a breaker have one policy.
    core::CircuitBreaker breaker{"shared", 2, Duration{4'000}, Duration{700}, 1};
    if (dice_.percent(60)) {
        breaker = {{},
                   1 + dice_.below(3),
                   Duration{dice_.between(500, 8'000)},
                   Duration{dice_.between(100, 2'000)},
                   1 + dice_.below(2)};
    }
    node.circuit_breaker = breaker;
}

void PlanGenerator::add_pure(Place& place) {
    std::string id;
    if (dice_.percent(10)) {
        id = new_node(place, "test.fail", R"({"code": "boom"})");
    } else if (dice_.percent(20)) {
        id = new_node(place, "test.note", R"({"note": "{{ input }}"})");
    } else if (place.in_loop && dice_.percent(40)) {
        id = new_node(place, "test.set", R"({"value": "{{ [item, index] }}"})");
    } else {
        id = new_node(place, "test.pass");
    }
    may_be_undone(5);
    finish(place, id, "out");
}

void PlanGenerator::add_delay(Place& place) {
    // Which may answer whoever has started the execution.
    if (dice_.percent(15)) finish(place, new_node(place, "test.respond"), "out");
    const std::string ms = std::to_string(dice_.below(dice_.percent(20) ? 90'000 : 3'000));
    finish(place, new_node(place, "test.delay", "{\"ms\": " + ms + "}"), "out");
}

/// Nobody need answer: each wait ends by itself.
void PlanGenerator::add_wait(Place& place) {
    const std::string ms = std::to_string(dice_.below(dice_.percent(30) ? 90'000 : 3'000));
    const std::string what = dice_.percent(60)
                                 ? R"("signal": "s)" + std::to_string(dice_.below(2)) + R"(", )"
                                 : std::string{};
    const std::string id = new_node(place, "test.wait", "{" + what + "\"ms\": " + ms + "}");
    finish(place, id, "out");
    if (dice_.percent(50)) place.sources.push_back({id, "timeout"});
}

void PlanGenerator::add_child(Place& place) {
    const std::string id =
        new_node(place, "test.child", dice_.percent(30) ? R"({"abandons": true})" : "");
    core::NodeSpec& node = plan_.last_node();
    if (dice_.percent(50)) node.retry = random_retry();
    if (dice_.percent(30)) node.timeout = Duration{dice_.between(50, 5'000)};
    if (dice_.percent(20)) node.deadline = Duration{dice_.between(50, 6'000)};
    if (dice_.percent(10)) node.on_interrupt = core::OnInterrupt::fail;
    may_be_undone(20);
    finish(place, id, "out");
}

void PlanGenerator::add_decision(Place& place) {
    const char* condition = place.in_loop ? "index % 2 == 0" : "inputs.n % 3 == 0";
    const std::string id =
        new_node(place, "test.if", std::string{R"({"condition": ")"} + condition + "\"}");
    connect(place, any_source(place), id);
    place.sources.push_back({id, "true"});
    place.sources.push_back({id, "false"});
}

/// Both branches come together again at a port that takes one value: they are exclusive.
void PlanGenerator::add_rejoined_decision(Place& place) {
    add_decision(place);
    const std::string id = place.sources.back().node;
    const std::string join = new_node(place, "test.pass");
    plan_.connect(id + ".true -> " + join).connect(id + ".false -> " + join);
    place.sources.push_back({join, "out"});
}

void PlanGenerator::add_cases(Place& place) {
    const std::string mode = dice_.percent(50) ? "all" : "first";
    const std::string id = new_node(place, "test.cases",
                                    R"({"mode": ")" + mode +
                                        R"js(", "cases": [{"name": "a", "when": "inputs.n > 4"},
                                            {"name": "b", "when": "inputs.n % 2 == 0"}]})js");
    connect(place, any_source(place), id);
    for (const char* port : {"a", "b", "default"})
        place.sources.push_back({id, port});
}

void PlanGenerator::add_merge(Place& place) {
    const std::string id = new_node(place, "test.merge");
    std::vector<std::string> used;
    const std::uint32_t count = 1 + dice_.below(4);
    for (std::uint32_t i = 0; i < count; ++i) {
        const Source source = any_source(place);
        const std::string key = source.node + "." + source.port;
        if (std::find(used.begin(), used.end(), key) != used.end()) continue;
        used.push_back(key);
        connect(place, source, id);
    }
    place.sources.push_back({id, "out"});
}

void PlanGenerator::add_effect(Place& place) {
    const std::string id = new_node(place, "test.effect");
    core::NodeSpec& node = plan_.last_node();
    if (dice_.percent(50)) node.retry = random_retry();
    if (dice_.percent(50)) node.timeout = Duration{dice_.between(50, 3'000)};
    if (dice_.percent(25)) node.deadline = Duration{dice_.between(50, 6'000)};
    if (dice_.percent(20)) node.on_interrupt = core::OnInterrupt::fail;
    guard(node);
    may_be_undone(35);
    finish(place, id, "out");
}

void PlanGenerator::finish(Place& place, const std::string& id, const std::string& port) {
    core::NodeSpec& node = plan_.last_node();
    using Kind = core::NodeOnError::Kind;
    bool error_port = false;
    bool fallback = false;
    switch (dice_.below(6)) {
        case 0: node.on_error.kind = Kind::proceed; break;
        case 1: node.on_error = {Kind::default_value, core::Value{0}, {}}; break;
        case 2:
            node.on_error = {Kind::fallback, {}, id + "_instead"};
            fallback = true;
            break;
        case 3: error_port = true; break;
        case 4: node.on_error.kind = Kind::stop; break;
        default: break;
    }
    connect(place, any_source(place), id);
    plan_.within(place.parent);
    if (fallback) {
        plan_.node(id + "_instead", dice_.percent(50) ? "test.effect" : "test.pass");
        if (dice_.percent(30)) plan_.last_node().on_error.kind = Kind::proceed;
    }
    place.sources.push_back({id, port});
    if (error_port) {
        plan_.node(id + "_handler", "test.pass").connect(id + ".error -> " + id + "_handler");
        place.sources.push_back({id + "_handler", "out"});
    }
}

std::shared_ptr<const engine::Plan> random_plan(Dice& dice, const std::string& workflow,
                                                std::uint32_t nodes) {
    const core::Document document = PlanGenerator{dice, workflow, nodes}.build().document();
    const engine::PlanIdentity identity{document.id, 1, std::to_string(dice.bits())};
    const engine::CompileResult compiled =
        engine::compile(document, identity, *engine::test_library(), engine::test_schemas());
    if (!compiled.plan) {
        std::fprintf(stderr, "the generator made an invalid plan:\n");
        for (const core::Problem& problem : compiled.problems)
            std::fprintf(stderr, "  %s: %s\n", problem.path.c_str(), problem.message.c_str());
        std::abort();
    }
    return compiled.plan;
}

}  // namespace millrace::simulation
