// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "interpreter.hpp"
#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::reference {

/// What the records tell of one run.
struct ObservedRun {
    core::NodeStatus status = core::NodeStatus::pending;
    Outputs outputs;
    bool has_outputs = true;  ///< false where the records do not repeat what follows from others
    std::optional<core::Failure> failure;
    std::string recovered_by;
    std::uint32_t attempts = 0;
};

struct ObservedScope {
    std::optional<engine::ScopeOutcome> outcome;
    std::uint32_t closed_as = 0;  ///< counts scopes in the order in which they closed
};

/// Reads an execution's records in order and names what they speak of by paths.
class Observation {
public:
    explicit Observation(std::shared_ptr<const engine::Plan> plan) : plan_{std::move(plan)} {}

    void feed(const engine::Record& record);

    /// As the engine names it, and Timing does for what is told by time.
    std::string path_of(engine::RunKey run) const;
    std::uint32_t generation() const { return generation_; }

    std::vector<std::map<std::string, ObservedRun>> generations{1};
    std::map<std::string, ObservedScope> scopes;  ///< by path with the generation before it
    std::map<std::string, std::string> stops;     ///< by scope: the first run that stopped it
    std::set<std::string> completed;              ///< runs that may be undone, as Timing names them
    std::vector<std::string> misordered;          ///< runs that were undone too late or too early
    std::uint32_t undone = 0;
    /// By loop: how many iterations were live at once, at most.
    std::map<std::string, std::uint32_t> most_live;
    std::optional<core::ExecutionStatus> status;
    core::Value outputs;
    std::optional<core::Failure> failure;

private:
    void on(const engine::AttemptStarted& r) { run(r.run).attempts = r.attempt; }
    void on(const engine::AttemptSucceeded& r) { pending_[r.run] = r.outputs; }
    void on(const engine::RunWaiting& r) { pending_[r.run] = r.then; }
    void on(const engine::RunCompleted& r);
    void on(const engine::RunFailed& r);
    void on(const engine::RunSkipped& r) { run(r.run).status = core::NodeStatus::skipped; }
    void on(const engine::RunCanceled& r) { run(r.run).status = core::NodeStatus::canceled; }
    void on(const engine::LinkFailed& r);
    void on(const engine::ScopeOpened& r);
    void on(const engine::ScopeClosed& r);
    void on(const engine::UndoStarted& r);
    void on(const engine::UndoEnded& r) { open_.erase(r.scope); }
    void on(const engine::ExecutionCreated& r) { trigger_data_ = r.trigger_data; }
    void on(const engine::ExecutionRestarted& r);
    void on(const engine::ExecutionCompleted& r);
    void on(const engine::ExecutionFailed& r);
    void on(const engine::ExecutionCanceled&) { status = core::ExecutionStatus::canceled; }
    template <class Other>
    void on(const Other&) {}

    ObservedRun& run(engine::RunKey key);
    std::string prefix() const;

    struct OpenScope {
        std::string path;
        std::string prefix;  ///< of its runs
        std::string loop;    ///< of which it is an iteration, or empty
    };

    std::shared_ptr<const engine::Plan> plan_;
    std::map<std::uint32_t, OpenScope> open_{{0, {}}};
    std::map<std::string, std::uint32_t> live_;  // iterations by loop
    std::map<engine::RunKey, std::vector<engine::PortValue>> pending_;
    core::Value trigger_data_;
    std::uint32_t generation_ = 0;
    std::uint32_t closed_ = 0;
    std::map<std::uint32_t, std::string> prefixes_{{0, {}}};  // of the runs of all scopes
    std::map<engine::RunKey, std::uint32_t> completed_as_;    // counts those that may be undone
    std::map<std::uint32_t, std::uint32_t> last_undone_;      // by scope that undoes
};

/// The same as the view of the execution shows it to people, of the last time it was tried.
std::map<std::string, ObservedRun> runs_of(const engine::ExecutionView& view);

/// Answers as the observed execution went. What it never came to is told in order.
class AsObserved final : public Timing {
public:
    explicit AsObserved(const Observation& seen) : seen_{seen} {}

    std::size_t first_to_stop(const std::string& scope,
                              const std::vector<std::string>& runs) override;
    std::size_t first_to_end_loop(const std::string& loop,
                                  const std::vector<std::string>& iterations) override;
    bool had_ended(const std::string& iteration) override;
    bool had_completed(const std::string& run) override { return seen_.completed.contains(run); }

private:
    const Observation& seen_;
};

}  // namespace millrace::reference
