// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "container_state.hpp"
#include "millrace/engine/execution_view.hpp"

namespace millrace::engine {

/// One scope instance as people see it.
struct ScopeView {
    /// What is known of a node before the record that makes it public.
    struct Pending {
        std::vector<PortValue> outputs;          ///< of an attempt or a wait that is not over
        std::optional<std::int64_t> backoff_ms;  ///< before the next attempt
    };

    std::uint32_t scope = 0;                       ///< the PlanScope
    RunKey container;                              ///< not used for the top level
    std::uint32_t index = 0;                       ///< of the iteration
    std::string path;                              ///< `loop[3]`; empty for the top level
    core::Value item;                              ///< what entered it
    std::shared_ptr<const core::Failure> failure;  ///< what ended it
    std::optional<RunKey> undoes;                  ///< here that run is undone
    /// By place in the PlanScope, as the next two, and behind them those that undo others: what
    /// becomes of such a one is shown beside what it undoes, as long as that is kept.
    std::vector<NodeView> nodes;
    std::vector<Pending> pending;
    std::vector<std::optional<core::Value>> links;  ///< what filtered or transformed ones delivered
    std::map<std::uint32_t, ContainerState> containers;  ///< that are open, by place
};

/// A completed run that may have to be undone.
struct UndoView {
    std::string place;  ///< path of its scope
    core::Value input;  ///< what undoing it gets
};

/// A run that waits for an answer, or what came before anybody waited for it.
struct WaitView {
    RunKey run;
    std::string signal;   ///< its name; empty: it is about `run` alone
    core::Value content;  ///< of what came
};

struct ViewState {
    core::ExecutionId id;
    std::shared_ptr<const Plan> plan;
    std::string wanted;  ///< the scope whose runs are kept
    core::ExecutionStatus status = core::ExecutionStatus::pending;
    std::map<std::uint32_t, ScopeView> scopes;         ///< live instances by number; 0 stays
    std::vector<ScopeView> kept;                       ///< closed ones that were asked for
    std::map<std::uint32_t, std::size_t> kept_places;  ///< in `kept`, by number
    /// Runs that may have to be undone.
    std::map<RunKey, UndoView> undos;
    std::vector<WaitView> waits;  ///< in the order in which they began
    std::vector<WaitView> letters;
    core::NodeIndex trigger;
    core::Value trigger_data;
    core::Value inputs;
    core::Value variables;
    core::Value outputs;
    core::Value labels;
    core::Value given_inputs;  ///< by path: what replaces a run's first input
    std::string forked_from;
    std::string from_path;
    std::string paused_before;
    std::string parent_id;  ///< of the execution that has started it; empty: none
    std::string parent_path;
    std::string trace_id;  ///< empty: its own
    std::string parent_span;
    std::optional<core::Time> start_at;    ///< it was not to start before
    std::optional<std::int32_t> priority;  ///< none: the workflow's
    bool is_mocked = false;
    std::optional<core::Failure> error;
    core::Time created_at;
    std::optional<core::Time> started_at;
    std::optional<core::Time> completed_at;
    std::uint64_t last_event = 0;
    std::uint32_t last_started = 0;  ///< the execution order given last

    /// A scope of which nothing has happened yet.
    ScopeView fresh(std::uint32_t plan_scope, std::string path) const;
    bool is_wanted(const ScopeView& scope) const;

    // Lookups in what is live.

    ScopeView* find_scope(std::uint32_t number);
    const ScopeView* find_scope(std::uint32_t number) const;
    std::uint32_t local(const RunKey& run) const { return plan->node(run.node).local; }
    /// Null when there is no such run, or no longer.
    NodeView* find(const RunKey& run);
    /// The instance of that number, live or kept.
    ScopeView* shown_scope(std::uint32_t number);
    /// Where it is shown what becomes of the node that undoes `run`; null when it is not kept.
    NodeView* shown_undo(const RunKey& run);
    /// What was never needed is skipped.
    void skip_idle_undos();
    /// The run may have to be undone from now on; or it has itself undone another.
    void note_undo(const NodeView& node, const RunCompleted& r);
    /// Of a node that undoes another: `{undoes: PATH}`; else null.
    core::Value undone_path(const RunKey& run) const;
    void start_undo(const UndoStarted& r);
    std::optional<NodeView> skip_undo(const UndoSkipped& r, core::Time at);

    // Of a run that was found.

    ScopeView& scope_of(const RunKey& run) { return scopes.at(run.scope); }
    const ScopeView& scope_of(const RunKey& run) const { return scopes.at(run.scope); }
    ScopeView::Pending& pending(const RunKey& run) { return scope_of(run).pending[local(run)]; }
    ContainerState* container_of(const RunKey& run);
    /// What the connection brought to its target; nothing when it is dead or not settled.
    const core::Value* delivered(const ScopeView& scope, core::ConnectionIndex index) const;
    const core::Value* put_out(const ScopeView& scope, const PlanConnection& connection) const;
    core::Value primary_input(const RunKey& run) const;
    /// A container's outputs are not recorded: they are what its iterations have brought.
    std::vector<PortValue> take_container_outputs(const RunKey& run);
    void open_scope(const ScopeOpened& r);
    void count(NodeView& owner, ContainerState& container, const ScopeView& scope,
               ScopeOutcome outcome);

    // What runs wait for.

    /// What has come for the run already; else it waits from now on.
    std::optional<core::Value> take_letter(const WaitOpened& r);
    /// Whether somebody waited for it; else it is kept.
    bool take_signal(const SignalReceived& r);
    bool take_answer(const AnswerReceived& r);
    void forget_wait(const RunKey& run);
};

/// Can the container have such an iteration? A damaged journal may say anything.
bool may_open(const ContainerState& container, core::ContainerKind kind, std::uint32_t index);

/// What follows from a failure, as events name it.
std::string_view to_text(FailedThen then);

}  // namespace millrace::engine
