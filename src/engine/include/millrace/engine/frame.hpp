// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/status.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/effect.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/engine/record.hpp"
#include "millrace/engine/secret_text.hpp"

namespace millrace::engine {

/// Names a caller that waits for an answer; 0: nobody does.
using CallToken = std::uint64_t;

// ---- What goes in -------------------------------------------------------------------------

/// The run that has started an execution.
struct ParentLink {
    core::ExecutionId id;
    RunKey run;
    std::uint32_t attempt = 1;
    std::string path;         ///< of the run
    std::uint32_t depth = 1;  ///< executions above the child
    bool waits = true;        ///< for the end of the child
};

/// The trace that work belongs to, as W3C Trace Context has it.
struct TraceContext {
    std::string trace_id;     ///< 32 lower-case hexadecimal digits
    std::string parent_span;  ///< 16 of them: the span that the work is part of; empty: none
    std::string state;        ///< `tracestate`, passed on as it is
    bool is_sampled = true;
};

/// What may be asked of an execution beside its input.
struct ExecutionOptions {
    std::optional<std::int32_t> priority;  ///< lower goes first; none: the workflow's
    core::Value labels;                    ///< object of names and texts, or null
    /// Effects are not performed: they complete at once with their type's stand-in.
    bool mock_external = false;
    /// `{NODE or PATH: {PORT: value}}`: runs that complete with these outputs instead of being run.
    core::Value pins;
    /// Ids of nodes before whose first attempt the execution pauses.
    std::vector<std::string> breakpoints;
    /// `{PATH: value}`: what a run gets at its first input instead of what arrives there.
    core::Value inputs;
    /// Of a fork: the execution whose results `pins` holds, and the run it begins with.
    std::optional<core::ExecutionId> forked_from;
    std::string from_path;
    /// It waits until then, pending, and counts against no limit before. The past is at once.
    std::optional<core::Time> start_at;
    /// One that its parent waits for takes no part in the limits of its workflow.
    std::optional<ParentLink> parent;
    std::optional<TraceContext> trace;  ///< none: one of its own

