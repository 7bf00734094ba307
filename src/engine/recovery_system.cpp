// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "millrace/core/random.hpp"
#include "systems.hpp"
#include "timing.hpp"

namespace millrace::engine {
namespace {

/// Names what a random number is for, so that no two uses share one.
constexpr std::uint64_t purpose_retry_jitter = 1;
constexpr core::Duration retry_after_max{std::int64_t{100} * 365 * 24 * 3'600'000};

bool is_retried(const core::RetryPolicy& policy, const core::Failure& failure) {
    return std::any_of(policy.retry_on.begin(), policy.retry_on.end(), [&](const auto& name) {
        return name == core::to_text(failure.error_class) || name == failure.code;
    });
}

/// min(delay · backoff^(n-1), max_delay), shortened by up to the jitter's share; never earlier
/// than the peer asked for.
core::Duration backoff(const Turn& turn, const RunState& run, const core::RetryPolicy& policy,
                       const core::Failure& failure) {
    double ms = static_cast<double>(policy.delay.ms);
    const double most = static_cast<double>(policy.max_delay.ms);
    for (std::uint32_t i = 1; i < run.attempt && ms < most; ++i)
        ms *= policy.backoff;
    ms = std::min(ms, most);
    // Instances have numbers of their own, so that iterations do not all wait for the same time.
    const std::uint64_t place = std::uint64_t{run.scope} << 32 | run.node.value;
    const std::uint64_t purpose =
        purpose_retry_jitter << 32 | std::uint64_t{turn.x.generation} << 48 | run.attempt;
    const std::uint64_t bits =
        core::counter_random(turn.x.seed_high, turn.x.seed_low, place, purpose);
    ms *= 1.0 - policy.jitter * core::unit_interval(bits);
    const auto delay = static_cast<std::int64_t>(std::llround(ms));
    // A peer may send any number; the sum with a time must stay one.
    const std::int64_t asked = std::min(failure.retry_after_ms.value_or(0), retry_after_max.ms);
    return {std::max(delay, asked)};
}

std::optional<RetryScheduled> next_retry(const Turn& turn, const RunState& run,
                                         const core::Failure& failure) {
    const PlanNode& node = turn.node(run.node);
    // Attempt 0 means that a connection failed before the node could try anything.
    if (!node.retry || run.attempt == 0) return std::nullopt;
    if (run.attempt >= node.retry->max_attempts || !is_retried(*node.retry, failure))
        return std::nullopt;
    const core::Duration delay = backoff(turn, run, *node.retry, failure);
    const core::Time due = turn.now() + delay;
    // Also when the deadline itself is what failed.
    if (node.deadline && due >= run.first_started + *node.deadline) return std::nullopt;
    return RetryScheduled{turn.key(run.ref()), run.attempt + 1, due, delay.ms};
}

void expire(Turn& turn, RunRef ref) {
    const RunState& run = turn.run(ref);
    core::Failure failure = expiry_failure(turn.node(ref.node), run);
    if (run.phase == Phase::containing) {
        turn.record(ContainerStopped{turn.key(ref), ContainerStop::failed, std::move(failure)});
        return;
    }
    if (run.phase == Phase::attempting) turn.abort(ref);
    turn.record(AttemptFailed{turn.key(ref), run.attempt, std::move(failure), ""});
}

void resume_interrupted(Turn& turn, RunRef ref) {
    const PlanNode& node = turn.node(ref.node);
    if (node.on_interrupt == core::OnInterrupt::rerun) {
        DispatchSystem::reissue(turn, ref);
        return;
    }
    core::Failure failure;
    failure.code = "interrupted";
    failure.error_class = core::ErrorClass::internal;
    failure.message =
        "the process ended during this attempt; on_interrupt: fail forbids to run it again";
    failure.node_id = node.id;
    failure.attempt = turn.run(ref).attempt;
    turn.record(AttemptFailed{turn.key(ref), failure.attempt, failure, ""});
}

void recover(Turn& turn, RunRef ref) {
    const RunState& run = turn.run(ref);
    const PlanNode& node = turn.node(ref.node);
    const core::Failure failure = *turn.data(ref).failure;
    const RunKey key = turn.key(ref);
    if (auto retry = next_retry(turn, run, failure)) {
        turn.record(*retry);
        return;
    }
    switch (node.on_failure) {
        case FailureHandling::stop: turn.record(RunFailed{key, FailedThen::stop, failure}); return;
        case FailureHandling::proceed:
            turn.record(RunFailed{key, FailedThen::proceed, failure});
            return;
        case FailureHandling::error_port:
            turn.record(RunFailed{key, FailedThen::error_port, failure});
            return;
        case FailureHandling::fallback:
            turn.record(RunFailed{key, FailedThen::fallback, failure});
            return;
        case FailureHandling::default_value:
            turn.record(RunCompleted{
                key, CompletedBy::default_value, {{node.primary, node.default_value}}});
            return;
    }
}

}  // namespace

bool RecoverySystem::decide_expired(Turn& turn) {
    if (turn.x.agenda.expired.empty()) return false;
    expire(turn, turn.x.agenda.expired.front());
    return true;
}

bool RecoverySystem::decide(Turn& turn) {
    Agenda& agenda = turn.x.agenda;
    if (decide_expired(turn)) return true;
    if (!agenda.interrupted.empty()) {
        resume_interrupted(turn, agenda.interrupted.front());
    } else if (!agenda.failures.empty()) {
        recover(turn, agenda.failures.front());
    } else {
        return false;
    }
    return true;
}

}  // namespace millrace::engine
