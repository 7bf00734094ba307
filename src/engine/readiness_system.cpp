// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "systems.hpp"

namespace millrace::engine {
namespace {

/// The failed node takes over what its fallback brought about.
void settle_by_fallback(Turn& turn, core::NodeIndex failed) {
    const core::NodeIndex fallback = *turn.node(failed).fallback;
    const RunKey key{0, failed, 0};
    if (turn.run(fallback).status == core::NodeStatus::completed) {
        std::vector<PortValue> outputs;
        for (const PortValue& output : turn.data(fallback).outputs)
            if (output.port.value == 0) outputs.push_back(output);
        turn.record(RunCompleted{key, CompletedBy::fallback, std::move(outputs)});
        return;
    }
    core::Failure failure = *turn.data(failed).failure;
    if (turn.data(fallback).failure) {
        const auto original = std::make_shared<core::Failure>(std::move(failure));
        failure = *turn.data(fallback).failure;
        failure.node_id = turn.node(failed).id;
        failure.message = "fallback " + turn.node(fallback).id + " failed: " + failure.message;
        failure.cause = original;
    }
    turn.record(RunFailed{key, FailedThen::proceed, std::move(failure)});
}

}  // namespace

bool ReadinessSystem::decide(Turn& turn) {
    Agenda& agenda = turn.x.agenda;
    if (!agenda.skips.empty()) {
        turn.record(RunSkipped{{0, agenda.skips.front(), 0}});
        return true;
    }
    if (agenda.outcomes.empty()) return false;
    const core::NodeIndex node = agenda.outcomes.front();
    const RunState& run = turn.run(node);
    if (run.phase == Phase::awaiting_fallback) {
        settle_by_fallback(turn, node);
    } else {
        const bool waited = turn.node(node).role() == core::NodeRole::delay;
        turn.record(
            RunCompleted{{0, node, 0}, waited ? CompletedBy::wait : CompletedBy::attempt, {}});
    }
    return true;
}

}  // namespace millrace::engine
