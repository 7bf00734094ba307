// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "cache/cached_effects.hpp"
#include "executor.hpp"
#include "frames/frame_loop.hpp"
#include "frames/waker.hpp"
#include "histories.hpp"
#include "id_source.hpp"
#include "ledger.hpp"
#include "millrace/runtime/runtime.hpp"
#include "notifier.hpp"
#include "plan_cache.hpp"
#include "responses.hpp"
#include "secrets/stored_credentials.hpp"
#include "subworkflows/subworkflows.hpp"
#include "variables.hpp"

namespace millrace::runtime {

/// What the operator lets nodes use of the network and the machine.
struct Permissions {
    EgressPolicy egress;
    std::shared_ptr<const AllowedFolders> folders;
    std::shared_ptr<const AllowedPrograms> programs;

    /// The error names what cannot be allowed.
    static core::Result<Permissions> make(const RuntimeOptions& options);
};

/// The parts of a Runtime and how they speak to each other.
class Runtime::Impl final : public FrameSink {
public:
    Impl(RuntimeOptions options, Permissions allowed, std::unique_ptr<Links> links,
         const store::Ownership& owned, std::span<const engine::SharedRow> shared);
    ~Impl() override;

    core::Result<SavedWorkflow> save_workflow(const core::Document& document);
    core::Result<RecoverReport> recover(const std::optional<std::string>& workflow_id);
    core::Result<RecoverReport> recover_only(std::span<const core::ExecutionId> ids);
    void execute(const StartRequest& request, Accepted accepted, Finished finished);
    std::shared_ptr<Waiting> execute_to_end(const StartRequest& request, Accepted accepted,
                                            Ended ended);
    std::shared_ptr<Waiting> execute_to_response(const StartRequest& request, Accepted accepted,
                                                 Responded responded, Ended ended);
    core::Result<> put_variable(const store::Variable& variable);
    core::Result<> remove_variable(const std::string& name);
    core::Result<engine::CreateExecution> creation_of_fork(core::ExecutionId id,
                                                           const RetryRequest& request);
    /// Gives it an id first, unless it has one. `watch` names the watch that `finished` becomes.
    void create(engine::CreateExecution create, Accepted accepted, Finished finished,
                Ledger::WatchId watch = 0);
    /// Passes on what a part of the store answers; opens the store again if it must be.
    template <class T, class Write>
    core::Result<T> write(Write work) {
        core::Result<T> done = [&] {
            const std::scoped_lock writing{writing_};
            return work(*store_);
        }();
        // The store takes nothing now, and without a frame to commit nobody else would notice.
        if (!done && done.error().is(store::StoreErrc::outcome_unknown))
            loop_.distrust(done.error());
        return done;
    }
    core::Result<std::uint64_t> clear_cache(const store::CacheFilter& filter);
    RuntimeLoad load() const;
    void send(Command command, Accepted answered);
    /// The same with anything that is answered and is about an execution that exists.
    void send(engine::Input input, Accepted answered);
    /// Calls `finished` at its end, unless it has ended already: then its status. Nothing is called
    /// after an error.
    struct Awaited {
        std::optional<core::ExecutionStatus> ended;
        Ledger::WatchId watch = 0;
    };
    core::Result<Awaited> await(core::ExecutionId id, const Finished& finished,
                                Ledger::WatchId number = 0);
    void stop();

    void prepare(engine::Frame& frame) override;
    void release(engine::Frame frame) override;
    void refuse(std::span<const engine::CallToken> tokens, const core::Error& error) override;
    core::Result<std::vector<engine::StoredExecution>> load_live() override;
    core::Result<std::vector<engine::LimitedExecution>> load_limited() override;
    void set_aside(core::ExecutionId id, const core::Error& error) override;
    bool is_live(core::ExecutionId id) override { return ledger_.is_live(id); }
    void adopted(core::ExecutionId id) override { ledger_.adopt(id); }
    void fenced(const core::Error& error) override;

