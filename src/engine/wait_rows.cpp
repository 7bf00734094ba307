// SPDX-License-Identifier: Apache-2.0
#include "wait_rows.hpp"

#include <algorithm>
#include <utility>

#include "record_fields.hpp"

namespace millrace::engine {
namespace {

using What = WaitRow::What;
using State = WaitRow::State;

What what_of(WaitKind kind) {
    switch (kind) {
        case WaitKind::signal: return What::signal;
        case WaitKind::webhook: return What::webhook;
        case WaitKind::approval: return What::approval;
        case WaitKind::event: return What::event;
    }
    return What::signal;
}

WaitRow opened(const Turn& turn, const RunKey& key) {
    const RunRef run{key.scope, key.node};
    const PlanIdentity& identity = turn.plan().identity();
    WaitRow row;
    row.id = turn.x.id;
    row.run = key;
    row.at = turn.now();
    row.path = turn.all.path(turn.x, run);
    row.node_id = turn.node(run.node).id;
    row.workflow_id = identity.workflow_id;
    row.workflow_version = identity.version;
    return row;
}

WaitRow closed(const Turn& turn, const RunKey& key, State state, core::Value answer = {}) {
    WaitRow row;
    row.id = turn.x.id;
    row.run = key;
    row.state = state;
    row.at = turn.now();
    row.answer = std::move(answer);
    return row;
}

/// What the record says of the end of a wait; of any run that it ends.
std::pair<State, core::Value> end_of_wait(const RecordBody& body) {
    if (const auto* signal = std::get_if<SignalReceived>(&body))
        return {State::answered, signal->data};
    if (const auto* answer = std::get_if<AnswerReceived>(&body))
        return {State::answered, answer->answer};
    if (std::holds_alternative<TimerFired>(body)) return {State::expired, {}};
    return {State::ended, {}};
}

State end_of_child(const RecordBody& body) {
    const auto* failed = std::get_if<AttemptFailed>(&body);
    const bool was_told = std::holds_alternative<AttemptSucceeded>(body) ||
                          (failed != nullptr && !failed->executor.empty());
    return was_told ? State::answered : State::ended;
}

void note_opened(Turn& turn, const WaitOpened& record) {
    WaitRow row = opened(turn, record.run);
    row.what = what_of(record.kind);
    row.name = record.name;
    row.details = record.details;
    if (record.is_limited) row.until = record.until;
    turn.frame.waits.push_back(std::move(row));
    const RunRef run{record.run.scope, record.run.node};
    if (turn.x.wait_of(run) != nullptr) return;
    // What it waits for was there already.
    const std::vector<PortValue>& answer = turn.data(run).pending;
    turn.frame.waits.push_back(closed(turn, record.run, State::answered,
                                      answer.empty() ? core::Value{} : answer.front().value));
}

void note_detached(Turn& turn, const AttemptDetached& record) {
    WaitRow row = opened(turn, record.run);
    row.what = What::child;
    row.name = record.child;
    row.details = core::Value::object({{"attempt", record.attempt}, {"abandons", record.abandons}});
    turn.frame.waits.push_back(std::move(row));
}

/// Their clocks stood still in the pause that is over.
void note_postponed(Turn& turn) {
    for (const OpenWait& wait : turn.x.waits.items()) {
        const core::Time until = turn.run(wait.run).wait_due;
        if (until == time_max) continue;
        turn.frame.postponed.push_back({turn.x.id, turn.key(wait.run), until});
    }
}

/// Tells the parent that waits for it.
void note_end(Turn& turn, std::variant<core::Value, core::Failure> outcome) {
    if (!turn.x.is_awaited()) return;
    turn.frame.child_ends.push_back({*turn.x.control->parent, turn.x.id, std::move(outcome)});
}

core::Failure canceled_child(const Turn& turn, const std::string& reason) {
    core::Failure failure;
    failure.code = "child_canceled";
    failure.error_class = core::ErrorClass::canceled;
    failure.message = "execution " + turn.x.id.text() + " of workflow `" +
                      turn.plan().identity().workflow_id + "` was canceled" +
                      (reason.empty() ? "" : ": " + reason);
    return failure;
}

}  // namespace

void note_links(Turn& turn, const RecordBody& body) {
    if (const auto* response = std::get_if<Responded>(&body)) {
        turn.frame.responses.push_back({turn.x.id, response->response});
    } else if (const auto* completed = std::get_if<ExecutionCompleted>(&body)) {
        note_end(turn, completed->outputs);
    } else if (const auto* failed = std::get_if<ExecutionFailed>(&body)) {
        note_end(turn, failed->failure);
    } else if (const auto* canceled = std::get_if<ExecutionCanceled>(&body)) {
        note_end(turn, canceled_child(turn, canceled->reason));
    }
}

void note_waits(Turn& turn, const Applier::Ended& ended, const RecordBody& body) {
    for (const RunKey& key : ended.waits) {
        auto [state, answer] = end_of_wait(body);
        turn.frame.waits.push_back(closed(turn, key, state, std::move(answer)));
    }
    for (const RunKey& key : ended.children) {
        turn.frame.waits.push_back(closed(turn, key, end_of_child(body)));
        turn.frame.waits.back().what = What::child;
    }
    if (const auto* record = std::get_if<WaitOpened>(&body)) note_opened(turn, *record);
    if (const auto* record = std::get_if<AttemptDetached>(&body)) note_detached(turn, *record);
    if (std::holds_alternative<ResumeRequested>(body) ||
        std::holds_alternative<StepRequested>(body))
        note_postponed(turn);
}

}  // namespace millrace::engine
