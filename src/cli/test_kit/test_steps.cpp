// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_steps.hpp"

#include <algorithm>
#include <utility>

#include "millrace/nodes/event_selector.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

using core::Value;
using format::TestStep;
using Kind = TestStep::Kind;
using What = engine::WaitRow::What;

// Any but 0, so that what cannot be done is told.
constexpr engine::CallToken test_token = 1;

std::string_view word_of(Kind kind) {
    switch (kind) {
        case Kind::approve: return "approve";
        case Kind::reject: return "reject";
        case Kind::answer: return "answer";
        case Kind::signal: return "signal";
        case Kind::event: return "event";
    }
    return {};
}

std::string name_of(const TestStep& step) {
    return "`" + std::string{word_of(step.kind)} + ": " + one_line(step.target) + "`";
}

Value event_of(const TestStep& step, core::Time now) {
    return Value::object({{"id", step.id.empty() ? "test" : step.id},
                          {"type", step.target},
                          {"source", step.source.empty() ? "api" : step.source},
                          {"time", now.text()},
                          {"data", step.data},
                          {"depth", 0}});
}

Value decision_of(const TestStep& step, core::Time now) {
    core::ObjectBuilder decision;
    decision.set("approved", step.kind == Kind::approve)
        .set("by", step.by.empty() ? "test" : step.by)
        .set("reason", step.reason.empty() ? Value{} : Value{step.reason})
        .set("at", now.text());
    if (!step.data.is_null()) decision.set("values", step.data);
    return std::move(decision).build();
}

Value call_of(const TestStep& step) {
    const auto part = [&](std::string_view name, Value otherwise) {
        const Value* const given = step.request.find(name);
        return given == nullptr ? std::move(otherwise) : *given;
    };
    return Value::object({{"body", step.data},
                          {"headers", part("headers", Value::object({}))},
                          {"query", part("query", Value::object({}))},
                          {"method", part("method", Value{"POST"})}});
}

bool wants(const runtime::OutsideWait& wait, const Value& event) {
    const auto selector = nodes::EventSelector::make(wait.wait.details, "type");
    if (!selector) return false;
    const auto text = [&](std::string_view name) {
        return std::string{event.find(name)->as_string()};
    };
    if (!selector->takes_type(text("type")) || !selector->takes_source(text("source")))
        return false;
    const auto takes = selector->takes_content(event);
    return takes && *takes;
}

}  // namespace

bool goes_by(std::string_view target, std::string_view workflow, std::string_view path,
             std::string_view node_id) {
    const std::size_t slash = target.find('/');
    const bool is_inner = slash != std::string_view::npos;
    if (workflow != (is_inner ? target.substr(0, slash) : std::string_view{})) return false;
    const std::string_view run = is_inner ? target.substr(slash + 1) : target;
    return run == path || run == node_id;
}

TestSteps::TestSteps(const std::vector<TestStep>& steps) {
    for (const TestStep& step : steps)
        steps_.push_back({&step, {}, false});
}

void TestSteps::begins(core::ExecutionId id, core::Time now) {
    id_ = id;
    begin_ = now;
    for (Step& step : steps_)
        if (step.said->at) step.due = now + *step.said->at;
}

bool TestSteps::is_for(const TestStep& step, const runtime::OutsideWait& wait) const {
    const engine::WaitRow& row = wait.wait;
    switch (step.kind) {
        case Kind::approve:
        case Kind::reject:
        case Kind::answer: return goes_by(step.target, wait.workflow, row.path, row.node_id);
        case Kind::signal: return row.what == What::signal && row.name == step.target;
        case Kind::event: return row.what == What::event && wants(wait, event_of(step, row.at));
    }
    return false;
}

void TestSteps::sees(const runtime::OutsideWait& wait) {
    std::erase_if(open_, [&](const runtime::OutsideWait& one) {
        return one.wait.id == wait.wait.id && one.wait.run == wait.wait.run;
    });
    if (wait.closed_at) return;
    open_.push_back(wait);
    const auto next = std::ranges::find_if(
        steps_, [&](const Step& step) { return !step.due && is_for(*step.said, wait); });
    if (next != steps_.end()) next->due = wait.wait.at + next->said->after;
}

std::optional<core::Time> TestSteps::next_due() const {
    std::optional<core::Time> next;
    for (const Step& step : steps_)
        if (!step.is_done && step.due && (!next || *step.due < *next)) next = step.due;
    return next;
}

core::Result<std::vector<engine::Input>> TestSteps::take_due(core::Time now) {
    Inputs inputs;
    for (Step& step : steps_) {
        if (step.is_done || !step.due || *step.due > now) continue;
        step.is_done = true;
        if (const auto done = act(*step.said, now, inputs); !done)
            return std::unexpected(done.error());
    }
    return inputs;
}

core::Result<> TestSteps::act(const TestStep& step, core::Time now, Inputs& inputs) const {
    switch (step.kind) {
        case Kind::approve:
        case Kind::reject:
        case Kind::answer: return answer(step, now, inputs);
        case Kind::signal: signal(step, inputs); break;
        case Kind::event: tell(step, now, inputs); break;
    }
    return {};
}

core::Result<> TestSteps::answer(const TestStep& step, core::Time now, Inputs& inputs) const {
    const std::string when = " after " + core::to_text(now - begin_);
    const auto wait = std::ranges::find_if(
        open_, [&](const runtime::OutsideWait& one) { return is_for(step, one); });
    if (wait == open_.end())
        return core::fail(runtime::RehearsalErrc::refused,
                          "the step " + name_of(step) + " comes" + when +
                              ", when it does not wait; with `after` instead of `at` it comes once "
                              "it does");
    const What what = wait->wait.what;
    const bool is_decision = step.kind != Kind::answer;
    if ((is_decision && what != What::approval) || (!is_decision && what != What::webhook)) {
        const std::string_view remedy = what == What::approval  ? "approve or reject it"
                                        : what == What::webhook ? "answer it with `answer`"
                                        : what == What::signal  ? "it waits for a signal"
                                                                : "it waits for an event";
        return core::fail(runtime::RehearsalErrc::refused,
                          "the step " + name_of(step) + " does not fit; " + std::string{remedy});
    }
    inputs.emplace_back(engine::AnswerWait{test_token, wait->wait.id, wait->wait.run,
                                           is_decision ? decision_of(step, now) : call_of(step),
                                           false});
    return {};
}

void TestSteps::signal(const TestStep& step, Inputs& inputs) const {
    const auto wait = std::ranges::find_if(
        open_, [&](const runtime::OutsideWait& one) { return is_for(step, one); });
    const core::ExecutionId id = wait == open_.end() ? id_ : wait->wait.id;
    inputs.emplace_back(engine::SendSignal{test_token, id, step.target, step.data});
}

void TestSteps::tell(const TestStep& step, core::Time now, Inputs& inputs) const {
    const Value event = event_of(step, now);
    for (const runtime::OutsideWait& one : open_)
        if (one.wait.what == What::event && wants(one, event))
            inputs.emplace_back(
                engine::AnswerWait{test_token, one.wait.id, one.wait.run, event, false});
}

std::vector<std::string> TestSteps::left() const {
    std::vector<std::string> sentences;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        if (steps_[i].is_done) continue;
        const std::string name = "steps[" + std::to_string(i) + "], " + name_of(*steps_[i].said);
        sentences.push_back(name + (steps_[i].due ? ", comes too late: all has ended before"
                                                  : ", never came: nothing has waited for it"));
    }
    return sentences;
}

}  // namespace millrace::cli
