// SPDX-License-Identifier: Apache-2.0
#include "random_plan.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "testing/library.hpp"

namespace millrace::simulation {
namespace {

using core::Duration;
using engine::PlanBuilder;

/// An output port that further nodes may connect to.
struct Source {
    std::string node;
    std::string port;
};

class Generator {
public:
    explicit Generator(Dice& dice) : dice_{dice}, plan_{"simulated"} {}

    PlanBuilder build() {
        plan_.node("start", "trigger.manual");
        sources_.push_back({"start", "out"});
        if (dice_.percent(20)) plan_.node("other", "trigger.other");
        const std::uint32_t nodes = 1 + dice_.below(14);
        for (std::uint32_t i = 0; i < nodes; ++i)
            add_node("n" + std::to_string(i));
        core::Settings& settings = plan_.settings();
        settings.max_parallel_nodes = 1 + dice_.below(4);
        if (dice_.percent(30)) settings.on_error.kind = core::WorkflowOnError::Kind::proceed;
        if (dice_.percent(15)) settings.timeout = Duration{dice_.between(500, 20'000)};
        if (dice_.percent(30)) plan_.outputs(R"({"seen": "{{ inputs.n }}", "always": 1})");
        return plan_;
    }

private:
    const Source& any_source() {
        return sources_[dice_.below(static_cast<std::uint32_t>(sources_.size()))];
    }

    void add_node(const std::string& id) {
        switch (dice_.below(10)) {
            case 0: return add_decision(id);
            case 1: return add_merge(id);
            case 2: return add_rejoined_decision(id);
            case 3: return add_delay(id);
            case 4: return add_pure(id);
            default: return add_effect(id);
        }
    }

    void connect(const Source& from, const std::string& to) {
        plan_.connect(from.node + "." + from.port + " -> " + to);
        if (dice_.percent(15)) {
            const char* filters[] = {"inputs.n % 2 == 0", "true", "value == null || inputs.n > 3",
                                     "inputs.missing.field"};
            plan_.filter(filters[dice_.below(4)]);
        }
        if (dice_.percent(15)) plan_.transform("{ wrapped: value, n: inputs.n }");
        using Kind = core::ConnectionOnError::Kind;
        const Kind kinds[] = {Kind::fail, Kind::drop, Kind::default_value};
        plan_.last_connection().on_error.kind = kinds[dice_.below(3)];
    }

    void add_pure(const std::string& id) {
        if (dice_.percent(10)) {
            plan_.node(id, "test.fail", R"({"code": "boom"})");
        } else if (dice_.percent(20)) {
            plan_.node(id, "test.note", R"({"note": "{{ input }}"})");
        } else {
            plan_.node(id, "test.pass");
        }
        finish(id, "out");
    }

    void add_delay(const std::string& id) {
        plan_.node(id, "test.delay", "{\"ms\": " + std::to_string(dice_.below(3'000)) + "}");
        finish(id, "out");
    }

    void add_decision(const std::string& id) {
        plan_.node(id, "test.if", R"js({"condition": "inputs.n % 3 == 0"})js");
        connect(any_source(), id);
        sources_.push_back({id, "true"});
        sources_.push_back({id, "false"});
    }

    /// Both branches come together again at a port that takes one value: they are exclusive.
    void add_rejoined_decision(const std::string& id) {
        add_decision(id);
        plan_.node(id + "_join", "test.pass");
        plan_.connect(id + ".true -> " + id + "_join");
        plan_.connect(id + ".false -> " + id + "_join");
        sources_.push_back({id + "_join", "out"});
    }

    void add_merge(const std::string& id) {
        plan_.node(id, "test.merge");
        std::vector<std::string> used;
        const std::uint32_t count = 1 + dice_.below(4);
        for (std::uint32_t i = 0; i < count; ++i) {
            const Source source = any_source();
            const std::string key = source.node + "." + source.port;
            if (std::find(used.begin(), used.end(), key) != used.end()) continue;
            used.push_back(key);
            connect(source, id);
        }
        sources_.push_back({id, "out"});
    }

    void add_effect(const std::string& id) {
        plan_.node(id, "test.effect");
        core::NodeSpec& node = plan_.last_node();
        if (dice_.percent(50)) {
            core::RetryPolicy retry;
            retry.max_attempts = 1 + dice_.below(4);
            retry.delay = Duration{dice_.between(0, 500)};
            retry.jitter = dice_.percent(50) ? 0.5 : 0.0;
            if (dice_.percent(30)) retry.retry_on = {"timeout", "boom"};
            node.retry = retry;
        }
        if (dice_.percent(50)) node.timeout = Duration{dice_.between(50, 3'000)};
        if (dice_.percent(25)) node.deadline = Duration{dice_.between(50, 6'000)};
        if (dice_.percent(20)) node.on_interrupt = core::OnInterrupt::fail;
        finish(id, "out");
    }

    /// Connects the node and chooses what happens when it fails.
    void finish(const std::string& id, const std::string& port) {
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
        connect(any_source(), id);
        if (fallback) add_fallback(id + "_instead");
        sources_.push_back({id, port});
        if (error_port) {
            plan_.node(id + "_handler", "test.pass");
            plan_.connect(id + ".error -> " + id + "_handler");
            sources_.push_back({id + "_handler", "out"});
        }
    }

    void add_fallback(const std::string& id) {
        plan_.node(id, dice_.percent(50) ? "test.effect" : "test.pass");
        if (dice_.percent(30)) plan_.last_node().on_error.kind = core::NodeOnError::Kind::proceed;
    }

    Dice& dice_;
    PlanBuilder plan_;
    std::vector<Source> sources_;
};

}  // namespace

std::shared_ptr<const engine::Plan> random_plan(Dice& dice) {
    const core::Document document = Generator{dice}.build().document();
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
