// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/status.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/engine/shard.hpp"
#include "millrace/runtime/clock.hpp"
#include "millrace/runtime/functions.hpp"
#include "millrace/runtime/links.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/meter.hpp"
#include "millrace/runtime/observer.hpp"
#include "millrace/runtime/vault.hpp"
#include "millrace/store/dead_letters.hpp"
#include "millrace/store/result_cache.hpp"
#include "millrace/store/store.hpp"
#include "millrace/store/variables.hpp"

namespace millrace::runtime {

enum class RuntimeErrc {
    unavailable,   ///< the store does not take commits; the message says whether to repeat
    busy,          ///< a queue is full; repeat later
    stopped,       ///< the runtime was stopped, or another owner has taken the store over
    not_live,      ///< stored and unfinished, but neither runs here nor wakes here
    bad_workflow,  ///< the document does not compile, or its plan is of another runtime
    timed_out,     ///< a wait ended before the execution did
    bad_option,
};
std::string_view code_text(RuntimeErrc code);

/// Which hosts and addresses nodes may call: addresses, ranges (`10.0.0.0/8`), hosts, or hosts
/// below one (`*.example.com`).
struct HttpOptions {
    std::vector<std::string> allow;
    std::vector<std::string> deny;
    bool only_allowed = false;
    std::size_t transfers_max = 256;
};

/// A folder in which nodes may use files and databases. A relative path of a node is one in the
/// first folder. Symbolic links below a folder are not followed.
struct AllowedFolder {
    std::string path;
    bool read_only = false;
};
struct FileOptions {
    std::vector<AllowedFolder> folders;  ///< empty: nodes use no files
    /// Stay closed although they lie in an allowed folder, as the store's own one must.
    std::vector<std::string> closed;
};

/// Programs that `command.run` may start: absolute paths, or names that are looked up in PATH when
/// the runtime starts.
struct CommandOptions {
    std::vector<std::string> programs;  ///< empty: none
};

/// Where the key of stored secrets and credentials lies.
struct SecretOptions {
    std::filesystem::path key_file;  ///< empty: nothing that is stored can be opened
};

/// How much is kept of the results of nodes that have a `cache`.
struct CacheOptions {
    std::size_t memory_bytes = 32u << 20;
    std::uint64_t stored_bytes = 256u << 20;
    std::size_t result_bytes_max = 16u << 20;  ///< larger results are not kept
};

struct RuntimeLimits {
    engine::ShardLimits shard;
    std::size_t commands_queued_max = 65'536;
    std::size_t executions_live_max = 1'000'000;
    std::size_t effects_in_flight_max = 4'096;  ///< further ones wait in a queue
    std::size_t observer_rows_max = 65'536;     ///< waiting for one observer, before it lags
    /// Of journals kept for callers who wait; the largest are read from the store again.
    std::size_t histories_bytes_max = 64u << 20;
    core::Duration backoff_min{10};  ///< between attempts to write to a failing store
    core::Duration backoff_max{1'000};
    /// Parked executions are known to memory only when they wake within this time, and no more of
    /// them than this; the store has the others.
    core::Duration wake_window{60'000};
    std::size_t wake_window_max = 100'000;
};

struct RuntimeOptions {
    std::unique_ptr<store::Store> store;
    std::shared_ptr<const engine::NodeLibrary> nodes;
    HttpOptions http;
    FileOptions files;
    CommandOptions commands;
    SecretOptions secrets;
    LinkOptions links;
    CacheOptions cache;
    std::size_t pool_threads = 0;  ///< 0: as many as processors, at least 2
    RuntimeLimits limits;
    std::shared_ptr<Clock> clock;  ///< null: the system's
    std::shared_ptr<Log> log;      ///< null: silent
};

/// A version of a workflow in the store, ready to be started.
struct SavedWorkflow {
    store::WorkflowVersion version;
    std::shared_ptr<const engine::Plan> plan;
};

struct StartRequest {
    std::shared_ptr<const engine::Plan> plan;  ///< from `save_workflow` or `load_workflow`
    std::string trigger;                       ///< empty: the only one that can be meant
    core::Value input;
    /// What the trigger emits; none: as when it is started by hand with `input`.
    std::optional<core::Value> trigger_data;
    core::Value variables;  ///< object that overrides what the deployment gives, or null
    engine::ExecutionOptions options;
    /// For callers that may have to ask twice: the execution that has this id already is the one
    /// that is meant, and no second one is started. The store is read for it.
    std::optional<core::ExecutionId> id;
    /// The execution of `id` was there: it is not started again when it has been removed since,
    /// which is the store's `not_found`.
    bool must_exist = false;
};

/// What may be asked of an unfinished execution. Tokens are not the caller's.
using Command =
    std::variant<engine::CancelExecution, engine::PauseExecution, engine::ResumeExecution,
                 engine::ChangeVariables, engine::SetBreakpoints, engine::StepExecution,
                 engine::CommandNode, engine::SendSignal, engine::AnswerWait>;

/// How a finished execution is to be done again; see `engine::ForkRequest`.
struct RetryRequest {
    std::string from;
    std::optional<core::Value> input;
    std::optional<std::uint32_t> version;  ///< of the workflow; none: the same
};

/// How dead letters are to be replayed.
struct ReplayRequest {
    /// What the failed run gets instead of what it got; of a letter of a whole execution its input.
    std::optional<core::Value> input;
    std::optional<std::uint32_t> version;  ///< of the workflow; none: the same
};

struct ReplayReport {
    std::vector<std::pair<std::uint64_t, core::ExecutionId>> replayed;  ///< number, new execution
    /// Still open, with the reason; the others were replayed.
    std::vector<std::pair<std::uint64_t, core::Error>> failed;
};

/// All that happened to an execution, still packed: unpacking takes time that the runtime's threads
/// do not have.
struct EndedExecution {
    core::ExecutionId id;
    core::ExecutionStatus status = core::ExecutionStatus::completed;
    std::shared_ptr<const engine::Plan> plan;
    std::vector<std::string> rows;  ///< of its journal, from the first

    /// `corrupt_record` cannot happen to rows that this process has written.
    core::Result<engine::ExecutionView> view(std::string scope = {}) const;
};

/// A caller who waits for what becomes of an execution that it starts. Thread-safe; may outlive the
/// runtime.
class Waiting {
public:
    virtual ~Waiting() = default;
    /// It need not be told any more, as when it was answered or its time is over: no callback but
    /// `accepted` begins after this, and all that is kept to tell it is let go, which else stays as
    /// long as the execution is unfinished. After the end it does nothing.
    virtual void give_up() = 0;
};

struct RecoverReport {
    std::vector<core::ExecutionId> resumed;
    /// Left alone, with the reason; the others go on.
    std::vector<std::pair<core::ExecutionId, core::Error>> failed;
};

/// How much there is to do at this moment.
struct RuntimeLoad {
    std::size_t live_executions = 0;    ///< in memory: unfinished and not parked
    std::size_t effects_in_flight = 0;  ///< asked for and not completed
    std::size_t effects_waiting = 0;    ///< of them, those that have no place yet
    std::size_t effects_queued = 0;     ///< of them, those that wait for a thread
    std::size_t inputs_queued = 0;      ///< commands and results that no frame has taken yet
};

/// Runs workflows: owns the store, the threads around one shard, and the executor. Thread-safe.
/// Destruction is `stop`. Callbacks run on the runtime's threads and must not block or throw; they
/// may start and cancel executions.
class Runtime {
public:
    using Accepted = std::function<void(core::Result<core::ExecutionId>)>;
    /// Error `stopped` when the runtime ended before the execution; the store's error when the
    /// execution could not go on for it, which leaves it there for a later `recover`.
    using Finished = std::function<void(core::ExecutionId, core::Result<core::ExecutionStatus>)>;
    /// Like Finished, with all that happened: to show it, the store need not be read.
    using Ended = std::function<void(core::ExecutionId, core::Result<EndedExecution>)>;

    /// Takes the store over and starts the threads; nothing stored runs before `recover`.
    static core::Result<std::unique_ptr<Runtime>> start(RuntimeOptions options);
    ~Runtime();
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    /// Functions that nodes may call; add them before `recover` and `execute`.
    Functions& functions();
    /// For reading.
    store::Store& store();
    /// Lets `work` make writing calls of the store, between those of the engine. It should be
    /// short: frames wait for it.
    core::Result<> write(const std::function<core::Result<>(store::Store&)>& work);
    /// What the deployment gives to workflows that declare a variable of this name: it goes before
    /// their own defaults, and behind what a caller gives. Executions that run keep theirs.
    core::Result<> put_variable(const store::Variable& variable);
    core::Result<> remove_variable(const std::string& name);
    /// What encrypts secrets and credentials; an error when their key does not fit. Its writing
    /// calls are made within `write`.
    core::Result<Vault*> vault();

    /// Checks, compiles and stores a document; the same document gives the same version.
    /// `bad_workflow` lists what is wrong with it.
    core::Result<SavedWorkflow> save_workflow(const core::Document& document);
    core::Result<SavedWorkflow> load_workflow(const std::string& workflow_id, std::uint32_t number);

    /// Takes over what an earlier owner left unfinished, of one workflow or of all, and lets it go
    /// on. Executions that already run here are not touched. Parked ones stay where they are, and
    /// from now on wake when they are due; before it only those do that have parked here.
    core::Result<RecoverReport> recover(const std::optional<std::string>& workflow_id = {});
    /// The same for these executions only. One that is finished or unknown is in `failed`.
    core::Result<RecoverReport> recover_only(std::span<const core::ExecutionId> ids);

    /// Starts an execution; returns once it is durable.
    core::Result<core::ExecutionId> execute(StartRequest request);
    /// The same without waiting. `finished` may be empty; it is called after `accepted`, and not at
    /// all when that got an error.
    void execute(StartRequest request, Accepted accepted, Finished finished);
    /// For callers that show the result. Those who do not wait for ever give up.
    std::shared_ptr<Waiting> execute_to_end(StartRequest request, Accepted accepted, Ended ended);

    /// For callers whom a node of the execution may answer: `responded` is called when that is
    /// durable, after `accepted` and before `ended`; or not at all.
    using Responded = std::function<void(core::ExecutionId, core::Value)>;
    std::shared_ptr<Waiting> execute_to_response(StartRequest request, Accepted accepted,
                                                 Responded responded, Ended ended);

    /// Answers once the command is durable; `engine::CommandErrc` when the execution is unknown,
    /// has ended, or is in a state that does not allow it. One that is parked, or that an earlier
    /// process has left, is taken over first and sees the command before anything else happens.
    void send(Command command, Accepted answered);
    core::Result<> send(Command command);

    /// The execution ends after its effects have been stopped.
    core::Result<> cancel(core::ExecutionId id, std::string reason);
    core::Result<> pause(core::ExecutionId id, std::string reason);
    /// With other values of some variables, unless null: an error of theirs leaves it paused.
    core::Result<> resume(core::ExecutionId id, core::Value variables = {});
    /// Lets a paused execution start one run.
    core::Result<> step(core::ExecutionId id);
    /// All that are to be set from now on.
    core::Result<> set_breakpoints(core::ExecutionId id, std::vector<std::string> nodes);
    /// Skips, cancels or retries one run: `charge`, or `loop[3].charge` within a container.
    core::Result<> command_node(core::ExecutionId id, std::string path, engine::NodeAction action);

    /// For the run that waits for a signal of this name, or the next one that does.
    core::Result<> signal(core::ExecutionId id, std::string name, core::Value data);
    /// Ends the wait of a run; `not_allowed` when it waits no longer, or, unless `may_be_early`,
    /// not yet.
    core::Result<> answer_wait(core::ExecutionId id, const engine::RunKey& run, core::Value answer,
                               bool may_be_early = false);

    /// Starts a new execution that takes over results of a finished one; returns once it is
    /// durable. `engine::CommandErrc` when that one is unfinished or has no such run; the store's
    /// `not_found` when there is no such execution or version.
    core::Result<core::ExecutionId> retry(core::ExecutionId id, const RetryRequest& request);

    /// The links by which runs that wait are answered.
    Links& links();

    // Dead letters are listed by `store().dead_letters()`.

    /// Starts a new execution that goes on from the failed run, or from what did not complete of a
    /// failed execution, and marks the letter. A crash in between leaves it open. The store's
    /// `conflict` when it is not open; `retry`'s errors.
    core::Result<core::ExecutionId> replay_dead_letter(std::uint64_t number,
                                                       const ReplayRequest& request);
    /// The same with all open ones that `filter` chooses, oldest first.
    core::Result<ReplayReport> replay_dead_letters(const store::DeadLetterFilter& filter,
                                                   const ReplayRequest& request);
    core::Result<> discard_dead_letter(std::uint64_t number);

    /// Forgets kept results, also those that calls under way will give; how many were stored.
    core::Result<std::uint64_t> clear_cache(const store::CacheFilter& filter);

    /// Waits until the execution has ended, parked or not.
    core::Result<core::ExecutionStatus> wait(core::ExecutionId id);
    /// `timed_out` when it has not ended within `at_most`.
    core::Result<core::ExecutionStatus> wait_for(core::ExecutionId id, core::Duration at_most);

    /// All that is known of an execution, from its committed journal. `scope` as in
    /// `engine::ExecutionView`.
    core::Result<engine::ExecutionView> view(core::ExecutionId id, std::string scope = {});

    /// Executions in memory here, sorted: unfinished and not parked.
    std::vector<core::ExecutionId> live() const;
    RuntimeLoad load() const;

    /// Tells `observer` of what is committed from now on, until it is removed. After `unobserve`
    /// it is not called any more; do not call that from the observer itself.
    void observe(std::shared_ptr<Observer> observer);
    void unobserve(const std::shared_ptr<Observer>& observer);

    /// Tells `meter` what work costs from now on; null: nobody. Calls under way may still end.
    void measure(std::shared_ptr<Meter> meter);

    /// Takes no further work, lets the running commit end and stops the threads. Unfinished
    /// executions stay in the store for the next `recover`. Waits for functions that ignore their
    /// stop token.
    void stop();

private:
    class Impl;
    explicit Runtime(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::runtime
