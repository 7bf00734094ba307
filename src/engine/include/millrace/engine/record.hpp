// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/engine/run_key.hpp"

namespace millrace::engine {

/// Rises when equal inputs may give other derived records than before. Stored with each execution.
inline constexpr std::uint32_t engine_semantics = 1;

enum class TimerPurpose : std::uint8_t {
    attempt_timeout = 0,
    deadline = 1,
    retry = 2,
    delay = 3,
    execution_timeout = 4,
    cancel_grace = 5,
    workflow_retry = 6,
    start = 7,
};
inline constexpr TimerPurpose timer_purpose_last = TimerPurpose::start;

// Records are the durable facts of an execution's history. Input records hold what came from
// outside its state; all others are derived from those before. Kinds are never reused.

struct ExecutionCreated {
    std::string workflow_id;
    std::uint32_t workflow_version = 1;
    std::string workflow_hash;
    std::uint32_t semantics = engine_semantics;
    core::NodeIndex trigger;
    core::Value input;         ///< the business input, `inputs` in expressions
    core::Value trigger_data;  ///< what the trigger emits; stored once when it is the input
    core::Value variables;     ///< object with the value of every variable
    std::uint64_t seed_high = 0;
    std::uint64_t seed_low = 0;
};
struct CancelRequested {
    std::string reason;
    core::Time grace_due;  ///< effects that were asked to abort are awaited until then
};
/// An attempt's outputs arrived from the executor.
struct AttemptSucceeded {
    RunKey run;
    std::uint32_t attempt = 1;
    std::vector<PortValue> outputs;
    std::string executor;
    core::Value note;  ///< told to watchers, as in RunNoted; null: nothing
};
/// An attempt failed: told by the executor (input), or found by the engine itself (derived).
struct AttemptFailed {
    RunKey run;
    std::uint32_t attempt = 1;
    core::Failure failure;
    std::string executor;
};
struct TimerFired {
    RunKey run;  ///< not used for timers of the execution
    TimerPurpose purpose = TimerPurpose::delay;
    std::uint32_t attempt = 0;
    core::Time due;
};
/// The process that ran the execution is gone; a new one has taken it over.
struct Recovered {};
/// The execution used up its transitions in an earlier frame and goes on.
struct Continued {};

/// What was asked of the execution beside its input. Follows its creation; left out when nothing
/// was.
struct ExecutionConfigured {
    std::int32_t priority = 0;  ///< lower goes first
    bool mock_external = false;
    core::Value labels;       ///< object or null
    core::Value pins;         ///< `{PATH or NODE: {PORT: value}}`: runs that are not run, or null
    core::Value breakpoints;  ///< array of node ids, or null
    core::Value inputs;       ///< `{PATH: value}`: what replaces a run's first input, or null
    std::string forked_from;  ///< the execution whose results `pins` holds; empty: none
    std::string from_path;    ///< the run that the fork begins with
};
/// It is not to start before that time.
struct StartDelayed {
    core::Time until;
};
/// The workflow's limit of executions at once has room for this one.
struct PermitGranted {};
struct PauseRequested {
    std::string reason;
};
struct ResumeRequested {};
struct VariablesChanged {
    core::Value variables;  ///< object with the value of every variable
};
struct BreakpointsSet {
    core::Value nodes;  ///< array of node ids
};
/// A paused execution may start one run.
struct StepRequested {};
enum class NodeAction : std::uint8_t { skip = 0, cancel = 1, retry = 2 };
/// An operator has decided about one run.
struct NodeCommanded {
    RunKey run;
    NodeAction action = NodeAction::skip;
};

struct ExecutionStarted {};
/// A pure run is about to be computed, or the first or a further attempt of an effect begins.
struct AttemptStarted {
    RunKey run;
    std::uint32_t attempt = 1;
};
/// A started, unfinished attempt was handed out again after a crash.
struct AttemptReissued {
    RunKey run;
    std::uint32_t attempt = 1;
    std::uint32_t reissued = 1;
};
struct RetryScheduled {
    RunKey run;
    std::uint32_t next_attempt = 2;
    core::Time due;
    std::int64_t backoff_ms = 0;
};
struct RunWaiting {
    RunKey run;
    core::Time due;
    std::vector<PortValue> then;
};
enum class CompletedBy : std::uint8_t {
    outputs = 0,        ///< `outputs` of this record
    attempt = 1,        ///< the outputs of the attempt that just succeeded
    wait = 2,           ///< what the wait announced
    default_value = 3,  ///< the node's `on_error: {default}`; `outputs` of this record
    fallback = 4,       ///< the fallback node's output; `outputs` of this record
    trigger = 5,        ///< the trigger's data, on its first output
    scope = 6,          ///< a container: what its iterations or its body brought about
    pinned = 7,         ///< given from outside instead of being run; `outputs` of this record
    mocked = 8,         ///< the node type's stand-in for an effect; `outputs` of this record
};
inline constexpr CompletedBy completed_by_last = CompletedBy::mocked;
struct RunCompleted {
    RunKey run;
    CompletedBy by = CompletedBy::outputs;
    std::vector<PortValue> outputs;
};
enum class FailedThen : std::uint8_t {
    stop = 0,
    proceed = 1,
    error_port = 2,
    fallback = 3,  ///< not terminal yet: the fallback decides
};
struct RunFailed {
    RunKey run;
    FailedThen then = FailedThen::stop;
    core::Failure failure;
};
struct RunSkipped {
    RunKey run;
};
struct RunCanceled {
    RunKey run;
};
/// A connection with a filter or a transform has been evaluated; plain ones follow their source.
enum class LinkOutcome : std::uint8_t {
    dead = 0,
    passed = 1,  ///< live with what its source put out
    value = 2,   ///< live with `value` of this record
};
struct LinkSettled {
    core::ConnectionIndex connection;
    LinkOutcome outcome = LinkOutcome::dead;
    core::Value value;
    std::uint32_t scope = 0;  ///< the instance that the connection belongs to
};
/// A connection's expression failed and its `on_error` is `fail`: its target fails with it.
struct LinkFailed {
    core::ConnectionIndex connection;
    core::Failure failure;
    std::uint32_t scope = 0;
};
/// A node tells watchers something; changes no state.
struct RunNoted {
    RunKey run;
    core::Value data;
};
/// Nothing is in flight; only timers can move the execution.
struct ExecutionWaiting {};
struct ExecutionCompleted {
    core::Value outputs;
};
struct ExecutionFailed {
    core::Failure failure;
};
struct ExecutionCanceled {
    std::string reason;
};
/// The execution has paused by itself: before a run with a breakpoint, or after a step.
struct ExecutionPaused {
    bool at_breakpoint = false;
    RunKey run;  ///< the run that would start next, if there is one
};
/// The workflow failed and is tried again as a whole: all of its runs start anew at `due`.
struct ExecutionRestarted {
    std::uint32_t generation = 1;
    core::Time due;
    core::Failure failure;  ///< why
};

/// A container has found out what it is to repeat.
struct ContainerOpened {
    RunKey run;
    core::Value items;        ///< what a loop goes over, or null
    std::uint32_t total = 1;  ///< iterations; the most there may be of a loop with a condition
    std::uint32_t concurrency = 1;
    std::uint32_t batch_size = 0;  ///< 0: items one by one
    bool is_conditional = false;   ///< a condition is asked before each iteration
    bool continues_on_error = false;
    bool aggregates = true;
};
/// `undo` is never recorded: what undoes a run opens by `UndoStarted`.
enum class ScopePart : std::uint8_t { body = 0, cleanup = 1, undo = 2 };
/// One iteration of a loop, or a part of a try, begins.
struct ScopeOpened {
    std::uint32_t scope = 1;  ///< the number of the instance
    RunKey container;
    std::uint32_t index = 0;  ///< of the iteration
    ScopePart part = ScopePart::body;
};
enum class ScopeOutcome : std::uint8_t { completed = 0, failed = 1, canceled = 2 };
struct ScopeClosed {
    std::uint32_t scope = 1;
    ScopeOutcome outcome = ScopeOutcome::completed;
};
/// The condition to leave a loop early was asked about an iteration that has ended, and was false.
struct IterationChecked {
    RunKey container;
};
enum class ContainerStop : std::uint8_t {
    none = 0,
    exhausted = 1,  ///< the loop's condition is false
    broken = 2,     ///< the condition to leave early is true
    failed = 3,
};
/// Nothing further is opened in the container. Unless it is exhausted, what is open ends.
struct ContainerStopped {
    RunKey run;
    ContainerStop why = ContainerStop::exhausted;
    core::Failure failure;  ///< for `failed`
};

/// A scope that has failed or is canceled undoes what has completed in it, the latest first. The
/// node that undoes begins in a scope instance of its own.
struct UndoStarted {
    std::uint32_t scope = 1;  ///< the number of that instance
    RunKey run;               ///< what is undone; its own instance may be gone
    std::uint32_t owner = 0;  ///< the instance that has failed or is canceled
};
/// The node that undoes has ended, in whatever way.
struct UndoEnded {
    std::uint32_t scope = 1;
};
/// People want the end at once: the run stays as it is.
struct UndoSkipped {
    RunKey run;
    std::uint32_t owner = 0;
};

/// The workflow's outputs could not be made, and something is to be undone before it fails.
struct OutputsFailed {
    core::Failure failure;
};

/// Another execution has started this one.
struct ExecutionLinked {
    std::string parent;  ///< its id
    RunKey parent_run;
    std::uint32_t attempt = 1;
    std::string path;         ///< of that run
    std::uint32_t depth = 1;  ///< executions above it
    bool waits = true;        ///< the run waits for the end of this execution
};
/// The trace that the execution belongs to, as W3C Trace Context has it; without this record it is
/// one of its own.
struct ExecutionTraced {
    std::string trace_id;     ///< 32 hexadecimal digits
    std::string parent_span;  ///< 16 of them; empty: none
    std::string state;
    bool is_sampled = true;
};
/// A signal has arrived; it is kept until a run waits for it.
struct SignalReceived {
    std::string name;
    core::Value data;
};
/// An answer to one run has arrived; it is kept until that waits.
struct AnswerReceived {
    RunKey run;
    core::Value answer;
};
/// The attempt stays open without anything in flight: an execution that it has started will end it.
struct AttemptDetached {
    RunKey run;
    std::uint32_t attempt = 1;
    std::string child;  ///< the id of that execution
    bool abandons = false;
    std::string executor;
};
/// A run waits for an answer from outside, or has found one that was there already.
struct WaitOpened {
    RunKey run;
    WaitKind kind = WaitKind::signal;
    std::string name;
    core::Value details;
    bool is_limited = false;
    core::Time until;             ///< if it is limited
    std::vector<PortValue> then;  ///< what leaves it at that time
};
/// The run has answered whoever started the execution.
struct Responded {
    RunKey run;
    core::Value response;
};

/// Position in the variant is not the stored kind; `kind_of` is.
using RecordBody =
    std::variant<ExecutionCreated, CancelRequested, AttemptSucceeded, AttemptFailed, TimerFired,
                 Recovered, Continued, ExecutionStarted, AttemptStarted, AttemptReissued,
                 RetryScheduled, RunWaiting, RunCompleted, RunFailed, RunSkipped, RunCanceled,
                 LinkSettled, LinkFailed, RunNoted, ExecutionWaiting, ExecutionCompleted,
                 ExecutionFailed, ExecutionCanceled, ExecutionConfigured, PermitGranted,
                 PauseRequested, ResumeRequested, VariablesChanged, BreakpointsSet, StepRequested,
                 NodeCommanded, ExecutionPaused, ExecutionRestarted, ContainerOpened, ScopeOpened,
                 ScopeClosed, IterationChecked, ContainerStopped, UndoStarted, UndoEnded,
                 UndoSkipped, OutputsFailed, StartDelayed, ExecutionLinked, ExecutionTraced,
                 SignalReceived, AnswerReceived, AttemptDetached, WaitOpened, Responded>;

enum class Origin : std::uint8_t { input = 0, derived = 1 };

struct Record {
    std::uint64_t seq = 0;  ///< dense per execution, from 1
    core::Time at;
    Origin origin = Origin::derived;
    RecordBody body;
};

std::uint16_t kind_of(const RecordBody& body);
/// Name of the kind for people: `attempt_started`.
std::string_view kind_name(const RecordBody& body);

enum class JournalErrc { corrupt, unknown_kind, unknown_schema };
std::string_view code_text(JournalErrc code);

/// Packs records of one execution into one journal row. The row's head holds the first sequence
/// number and time; records hold the differences.
class RowWriter {
public:
    RowWriter(std::uint64_t first_seq, core::Time at);

    void append(Origin origin, core::Time at, const RecordBody& body);
    std::uint64_t first_seq() const { return first_seq_; }
    std::uint32_t count() const { return count_; }
    const std::string& bytes() const { return bytes_; }
    std::string take_bytes() { return std::move(bytes_); }

private:
    std::string bytes_;
    std::uint64_t first_seq_;
    core::Time at_;
    std::uint32_t count_ = 0;
};

/// All records of a packed row; `corrupt` names the byte where reading stopped.
core::Result<std::vector<Record>> read_row(std::string_view bytes);
/// The same records one by one, for those who count: values in them are null but for those of
/// ExecutionConfigured, which is much cheaper. Of a damaged row, those before the damage are told.
core::Result<> skim_row(std::string_view bytes, const std::function<void(const Record&)>& each);

}  // namespace millrace::engine
