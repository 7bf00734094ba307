// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "container_state.hpp"
#include "fifo.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/status.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/ecs/entity.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/engine/record.hpp"
#include "open_runs.hpp"
#include "phase.hpp"
#include "run_ref.hpp"
#include "undo.hpp"

namespace millrace::engine {

// The components of the World: one entity per execution, per scope instance, per node run and per
// connection. All of it is a function of the records so far; only `apply` writes it.

/// What is to be decided next, in the order in which records made it due. The systems take from
/// the front; a decision's own record takes the item away, so that a rebuilt World decides the
/// same.
struct Agenda {
    Fifo<LinkRef> links;           ///< live, and its filter or transform is not evaluated yet
    Fifo<RunRef> skips;            ///< settled, and a required port is dead
    Fifo<RunRef> outcomes;         ///< attempt succeeded, wait over, fallback finished
    Fifo<RunRef> expired;          ///< a timeout or the deadline fired
    Fifo<RunRef> failures;         ///< attempt failed
    Fifo<RunRef> interrupted;      ///< open when the process went away
    Fifo<RunRef> pure_starts;      ///< ready, computed in the frame
    Fifo<RunRef> effect_starts;    ///< ready, limited by max_parallel_nodes
    Fifo<std::uint32_t> closings;  ///< scope instances of which everything has ended in order
    Fifo<RunRef> containers;       ///< may open an iteration or a part, or have come to their end

    /// Calls `visit` with each queue of runs.
    template <class Self, class Visit>
    static void each_run_queue(Self& agenda, Visit visit) {
        visit(agenda.skips), visit(agenda.outcomes), visit(agenda.expired);
        visit(agenda.failures), visit(agenda.interrupted), visit(agenda.pure_starts);
        visit(agenda.effect_starts), visit(agenda.containers);
    }
    /// Forgets what is about the scope instance.
    void remove_scope(std::uint32_t scope);
    void remove_run(RunRef run);
    /// Anything to decide without waiting for a free place for an effect?
    bool empty_but_effects() const;
};

/// Why a scope instance is being wound up before all of its runs are settled.
enum class Ending : std::uint8_t {
    none = 0,
    failing = 1,    ///< a run failed, and nothing caught it
    canceling = 2,  ///< the execution is canceled; effects in flight are awaited for a while
    stopping = 3,   ///< what is around it needs it no more
};
inline constexpr Ending ending_last = Ending::stopping;

/// What an execution has used of the frame at hand. Not part of its history.
struct FrameShare {
    std::uint64_t frame = 0;  ///< counts calls of advance; a stale share belongs to an earlier one
    RowWriter* row = nullptr;
    std::size_t first_effect = 0;  ///< effects of the frame before this one's first
    std::size_t transitions = 0;
    bool created = false;
    bool used_up = false;  ///< work is left, and the next frame does it
};

/// One instance of a PlanScope: the top level, an iteration, a part of a try, or what a node that
/// undoes another runs in; that undoes the last of `undos` of the instance that is its container's.
struct ScopeState {
    std::uint32_t id = 0;     ///< counts up within the execution; 0: the top level
    std::uint32_t scope = 0;  ///< the PlanScope
    RunRef container;         ///< not used for the top level
    std::uint32_t index = 0;  ///< of the iteration
    Ending ending = Ending::none;
    std::vector<ecs::Entity> runs;   // by place in the PlanScope
    std::vector<ecs::Entity> links;  // the same
    std::uint32_t unfinished = 0;    ///< runs without a terminal status
    std::uint32_t open = 0;          ///< attempts handed out or being computed
    std::uint32_t containing = 0;    ///< containers that wait for what lives in them
    std::uint32_t open_results = 0;  ///< connections to the container's result that are not settled
    core::Value item;                ///< what left the container by the entry
    std::shared_ptr<const core::Failure> failure;  ///< for Ending::failing
    std::vector<Undo> undos;                       ///< in the order in which they completed
};

/// A run that waits for an answer.
struct OpenWait {
    RunRef run;
    WaitKind kind = WaitKind::signal;
    std::string signal;  ///< its name, for that kind
};
/// A signal or an answer that nobody waits for yet.
struct Letter {
    std::string signal;  ///< its name; empty: an answer for `run`
    RunRef run;
    core::Value content;
};
/// An execution that an open attempt has started and is ended by.
struct OpenChild {
    RunRef run;
    std::string id;
    bool abandons = false;
};

/// An operator's and the limits' hold on an execution, and whose part it is.
struct Control {
    std::int32_t priority = 0;
    bool mock_external = false;
    bool has_permit = false;
    bool is_paused = false;
    bool is_stepping = false;  ///< runs until the next start is due
    bool may_start = false;    ///< while stepping: one more run
    core::Time paused_at;
    core::Duration paused_for{0};  ///< in all earlier pauses
    core::Value labels;
    core::Value pins;
    core::Value inputs;
    std::vector<core::NodeIndex> breakpoints;  ///< sorted
    std::string forked_from;
    std::string from_path;
    std::optional<core::Time> start_at;  ///< not before; none: at once
    std::optional<ParentLink> parent;
    std::optional<TraceContext> trace;
};

struct ExecutionState {
    core::ExecutionId id;
    std::shared_ptr<const Plan> plan;
    core::ExecutionStatus status = core::ExecutionStatus::pending;
    std::uint64_t next_seq = 1;
    core::Time last_at;           ///< of the last record
    std::uint32_t continued = 0;  ///< frames that only went on with what an earlier one left
    core::Time created_at;
    core::Time started_at;
    std::uint32_t semantics = engine_semantics;
    core::NodeIndex trigger;
    core::Value input;
    core::Value trigger_data;
    core::Value variables;
    std::uint64_t seed_high = 0;
    std::uint64_t seed_low = 0;