    /// Nothing that is to be recorded with its configuration.
    bool is_default() const {
        return !priority && labels.is_null() && !mock_external && pins.is_null() &&
               breakpoints.empty() && inputs.is_null() && !forked_from;
    }
};
struct CreateExecution {
    CallToken token = 0;
    core::ExecutionId id;
    std::shared_ptr<const Plan> plan;
    core::NodeIndex trigger;
    core::Value input;
    core::Value trigger_data;
    core::Value variables;  ///< as `resolve_variables` made them
    std::uint64_t seed_high = 0;
    std::uint64_t seed_low = 0;
    ExecutionOptions options;
};
struct CancelExecution {
    CallToken token = 0;
    core::ExecutionId id;
    std::string reason;
};
/// Results and timers are recorded from now on, but start nothing.
struct PauseExecution {
    CallToken token = 0;
    core::ExecutionId id;
    std::string reason;
};
struct ResumeExecution {
    CallToken token = 0;
    core::ExecutionId id;
};
/// Only while it is paused.
struct ChangeVariables {
    CallToken token = 0;
    core::ExecutionId id;
    core::Value variables;  ///< object: the new values of some
};
struct SetBreakpoints {
    CallToken token = 0;
    core::ExecutionId id;
    std::vector<std::string> nodes;  ///< all that are to be set from now on
};
/// Lets a paused execution start one run and pauses it again before the next.
struct StepExecution {
    CallToken token = 0;
    core::ExecutionId id;
};
/// Decides about one run: `charge`, or `loop[3].charge` inside a container.
struct CommandNode {
    CallToken token = 0;
    core::ExecutionId id;
    std::string path;
    NodeAction action = NodeAction::skip;
};
/// For the oldest run that waits for a signal of this name, or the next one that does.
struct SendSignal {
    CallToken token = 0;
    core::ExecutionId id;
    std::string name;
    core::Value data;
};
/// For a run that waits; `not_allowed` when it does not, or no longer.
struct AnswerWait {
    CallToken token = 0;
    core::ExecutionId id;
    RunKey run;
    core::Value answer;
    bool may_be_early = false;  ///< kept when the run does not wait yet
};
/// The attempt has started an execution, which ends it later by a completion of its own. Until then
/// nothing is in flight, and the parent may leave memory.
struct Detached {
    core::ExecutionId child;
    bool abandons = false;  ///< the child goes on when the attempt is given up
};
/// What an executor brings back. Counts only while that attempt is open; else it is dropped.
struct Completion {
    core::ExecutionId id;
    RunKey run;
    std::uint32_t attempt = 1;
    std::variant<std::vector<PortValue>, core::Failure, Detached> outcome;
    std::string executor;
    core::Value note;  ///< of a PureJob's Emit
};
/// An execution that an attempt has started has ended. Answered in any case, so that whoever tells
/// it knows that the parent was there; a late one leaves no record.
struct EndChild {
    CallToken token = 0;
    core::ExecutionId id;  ///< the parent
    Completion completion;
};
/// Sent once for each execution that was restored after its process had gone, at the front of the
/// inbox: it fixes which attempts were interrupted before any new one starts or any timer fires.
struct RecoverExecution {
    core::ExecutionId id;
};
using Input = std::variant<CreateExecution, CancelExecution, Completion, RecoverExecution,
                           PauseExecution, ResumeExecution, ChangeVariables, SetBreakpoints,
                           StepExecution, CommandNode, SendSignal, AnswerWait, EndChild>;

// ---- What comes out -----------------------------------------------------------------------

/// An attempt to perform once the frame is committed.
struct Effect {
    core::ExecutionId id;
    RunKey run;
    std::uint32_t attempt = 1;
    /// Stable over attempts and restarts; the digest of (execution, path, generation, operator
    /// retries).
    std::string idempotency_key;
    EffectRequest request;
    std::shared_ptr<const NodeDefinition> definition;
    std::string node_id;
    std::string credential;  ///< name of the stored credential to use; empty: none
    std::optional<CacheRequest> cache;
    std::vector<SecretUse> secrets;  ///< what the request's markers stand for
    std::shared_ptr<const Plan> plan;
    std::string path;  ///< of the run
    /// That its execution was started in, null: none; see `trace_of`.
    std::shared_ptr<const TraceContext> outer_trace;
};
/// An attempt that no longer counts; the executor should stop working on it.
struct Abort {
    core::ExecutionId id;
    RunKey run;
    std::uint32_t attempt = 1;
    /// Of a detached attempt: the execution to cancel; none is in the executor's hands then.
    std::optional<core::ExecutionId> child{};
};
/// The packed records of one execution in one frame.
struct JournalRow {
    core::ExecutionId id;
    std::uint64_t first_seq = 0;
    std::uint32_t count = 0;
    std::string bytes;
};
/// The execution's row: inserted once, updated once.
struct ExecutionRow {
    core::ExecutionId id;
    std::string workflow_id;
    std::uint32_t workflow_version = 1;
    std::string workflow_hash;
    core::ExecutionStatus status = core::ExecutionStatus::running;
    core::Time created_at;
    std::optional<core::Time> completed_at;
    std::optional<core::ExecutionId> forked_from;  ///< of a fork: the execution it goes on from
    std::int32_t priority = 0;                     ///< lower goes first
    std::optional<core::ExecutionId> parent;       ///< the execution that has started it
};
struct SnapshotRow {
    core::ExecutionId id;
    std::uint64_t seq = 0;  ///< the last record that the snapshot contains
    std::string bytes;
};
/// An idle execution leaves memory after this frame; the snapshot holds all of it.
struct ParkedRow {
    core::ExecutionId id;
    core::ExecutionStatus status = core::ExecutionStatus::waiting;
    std::uint64_t seq = 0;  ///< the last record that the snapshot contains
    std::string snapshot;
    std::optional<core::Time> wake_at;  ///< when its next timer is due; none: only a command wakes
    /// Of one that waits for a permit: its place among those of its workflow.
    std::string workflow_id;
    std::uint32_t workflow_version = 1;
    std::int32_t priority = 0;
    core::Time created_at;
    bool is_limited = false;  ///< counts against its workflow's limit of executions at once
};
/// Work that has failed for good: a node whose failure nothing handled, or an execution that failed
/// as a whole. (execution, path) names it.
struct DeadLetterRow {
    core::ExecutionId id;
    std::string path;     ///< of the run; empty: the execution itself
    std::string node_id;  ///< empty with the path
    std::string workflow_id;
    std::uint32_t workflow_version = 1;
    core::Failure failure;
    core::Value input;  ///< what the run got at its first input, or the execution's input
    std::uint32_t attempts = 0;
    core::Time at;
};
/// What executions share, such as the state of a circuit breaker. The newest row of a key counts.
struct SharedRow {
    std::string kind;   ///< `breaker`
    std::string key;    ///< within the kind
    std::string bytes;  ///< empty: the key is forgotten
};
/// A run that waits for something outside, or does no longer. (id, run) names it.
struct WaitRow {
    enum class What : std::uint8_t { signal, webhook, approval, event, child };
    enum class State : std::uint8_t {
        open,      ///< it waits, anew if there is such a row already
        answered,  ///< for `child`: that has ended
        expired,
        ended,  ///< given up: canceled, skipped, or done anew
    };
    core::ExecutionId id;
    RunKey run;
    State state = State::open;
    core::Time at;
    core::Value answer;  ///< of one that was answered, but for `child`
    /// Of one that is not open only whether it is `child`.
    What what = What::signal;

