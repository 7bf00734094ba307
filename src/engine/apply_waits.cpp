// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "apply.hpp"
#include "millrace/core/ids.hpp"
#include "record_fields.hpp"

// What runs that wait for somebody outside do to the state, and executions that belong to others.

namespace millrace::engine {
namespace {

Control& control_of(ExecutionState& x) {
    if (!x.control) {
        x.control = std::make_unique<Control>();
        x.control->priority = x.plan->settings().priority;
    }
    return *x.control;
}

}  // namespace

void Applier::on(ExecutionState& x, const ExecutionLinked& r) {
    const auto parent = core::ExecutionId::parse(r.parent);
    if (!expect(parent.has_value() && x.status == core::ExecutionStatus::pending,
                "it has no such parent"))
        return;
    control_of(x).parent = ParentLink{*parent, r.parent_run, r.attempt, r.path, r.depth, r.waits};
}

void Applier::on(ExecutionState& x, const ExecutionTraced& r) {
    if (!expect(x.status == core::ExecutionStatus::pending, "it has started before")) return;
    control_of(x).trace = TraceContext{r.trace_id, r.parent_span, r.state, r.is_sampled};
}

void Applier::on(ExecutionState& x, const SignalReceived& r) {
    const auto waits = x.waits.items();
    const auto waiting = std::ranges::find_if(waits, [&](const OpenWait& wait) {
        return wait.kind == WaitKind::signal && wait.signal == r.name;
    });
    if (waiting == waits.end()) {
        x.letters.push_back({r.name, {}, r.data});
    } else {
        answer(x, executions_.run(x, (*waiting).run), r.data);
    }
}

void Applier::on(ExecutionState& x, const AnswerReceived& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr || !expect(run->phase != Phase::done, "the run has ended")) return;
    if (x.wait_of(run->ref()) != nullptr) {
        answer(x, *run, r.answer);
    } else {
        x.letters.push_back({"", run->ref(), r.answer});
    }
}

void Applier::on(ExecutionState& x, const AttemptDetached& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    const bool is_effect = x.plan->node(run->node).role() == core::NodeRole::effect;
    const bool may = is_effect && run->phase == Phase::attempting && run->attempt == r.attempt &&
                     x.child_of(run->ref()) == nullptr &&
                     core::ExecutionId::parse(r.child).has_value();
    if (!expect(may, "the attempt is not in anybody's hands")) return;
    x.agenda.interrupted.remove_if([&](RunRef queued) { return queued == run->ref(); });
    x.children.push({run->ref(), r.child, r.abandons});
    --x.open_effects;
    run->status = core::NodeStatus::waiting;
}

void Applier::on(ExecutionState& x, const WaitOpened& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    leave(x, *run);
    if (!enter(*run, Phase::delaying)) return;
    const RunRef ref = run->ref();
    executions_.data(x, ref).pending = r.then;
    run->status = core::NodeStatus::waiting;
    run->wait_due = r.is_limited ? r.until : time_max;
    ++x.timed;
    const auto letter = std::ranges::find_if(x.letters, [&](const Letter& kept) {
        return r.kind == WaitKind::signal ? !kept.signal.empty() && kept.signal == r.name
                                          : kept.signal.empty() && kept.run == ref;
    });
    if (letter == x.letters.end()) {
        x.waits.push({ref, r.kind, r.kind == WaitKind::signal ? r.name : std::string{}});
        arm_run(x, *run);
        return;
    }
    core::Value content = std::move(letter->content);
    x.letters.erase(letter);
    answer(x, *run, std::move(content));
}

void Applier::answer(ExecutionState& x, RunState& run, core::Value content) {
    leave(x, run);
    if (!enter(run, Phase::succeeded)) return;
    if (x.status == core::ExecutionStatus::waiting) x.status = core::ExecutionStatus::running;
    executions_.data(x, run.ref()).pending = {{core::PortIndex{0}, std::move(content)}};
    if (!is_ending(x, run)) x.agenda.outcomes.push(run.ref());
}

void Applier::on(ExecutionState& x, const Responded& r) {
    if (run_of(x, r.run) == nullptr) return;
    if (expect(!x.has_responded, "it has responded before")) x.has_responded = true;
}

}  // namespace millrace::engine
