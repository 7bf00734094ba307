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
/// What an executor brings back. Counts only while that attempt is open; else it is dropped.
struct Completion {
    core::ExecutionId id;
    RunKey run;
    std::uint32_t attempt = 1;
    std::variant<std::vector<PortValue>, core::Failure> outcome;
    std::string executor;
    core::Value note;  ///< of a PureJob's Emit
};
/// Sent once for each execution that was restored after its process had gone, at the front of the
/// inbox: it fixes which attempts were interrupted before any new one starts or any timer fires.
struct RecoverExecution {
    core::ExecutionId id;
};
using Input =
    std::variant<CreateExecution, CancelExecution, Completion, RecoverExecution, PauseExecution,
                 ResumeExecution, ChangeVariables, SetBreakpoints, StepExecution, CommandNode>;

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
};
/// An attempt that no longer counts; the executor should stop working on it.
struct Abort {
    core::ExecutionId id;
    RunKey run;
    std::uint32_t attempt = 1;
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

    std::vector<Effect> effects;
    std::vector<Abort> aborts;
    std::vector<Answer> answers;
    /// Parked executions that may start now; the shell is to restore them.
    std::vector<core::ExecutionId> wanted;

    bool has_records() const { return !journal.empty(); }
};

}  // namespace millrace::engine