    // Of one that is open:
    std::string path;
    std::string node_id;
    std::string workflow_id;
    std::uint32_t workflow_version = 1;
    /// Of the signal, the pattern of the event, or the child's id.
    std::string name;
    core::Value details;  ///< for `child`: `{attempt, abandons}`
    std::optional<core::Time> until;
    /// Of webhooks and approvals: what the link's token is known by; the engine leaves it empty.
    std::string token_hash;
};
/// A run that waits until another time now: its clock stood still while its execution was paused.
struct PostponedWait {
    core::ExecutionId id;
    RunKey run;
    core::Time until;
};
/// What whoever started the execution gets for an answer.
struct Response {
    core::ExecutionId id;
    core::Value value;
};
/// An execution that another one waits for has ended.
struct ChildEnd {
    ParentLink parent;
    core::ExecutionId child;
    std::variant<core::Value, core::Failure> outcome;  ///< its outputs, or why there are none
};
enum class CommandErrc {
    not_found,
    already_exists,
    already_finished,
    too_large,
    not_allowed,          ///< not in the state that the execution or the run is in
    unknown_node,         ///< no node or run of that name
    bad_variable,         ///< unknown, or not an object of variables
    bad_option,           ///< pins or breakpoints that do not fit the workflow
    too_many_executions,  ///< the workflow's limit is reached and it refuses further ones
};
std::string_view code_text(CommandErrc code);

struct Answer {
    CallToken token = 0;
    core::Result<> result;
};

/// One turn of a shard. The first part goes to the store in one transaction; the rest is released
/// only after that commit.
struct Frame {
    std::uint64_t number = 0;
    core::Time now;

    std::vector<JournalRow> journal;  // one per execution, in the order they were first touched
    std::vector<ExecutionRow> inserted;
    std::vector<ExecutionRow> finished;
    std::vector<SnapshotRow> snapshots;
    std::vector<ParkedRow> parked;
    /// Were parked and have gone on since; the store forgets that they were.
    std::vector<core::ExecutionId> unparked;
    std::vector<DeadLetterRow> dead_letters;
    std::vector<SharedRow> shared;
    std::vector<PostponedWait> postponed;  ///< to be written before `waits`
    std::vector<WaitRow> waits;            ///< in the order in which it happened

    std::vector<Effect> effects;
    std::vector<Abort> aborts;
    std::vector<Answer> answers;
    std::vector<Response> responses;
    std::vector<ChildEnd> child_ends;
    /// Parked executions that may start now; the shell is to restore them.
    std::vector<core::ExecutionId> wanted;

    bool has_records() const { return !journal.empty(); }
};

}  // namespace millrace::engine
