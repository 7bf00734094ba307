// SPDX-License-Identifier: Apache-2.0
#include "random_document.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "generator.hpp"
#include "millrace/core/json.hpp"

namespace millrace::reference {

using core::Duration;
using core::Value;

core::Document Generator::build() {
    Place top;
    plan_.node("start", "trigger.manual");
    readable_["start"] = {"out"};
    before_["start"] = {};
    top.sources.push_back({"start", "out"});
    if (dice_.percent(10)) plan_.node("other", "trigger.other");
    plan_.variable("k", Value{static_cast<std::int64_t>(dice_.below(6))});
    left_ = dice_.percent(20) ? 2 + dice_.below(6) : 6 + dice_.below(32);
    while (left_ > 0)
        add_node(top);
    // So that there is something to undo, and not only what ended its scope early.
    if (!undoing_.empty() && dice_.percent(35)) {
        const Source from = any_source(top);
        const std::string id = new_node(top, "test.fail", "");
        plan_.last_node().on_error.kind = core::NodeOnError::Kind::stop;
        connect(top, from, id);
    }
    for (core::NodeSpec& undoing : undoing_) {
        plan_.node(undoing.id, undoing.type);
        plan_.last_node() = std::move(undoing);
    }
    settle_settings();
    if (dice_.percent(40)) add_outputs(top);
    return plan_.document();
}

void Generator::settle_settings() {
    using Kind = core::WorkflowOnError::Kind;
    core::Settings& settings = plan_.settings();
    settings.max_parallel_nodes = 1 + dice_.below(6);
    const std::uint32_t choice = dice_.below(10);
    if (choice < 4) settings.on_error.kind = Kind::proceed;
    if (choice == 4) {
        settings.on_error.kind = Kind::retry;
        settings.on_error.retry.max_attempts = 2 + dice_.below(2);
        settings.on_error.retry.delay = Duration{dice_.between(0, 300)};
    }
}

void Generator::fill(Place& place, std::uint32_t count) {
    const std::uint32_t end = left_ > count ? left_ - count : 0;
    while (left_ > end)
        add_node(place);
}

void Generator::add_node(Place& place) {
    const bool may_nest = place.depth < 3 && left_ >= 2;
    const std::uint32_t choice = dice_.below(100);
    if (choice < 14 && may_nest) return add_loop(place);
    if (choice < 26 && may_nest) return add_try(place);
    if (choice < 33) return add_decision(place);
    if (choice < 41) return add_switch(place);
    if (choice < 47) return add_rejoined(place);
    if (choice < 53) return add_join(place);
    if (choice < 57) return add_pair(place);
    if (choice < 78) return add_effect(place);
    add_plain(place);
}

void Generator::add_outputs(const Place& top) {
    std::vector<core::Member> members{{"n", "{{ inputs.n }}"}};
    for (std::uint32_t i = 0; i < 3; ++i) {
        const Source source = any_source(top);
        members.push_back(
            {"o" + std::to_string(i), "{{ nodes." + source.node + "." + source.port + " }}"});
    }
    if (dice_.percent(4)) members.push_back({"bad", "{{ inputs.missing.field }}"});
    plan_.outputs(core::to_json(Value::object(std::move(members))));
}

core::RetryPolicy Generator::random_retry() {
    core::RetryPolicy retry;
    retry.max_attempts = 1 + dice_.below(4);
    retry.delay = Duration{dice_.between(0, 500)};
    retry.jitter = dice_.percent(50) ? 0.5 : 0.0;
    if (dice_.percent(30)) retry.retry_on = {"timeout", "boom"};
    if (dice_.percent(20)) retry.retry_on = {"validation", "expression", "limit", "http_4xx"};
    return retry;
}

/// An expression that mostly gives a small number, and never fails.
std::string Generator::number(const View& view) {
    const std::uint32_t choice = dice_.below(10);
    if (choice < 2 && view.in_loop) return "index";
    if (choice < 4 && view.in_loop) return "(item?.n ?? item ?? 3)";
    if (choice < 6 && !view.more.empty()) return "(" + view.more + "?.n ?? 2)";
    if (choice < 8 && !view.nodes.empty()) {
        const auto node = std::next(view.nodes.begin(),
                                    dice_.below(static_cast<std::uint32_t>(view.nodes.size())));
        const auto& ports = readable_.at(*node);
        const std::string& port = ports[dice_.below(static_cast<std::uint32_t>(ports.size()))];
        return "(nodes." + *node + "." + port + "?.n ?? " + std::to_string(dice_.below(7)) + ")";
    }
    if (choice == 8) return "vars.k";
    return "inputs.n";
}

std::string Generator::condition(const View& view) {
    switch (dice_.below(8)) {
        case 0: return number(view) + " % 2 == 0";
        case 1: return number(view) + " % 3 != 1";
        case 2: return number(view) + " > " + std::to_string(dice_.below(8));
        case 3: return number(view) + " < " + number(view) + " + 2";
        case 4: return number(view);
        case 5: return dice_.percent(15) ? "inputs.missing.field" : number(view) + " >= 2";
        default: return number(view) + " != " + std::to_string(dice_.below(8));
    }
}

/// The text of a template.
std::string Generator::data_value(const View& view) {
    if (dice_.percent(4)) return "{{ inputs.missing.field }}";
    const std::string left = number(view);
    return dice_.percent(50) ? "{{ " + left + " }}" : "{{ " + left + " + " + number(view) + " }}";
}

RandomCase random_case(std::uint64_t seed) {
    Dice dice{seed};
    RandomCase made;
    made.document = Generator{dice}.build();
    std::vector<Value> list;
    const std::uint32_t length = dice.below(6);
    for (std::uint32_t i = 0; i < length; ++i) {
        const Value n{static_cast<std::int64_t>(dice.below(10))};
        list.push_back(dice.percent(50) ? n : Value::object({{"n", n}}));
    }
    made.input = Value::object({{"n", static_cast<std::int64_t>(dice.below(10))},
                                {"list", Value::array(std::move(list))}});
    constexpr std::uint32_t shares[] = {0, 10, 25, 40, 60};
    made.failing_percent = shares[dice.below(5)];
    return made;
}

}  // namespace millrace::reference
