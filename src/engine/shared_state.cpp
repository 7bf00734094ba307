// SPDX-License-Identifier: Apache-2.0
#include "shared_state.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include "inputs_of.hpp"

namespace millrace::engine {
namespace {

Breakers::Call call_of(const Turn& turn, const RunKey& run, std::uint32_t attempt) {
    return {turn.x.id, run, attempt};
}

void note_success(Turn& turn, const AttemptSucceeded& record) {
    const PlanNode& node = turn.node(record.run.node);
    if (!node.breaker) return;
    const Breakers::Call call = call_of(turn, record.run, record.attempt);
    // What was kept from earlier says nothing about how the dependency is now.
    if (record.executor == cached_executor) {
        turn.shared->breakers.abandoned(*node.breaker, call);
    } else {
        turn.shared->breakers.succeeded(*node.breaker, call);
    }
}

/// The call was not made at all, for a reason of our own.
bool was_not_made(const core::Failure& failure) {
    static constexpr std::array<std::string_view, 5> codes{
        "bad_credential", "egress_denied", "http_queue_full", "not_allowed", "unknown_credential"};
    return failure.error_class == core::ErrorClass::canceled ||
           std::ranges::binary_search(codes, failure.code);
}

void note_failure(Turn& turn, const AttemptFailed& record) {
    const PlanNode& node = turn.node(record.run.node);
    if (!node.breaker || record.failure.code == circuit_open_code) return;
    const Breakers::Call call = call_of(turn, record.run, record.attempt);
    if (was_not_made(record.failure)) {
        turn.shared->breakers.abandoned(*node.breaker, call);
    } else if (counts_against(record.failure)) {
        turn.shared->breakers.failed(*node.breaker, call, turn.now());
    } else {
        // It answered, if only to say no.
        turn.shared->breakers.succeeded(*node.breaker, call);
    }
}

/// A failure within the body of a try is handed to whoever reads its `error`.
bool is_caught(const Turn& turn, const PlanNode& node) {
    for (std::uint32_t scope = node.scope; scope != 0; scope = turn.plan().scope(scope).parent) {
        const PlanScope& around = turn.plan().scope(scope);
        if (!around.container) continue;  // what undoes stands beside the scopes
        const auto& container = turn.node(*around.container).container;
        if (container->kind == core::ContainerKind::attempt && around.part == ScopePart::body)
            return true;
    }
    return false;
}

/// The workflow as a whole gets another try.
bool is_tried_again(const Turn& turn) {
    const core::WorkflowOnError& on_error = turn.plan().settings().on_error;
    return on_error.kind == core::WorkflowOnError::Kind::retry &&
           turn.x.generation + 1 < on_error.retry.max_attempts;
}

bool is_rehearsal(const Turn& turn) {
    return turn.x.control && turn.x.control->mock_external;
}

/// Letters are for people; a replay takes what the run was given from the history, which has all of
/// it. A thousand failures in one frame must not copy a large input a thousand times.
core::Value shown(core::Value input) {
    constexpr std::size_t weight_max = 64u << 10;
    return input.weight() > weight_max ? core::Value{} : input;
}

DeadLetterRow letter(const Turn& turn, const core::Failure& failure) {
    const PlanIdentity& identity = turn.plan().identity();
    DeadLetterRow row;
    row.id = turn.x.id;
    row.workflow_id = identity.workflow_id;
    row.workflow_version = identity.version;
    row.failure = failure;
    row.at = turn.now();
    return row;
}

void note_failed_run(Turn& turn, const RunFailed& record) {
    const PlanNode& node = turn.node(record.run.node);
    const bool stops = record.then == FailedThen::stop;
    if (!stops && record.then != FailedThen::proceed) return;
    if (is_rehearsal(turn) || (stops && (is_caught(turn, node) || is_tried_again(turn)))) return;
    // A container fails with what failed in it, which has its letter.
    const bool is_own = record.failure.node_id.empty() || record.failure.node_id == node.id;
    if (node.role() == core::NodeRole::container && !is_own) return;
    const RunRef run{record.run.scope, record.run.node};
    DeadLetterRow row = letter(turn, record.failure);
    row.path = turn.all.path(turn.x, run);
    row.node_id = node.id;
    row.input = shown(input_value(turn.all, turn.x, run, 0));
    row.attempts = turn.run(run).attempt;
    turn.frame.dead_letters.push_back(std::move(row));
}

/// A node's failure has its letter already; an execution can also fail by itself, as when its time
/// is up.
void note_failed_execution(Turn& turn, const ExecutionFailed& record) {
    if (is_rehearsal(turn) || !record.failure.node_id.empty()) return;
    DeadLetterRow row = letter(turn, record.failure);
    row.input = shown(turn.x.input);
    turn.frame.dead_letters.push_back(std::move(row));
}

}  // namespace

bool refuse_call(Turn& turn, RunRef run) {
    const PlanNode& node = turn.node(run.node);
    if (turn.shared == nullptr || !node.breaker) return false;
    const std::uint32_t attempt = turn.run(run).attempt;
    const Breakers::Call call = call_of(turn, turn.key(run), attempt);
    const auto until = turn.shared->breakers.refuse(*node.breaker, call, turn.now());
    if (!until) return false;
    core::Failure failure = circuit_open_failure(node, *until, turn.now());
    failure.attempt = attempt;
    turn.shared->refused.push_back(
        {turn.x.id, turn.key(run), attempt, std::move(failure), "breaker", {}});
    return true;
}

void note_record(Turn& turn, const RecordBody& body) {
    if (turn.shared == nullptr) return;
    if (const auto* succeeded = std::get_if<AttemptSucceeded>(&body)) {
        note_success(turn, *succeeded);
    } else if (const auto* failed = std::get_if<AttemptFailed>(&body)) {
        note_failure(turn, *failed);
    } else if (const auto* run = std::get_if<RunFailed>(&body)) {
        note_failed_run(turn, *run);
    } else if (const auto* execution = std::get_if<ExecutionFailed>(&body)) {
        note_failed_execution(turn, *execution);
    }
}

}  // namespace millrace::engine