    ScopeState top;
    /// The other live scope instances; ids rise.
    std::vector<std::pair<std::uint32_t, ecs::Entity>> scopes;
    std::uint32_t last_scope = 0;        ///< id given last
    std::vector<std::uint32_t> endings;  ///< instances that are being wound up, sorted
    std::uint32_t generation = 0;        ///< how often the workflow was tried anew
    std::optional<core::Time> restart_due;
    std::uint32_t open = 0;          ///< attempts handed out or being computed
    std::uint32_t open_effects = 0;  ///< those that count against max_parallel_nodes
    std::uint32_t timed = 0;         ///< runs that wait for a timer, and a restart that does

    bool fails_for_good = false;  ///< because of settings.timeout or of its outputs
    std::string cancel_reason;    ///< for Ending::canceling of the top level
    std::optional<core::Time> cancel_grace_due;
    bool cancel_forced = false;        ///< the grace is over, a second cancel came, or a crash did
    bool cancel_seen = false;          ///< people have asked for the end
    bool skips_cleanup = false;        ///< and have asked again
    bool skips_undos = false;          ///< and once more, or when there was no grace to cut short
    std::uint32_t undoing = 0;         ///< the instance in which a run is being undone; 0: none
    std::unique_ptr<Control> control;  ///< null: nothing was asked of it

    OpenRuns<OpenWait> waits;
    std::vector<Letter> letters;  ///< in the order in which they came
    OpenRuns<OpenChild> children;
    bool has_responded = false;  ///< to whoever started it

    Agenda agenda;

    // What the store holds of it. Snapshots are written when as much journal has been.
    std::uint64_t snapshot_seq = 0;  ///< the last record that the newest snapshot contains
    std::size_t snapshot_bytes = 0;
    std::size_t journal_bytes = 0;  ///< since the newest snapshot
    bool was_parked = false;
    FrameShare share;

    bool is_ending() const { return top.ending != Ending::none; }
    bool is_paused() const { return control && control->is_paused; }
    /// Its time has not come; nor will it, once it is canceled.
    bool is_delayed() const { return control && control->start_at; }
    bool waits_to_start() const { return is_delayed() && !is_ending(); }
    /// Its parent's place among the executions at once is its own.
    bool is_awaited() const { return control && control->parent && control->parent->waits; }
    bool is_limited() const { return plan->settings().max_concurrent_executions && !is_awaited(); }
    /// Attempts in somebody's hands.
    std::uint32_t in_flight() const { return open - static_cast<std::uint32_t>(children.size()); }
    const OpenChild* child_of(RunRef run) const { return children.find(run); }
    const OpenWait* wait_of(RunRef run) const { return waits.find(run); }
    RunKey key(RunRef run) const { return {run.scope, run.node, generation}; }
};

struct RunState {
    core::NodeIndex node;
    std::uint32_t scope = 0;  ///< instance
    Phase phase = Phase::blocked;
    core::NodeStatus status = core::NodeStatus::pending;
    bool is_released = false;     ///< a breakpoint before it has been passed
    std::uint32_t unsettled = 0;  ///< connections into this run that are neither live nor dead
    std::uint32_t attempt = 0;
    std::uint32_t reissued = 0;
    std::uint32_t operator_retries = 0;
    TimerPurpose expired = TimerPurpose::attempt_timeout;  ///< which clock put it on `expired`
    core::Time first_started;                              ///< the deadline counts from here
    core::Time attempt_started;                            ///< the timeout counts from here
    core::Time wait_due;                                   ///< of a delay or a retry

    RunRef ref() const { return {scope, node}; }
};

struct RunData {
    std::vector<PortValue> outputs;  ///< final once the run is completed
    std::vector<PortValue> pending;  ///< of the attempt that succeeded, or of the wait
    std::shared_ptr<const core::Failure> failure;
    std::unique_ptr<ContainerState> container;  ///< of a container that has opened
};

struct LinkState {
    enum class Settled : std::uint8_t { open = 0, live = 1, dead = 2 };
    Settled settled = Settled::open;
    /// What arrived; while a filter or transform is due, what is to be evaluated.
    core::Value value;
};

}  // namespace millrace::engine