    const std::unique_ptr<store::Store> store_;
    const std::shared_ptr<Clock> clock_;
    const std::shared_ptr<StoredCredentials> credentials_;
    const std::unique_ptr<Links> links_;
    const std::shared_ptr<Log> log_;
    MeterSlot meter_;
    const RuntimeLimits limits_;
    Functions functions_;
    PlanCache plans_;
    Ledger ledger_;
    Notifier notifier_;
    Histories histories_;
    Responses responses_;
    DeploymentVariables variables_;

private:
    core::Result<RecoverReport> recover_own(const std::optional<std::string>& workflow_id);
    void completed(std::span<engine::Completion> done);
    core::Result<engine::CreateExecution> creation_of(const StartRequest& request);
    /// Goes on with the execution that a request of the same id has started before; false when
    /// there is none.
    bool goes_on(const StartRequest& request, const Accepted& accepted, const Finished& finished,
                 Ledger::WatchId watch = 0);
    void follow(core::ExecutionId id, const Finished& finished, Ledger::WatchId watch);
    class StartWait;
    std::shared_ptr<StartWait> begin_wait(const StartRequest& request);
    void run_to_end(const StartRequest& request, const std::shared_ptr<StartWait>& wait,
                    Accepted accepted, Ended ended);
    /// What has ended; its journal comes from the store where it was not kept.
    void tell_end(core::ExecutionId id, core::ExecutionStatus status,
                  std::shared_ptr<const engine::Plan> plan,
                  std::optional<std::vector<std::string>> rows, const Ended& ended);
    core::Result<EndedExecution> read_ended(core::ExecutionId id);
    void offer(engine::Input&& command, engine::CallToken token);
    /// A command and who waits for its answer, until it has one.
    struct Pending {
        core::ExecutionId id;
        engine::Input input;
        Accepted answered;
        int tries = 0;
    };
    void try_command(const std::shared_ptr<Pending>& pending);
    core::Result<engine::CallToken> open_command(const std::shared_ptr<Pending>& pending);
    /// It is not in memory: brings it there, with the command, if it is unfinished.
    void revive(const std::shared_ptr<Pending>& pending);
    void give_up(core::ExecutionId id, const core::Error& error);
    core::Result<engine::StoredExecution> load(const engine::ExecutionRow& row);
    core::Result<engine::StoredExecution> load(core::ExecutionId id);
    core::Result<engine::StoredExecution> load_unfinished(const engine::ExecutionRow& row);
    /// Puts them onto the shard; `report` goes on with what became of them.
    core::Result<RecoverReport> restore(const std::shared_ptr<Restore>& restore,
                                        RecoverReport report);
    /// Adds what could be read to `found`, the rest to the report.
    core::Result<> find_leftovers(const std::optional<std::string>& workflow_id,
                                  std::vector<engine::StoredExecution>& found,
                                  RecoverReport& report);
    /// Parked executions of a workflow, or of all, that count against its limit.
    core::Result<std::vector<engine::LimitedExecution>> read_limited(
        const std::optional<std::string>& workflow_id);
    /// Lets parked executions of this workflow wake here, and count against its limit.
    core::Result<> keep_parked(const std::string& workflow_id);
    core::Result<> keep_waiting(const std::string& workflow_id);

    IdSource ids_;
    std::mutex writing_;     // every writing call of the store
    std::mutex recovering_;  // histories are read and handed over by one caller at a time
    std::once_flag stopped_;
    Subworkflows subworkflows_;
    Executor executor_;
    CachedEffects cached_;  // in front of the executor
    std::mutex limited_mutex_;
    std::set<std::string> limited_workflows_;  // whose parked executions count, unless all do
    FrameLoop loop_;                           // its threads use all of the above
    Waker waker_;                              // last: its thread uses the loop too
};

}  // namespace millrace::runtime
