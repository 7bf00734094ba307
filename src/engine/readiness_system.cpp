// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "systems.hpp"

namespace millrace::engine {
namespace {

/// The failed node takes over what its fallback brought about.
void settle_by_fallback(Turn& turn, RunRef failed) {
    const RunRef fallback{failed.scope, *turn.node(failed.node).fallback};
    const RunKey key = turn.key(failed);
    if (turn.run(fallback).status == core::NodeStatus::completed) {
        std::vector<PortValue> outputs;
        for (const PortValue& output : turn.data(fallback).outputs) {
            if (output.port == turn.node(fallback.node).primary)
                outputs.push_back({turn.node(failed.node).primary, output.value});
        }
        turn.record(RunCompleted{key, CompletedBy::fallback, std::move(outputs)});
        return;
    }
    core::Failure failure = *turn.data(failed).failure;
    if (turn.data(fallback).failure) {
        const auto original = std::make_shared<core::Failure>(std::move(failure));
        failure = *turn.data(fallback).failure;
        failure.node_id = turn.node(failed.node).id;
        failure.message = "fallback " + turn.node(fallback.node).id + " failed: " + failure.message;
        failure.cause = original;
    }
    turn.record(RunFailed{key, FailedThen::proceed, std::move(failure)});
}

}  // namespace

bool ReadinessSystem::decide(Turn& turn) {
    Agenda& agenda = turn.x.agenda;
    if (!agenda.skips.empty()) {
        turn.record(RunSkipped{turn.key(agenda.skips.front())});
        return true;
    }
    if (agenda.outcomes.empty()) return false;
    const RunRef run = agenda.outcomes.front();
    if (turn.run(run).phase == Phase::awaiting_fallback) {
        settle_by_fallback(turn, run);
    } else {
        const bool waited = is_wait(turn.node(run.node).role());
        turn.record(
            RunCompleted{turn.key(run), waited ? CompletedBy::wait : CompletedBy::attempt, {}});
    }
    return true;
}

}  // namespace millrace::engine
