// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "executor.hpp"
#include "millrace/runtime/rehearsal.hpp"

namespace millrace::runtime {

/// The outside of a rehearsal: what stands in for effects, when that ends on the clock that jumps,
/// the results that are kept for `cache`, and an executor for those that are performed. Used from
/// one thread.
class RehearsalStage {
public:
    RehearsalStage(const RehearsalOptions& options, ExecutorOptions real);

    /// Who asks: its view, which outlives the stage, and the name of a sub-workflow.
    struct Asker {
        const engine::ExecutionView* view = nullptr;
        std::string workflow;
    };
    /// An effect begins. Error when nobody stands in for it.
    core::Result<> begin(const engine::Effect& effect, core::Time now, const Asker& asker);
    /// An attempt no longer counts.
    void abort(const engine::Abort& abort, core::Time now);

    bool has_real() const { return !real_.empty(); }
    /// Waits until all that are performed have ended, and gives them in the order of their begin.
    core::Result<std::vector<engine::Completion>> await_real(core::Time now);

    /// When the next stand-in ends.
    std::optional<core::Time> next_due() const;
    /// Those that have ended by now. Error as of `begin`, of one that takes over.
    core::Result<std::vector<engine::Completion>> take_due(core::Time now);

    std::vector<OutsideCall> calls;
    std::vector<engine::Effect> to_start;  ///< sub-workflows that are to run, for the caller

private:
    /// Results for `cache`, and who waits for the one that is being made.
    struct Kept {
        std::vector<engine::PortValue> outputs;
        core::Time until;
    };
    struct Waiting {
        engine::Effect effect;
        Asker asker;
    };
    struct Making {
        AttemptKey leader;
        std::vector<Waiting> others;
    };

    core::Result<> perform(const engine::Effect& effect, core::Time now, const Asker& asker);
    bool is_answered_by_cache(const engine::Effect& effect, core::Time now, const Asker& asker);
    void stand_in(const engine::Effect& effect, StandIn answer, core::Time now);
    void perform_for_real(engine::Effect effect);
    /// Notes how an attempt has ended.
    void settle(const engine::Completion& ended, core::Time now);
    /// What that means for those that wait for the same result.
    void settle_cache(const engine::Completion& ended, core::Time now);
    bool drop_waiting(const AttemptKey& key, core::Time now);

    const RehearsalOptions& options_;
    ExecutorOptions how_;  // to perform
    // Calls so far, by sub-workflow and node.
    std::map<std::pair<std::string, std::string>, std::uint32_t> numbers_;
    std::map<AttemptKey, std::size_t> places_;  // of open attempts among the calls
    std::multimap<core::Time, engine::Completion> to_come_;
    std::map<std::string, Kept> kept_;
    std::map<std::string, Making> making_;
    std::map<AttemptKey, engine::CacheRequest> leaders_;
    std::optional<core::Error> refused_;  // of one that took over the making of a result

    Functions no_functions_;
    std::vector<std::pair<AttemptKey, std::string>> real_;  // under way, with their nodes
    std::mutex mutex_;
    std::condition_variable has_ended_;
    std::vector<engine::Completion> ended_;  // guarded by mutex_
    std::unique_ptr<Executor> executor_;     // last: its threads use the above
};

}  // namespace millrace::runtime
