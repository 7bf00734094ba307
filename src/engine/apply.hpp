// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executions.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/record.hpp"
#include "state.hpp"
#include "timers.hpp"

namespace millrace::engine {

/// The only writer of state: each record has one effect on it, the same whether the record was
/// just decided or comes from the journal. Decides nothing.
class Applier {
public:
    Applier(Executions& executions, TimerQueue& timers)
        : executions_{executions}, timers_{timers} {}

    /// While a history is read back, timers of its past must not be set; `arm` sets those that are
    /// left at its end.
    void set_arming(bool on) { arming_ = on; }

    /// `journal_corrupt` when the record does not fit the state, which only damaged bytes do. The
    /// execution is then in no defined state and must be dropped.
    core::Result<> apply(ExecutionState& x, const Record& record);

    /// What the record that was applied last has ended, in the order in which that happened.
    struct Ended {
        std::vector<RunKey> waits;
        std::vector<RunKey> children;
    };
    const Ended& ended() const { return ended_; }

    /// When the first of the execution's clocks fires; nothing when none runs. O(runs).
    std::optional<core::Time> next_due(const ExecutionState& x) const;
    /// Puts the timers of a restored execution into the queue.
    void arm(const ExecutionState& x);
    /// Does this timer still stand for something that waits?
    bool is_current(const ExecutionState& x, const Timer& timer) const;

private:
    void on(ExecutionState& x, const ExecutionCreated& r);
    void on(ExecutionState& x, const CancelRequested& r);
    void on(ExecutionState& x, const AttemptSucceeded& r);
    void on(ExecutionState& x, const AttemptFailed& r);
    void on(ExecutionState& x, const TimerFired& r);
    void on(ExecutionState& x, const Recovered& r);
    void on(ExecutionState& x, const Continued& r);
    void on(ExecutionState& x, const ExecutionStarted& r);
    void on(ExecutionState& x, const AttemptStarted& r);
    void on(ExecutionState& x, const AttemptReissued& r);
    void on(ExecutionState& x, const RetryScheduled& r);
    void on(ExecutionState& x, const RunWaiting& r);
    void on(ExecutionState& x, const RunCompleted& r);
    void on(ExecutionState& x, const RunFailed& r);
    void on(ExecutionState& x, const RunSkipped& r);
    void on(ExecutionState& x, const RunCanceled& r);
    void on(ExecutionState& x, const LinkSettled& r);
    void on(ExecutionState& x, const LinkFailed& r);
    void on(ExecutionState& x, const RunNoted& r);
    void on(ExecutionState& x, const ExecutionWaiting& r);
    void on(ExecutionState& x, const ExecutionCompleted& r);
    void on(ExecutionState& x, const ExecutionFailed& r);
    void on(ExecutionState& x, const ExecutionCanceled& r);
    void on(ExecutionState& x, const ExecutionConfigured& r);
    void on(ExecutionState& x, const PermitGranted& r);
    void on(ExecutionState& x, const StartDelayed& r);
    void on(ExecutionState& x, const PauseRequested& r);
    void on(ExecutionState& x, const ResumeRequested& r);
    void on(ExecutionState& x, const VariablesChanged& r);
    void on(ExecutionState& x, const BreakpointsSet& r);
    void on(ExecutionState& x, const StepRequested& r);
    void on(ExecutionState& x, const NodeCommanded& r);
    void on(ExecutionState& x, const ExecutionPaused& r);
    void on(ExecutionState& x, const ExecutionRestarted& r);
    void on(ExecutionState& x, const ContainerOpened& r);
    void on(ExecutionState& x, const ScopeOpened& r);
    void on(ExecutionState& x, const ScopeClosed& r);
    void on(ExecutionState& x, const IterationChecked& r);
    void on(ExecutionState& x, const ContainerStopped& r);
    void on(ExecutionState& x, const UndoStarted& r);
    void on(ExecutionState& x, const UndoEnded& r);
    void on(ExecutionState& x, const UndoSkipped& r);
    void on(ExecutionState& x, const OutputsFailed& r);
    void on(ExecutionState& x, const ExecutionLinked& r);
    void on(ExecutionState& x, const ExecutionTraced& r);
    void on(ExecutionState& x, const SignalReceived& r);
    void on(ExecutionState& x, const AnswerReceived& r);
    void on(ExecutionState& x, const AttemptDetached& r);
    void on(ExecutionState& x, const WaitOpened& r);
    void on(ExecutionState& x, const Responded& r);

    /// Remembers the first contradiction; what follows is skipped.
    bool expect(bool condition, std::string_view what);
    RunState* run_of(ExecutionState& x, const RunKey& key);
    ContainerState* container_of(ExecutionState& x, const RunKey& key);
    bool enter(RunState& run, Phase phase);
    void take(ExecutionState& x, Fifo<RunRef>& queue, RunRef run);
    bool is_ending(const ExecutionState& x, const RunState& run) const {
        return executions_.scope(x, run.scope).ending != Ending::none;
    }

    void start_scope(ExecutionState& x, const ScopeState& scope);
    void make_ready(ExecutionState& x, RunState& run);
    void start_queue(ExecutionState& x, RunRef run);
    void leave(ExecutionState& x, const RunState& run);
    void finish(ExecutionState& x, RunState& run, core::NodeStatus status);
    void deliver(ExecutionState& x, RunRef run, const std::vector<PortValue>& outputs);
    void give(ExecutionState& x, LinkRef link, const core::Value& value);
    void settle(ExecutionState& x, LinkRef link, bool live, core::Value value);
    void settled(ExecutionState& x, RunState& target);
    bool take_link(ExecutionState& x, LinkRef link);
    void check_closing(ExecutionState& x, const ScopeState& scope);

    /// Ends the wait of a run with what has come for it.
    void answer(ExecutionState& x, RunState& run, core::Value content);
    void note_undo(ExecutionState& x, RunRef run, CompletedBy by);
    ScopeState* undoing_scope(ExecutionState& x, const RunKey& run, std::uint32_t owner);

    void end_scope(ExecutionState& x, std::uint32_t scope, Ending ending);
    void end_instances(ExecutionState& x, RunRef container, Ending ending);
    void end_cleanups(ExecutionState& x);
    void take_container(ExecutionState& x, RunRef container);
    void note_container(ExecutionState& x, RunRef container);
    void count_iteration(ExecutionState& x, const ScopeState& scope, ContainerState& container,
                         ScopeOutcome outcome);

    void pause(ExecutionState& x);
    void unpause(ExecutionState& x);
    void fire(ExecutionState& x, RunState& run, const TimerFired& r);
    std::optional<core::Time> clock_of(const ExecutionState& x, const RunState& run,
                                       TimerPurpose purpose) const;
    void arm_execution(const ExecutionState& x, TimerPurpose purpose);
    void arm_run(const ExecutionState& x, const RunState& run);

    Executions& executions_;
    TimerQueue& timers_;
    bool arming_ = true;
    core::Time at_;  // of the record at hand
    Ended ended_;
    bool ok_ = true;
    std::string problem_;
};

}  // namespace millrace::engine
