// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "executor.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/store.hpp"
#include "plan_cache.hpp"

namespace millrace::store {
struct Wait;
struct WaitFilter;
}  // namespace millrace::store

namespace millrace::runtime {

/// What Subworkflows needs of the runtime; all of it outlives it.
struct SubworkflowParts {
    store::Store& store;
    PlanCache& plans;
    Log& log;
    std::function<void(const StartRequest&, Runtime::Accepted)> start;
    /// For an execution wherever it is; see `Runtime::send`.
    std::function<void(engine::Input, Runtime::Accepted)> send;
    /// Does something on a thread that may read the store; it is told when there is no time left.
    std::function<void(core::Duration after, std::function<void(bool is_stopping)>)> later;
};

/// Starts executions for runs of others, tells those runs of their end, and cancels what was
/// started for a run that was given up. Each of it happens at least once, whatever is lost in
/// between, and has an effect once: a child's id follows from its attempt, an end counts while that
/// is open. Thread-safe.
class Subworkflows final : public SubworkflowStarter {
public:
    explicit Subworkflows(SubworkflowParts parts) : parts_{std::move(parts)} {}

    /// Reads the store; `done` is called once, now or from another thread.
    void begin(const engine::Effect& effect, std::stop_token stop, Done done) override;

    /// Takes in what a committed frame says, once those who perform effects know of its aborts.
    void settle(const engine::Frame& frame);
    /// Does what an earlier owner has left undone: tells parents of ends and cancels the children
    /// of runs that were given up; of one workflow's executions or of all.
    core::Result<> recover(const std::optional<std::string>& workflow_id);
    /// Unfinished executions, of any workflow, that those of this one wait for, and those wait for.
    core::Result<std::vector<core::ExecutionId>> awaited_by(const std::string& workflow_id) const;

private:
    struct Start {
        engine::Effect effect;
        core::ExecutionId child;
        std::stop_token stop;
        Done done;

        const engine::SubworkflowCall& call() const {
            return std::get<engine::SubworkflowCall>(effect.request);
        }
        void fail(core::Failure failure) const;
    };
    using StartPtr = std::shared_ptr<const Start>;
    using Waits = core::Result<std::vector<store::Wait>>;

    void try_start(const StartPtr& start);
    void create(const StartPtr& start);
    core::Result<SavedWorkflow> workflow_of(const engine::SubworkflowCall& call) const;
    void started(const StartPtr& start);
    /// Of one that was there before.
    void found(const StartPtr& start, const engine::ExecutionRow& row);
    void tell(engine::Completion ended);
    void cancel(core::ExecutionId child, const std::string& reason);
    void send_cancel(core::ExecutionId child, const std::string& reason);
    void look_after(core::ExecutionId id, const engine::RunKey& run);
    void look_after(const store::Wait& wait);
    core::Result<engine::ChildEnd> end_of(const store::Wait& wait) const;
    core::Result<engine::ChildEnd> end_of(const engine::ExecutionRow& row,
                                          engine::ParentLink parent) const;
    core::Result<> for_each(const std::optional<std::string>& workflow_id,
                            const std::function<Waits(std::uint64_t after)>& read,
                            const std::function<void(const store::Wait&)>& act);
    core::Result<> add_children(store::WaitFilter filter, std::set<core::ExecutionId>& found) const;
    bool take_unconfirmed(const AttemptKey& key);

    const SubworkflowParts parts_;
    std::mutex mutex_;  // guards all that follows
    /// Children that are there, of attempts of which no frame has said so yet: who gives up such an
    /// attempt does not know of the child.
    std::map<AttemptKey, core::ExecutionId> unconfirmed_;
    std::set<core::ExecutionId>
        canceled_;  // until they have ended: a second cancel is a harder one
};

}  // namespace millrace::runtime
