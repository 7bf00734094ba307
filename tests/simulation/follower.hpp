// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::simulation {

/// Follows one execution's records as they are committed and knows what may come next. It shares no
/// code with the engine's state: what both get wrong in the same way is the only thing it misses.
class Follower {
public:
    Follower(core::ExecutionId id, std::shared_ptr<const engine::Plan> plan);

    void feed(const engine::Record& record);
    /// Of the last frame: what an execution must look like that leaves memory.
    void check_parked(const engine::ParkedRow& row, core::Time now) const;
    /// Of an execution that has ended.
    void finish() const;

    bool has_ended() const { return ended_; }
    bool is_paused() const { return paused_; }
    core::Time paused_at() const { return paused_at_; }
    std::uint32_t pauses() const { return pauses_; }
    bool is_queued() const { return !started_ && !ended_ && !ending_.contains(0); }
    /// Has been let in by its workflow's limit, and has not ended.
    bool holds_permit() const { return permitted_ && !ended_; }
    bool is_open(engine::RunKey run, std::uint32_t attempt) const {
        const auto found = open_.find(run);
        return found != open_.end() && found->second == attempt;
    }
    /// Paths of the runs that are there now and have not ended, in order of their keys.
    std::vector<std::string> open_paths() const;
    /// The same as keys.
    std::vector<engine::RunKey> open_runs() const;
    /// Runs that wait for somebody outside, or for an execution that they have started.
    std::set<engine::RunKey> waiting() const;
    std::string path(engine::RunKey run) const;
    const engine::Plan& plan() const { return *plan_; }
    /// Paths of what has failed for good since the last time; empty: the execution itself.
    std::multiset<std::string> take_letters() { return std::exchange(letters_, {}); }

private:
    struct Instance {
        engine::RunKey container;
        std::uint32_t index = 0;
        engine::ScopePart part = engine::ScopePart::body;
        std::uint32_t attempt = 1;  ///< of the container
        std::string place;          ///< of what undoes a run: path of the scope that it ran in
    };
    /// A completed run that is to be undone when its scope fails.
    struct Undo {
        engine::RunKey run;
        std::string place;
        std::uint64_t completed = 0;  ///< number of the record
    };
    /// A run that waits, or what has come for one that does not yet; `signal` empty: for that run.
    struct Wait {
        engine::RunKey run;
        std::string signal;
    };
    /// One attempt of a container.
    struct Opening {
        std::uint32_t total = 1;
        std::uint32_t concurrency = 1;
        bool continues = false;
        std::uint32_t next = 0;
        std::uint32_t live = 0;  ///< of the body
        std::uint32_t cleanups = 0;
        std::uint32_t live_cleanups = 0;
        bool stopped = false;
    };

    void require(bool condition, const std::string& what) const;
    std::string name(engine::RunKey run) const { return plan_->node(run.node).id; }
    bool is_effect(engine::RunKey run) const;
    /// The PlanScope whose instance that is.
    std::uint32_t shape_of(std::uint32_t scope) const;
    bool is_wound_up(std::uint32_t scope) const;
    void check_scope_is_over(std::uint32_t scope) const;
    void check_start(engine::RunKey run);
    void end_run(engine::RunKey run);
    void close(engine::RunKey run);
    void end_attempt(engine::RunKey run, std::uint32_t attempt);
    void leave_container(engine::RunKey run);
    void stop_container(engine::RunKey container);
    void pause();
    bool is_undoing(std::uint32_t scope) const { return scope != 0 && scope == undoing_; }
    void note_undo(const engine::RunCompleted& r);
    void check_undo(engine::RunKey run, std::uint32_t owner) const;
    void hand_up(std::uint32_t from, std::uint32_t to);
    void note_letter(const engine::RunFailed& r);

    void on(const engine::ExecutionCreated& r);
    void on(const engine::ExecutionConfigured& r);
    void on(const engine::PermitGranted& r);
    void on(const engine::StartDelayed& r);
    void on(const engine::ExecutionStarted& r);
    void on(const engine::CancelRequested& r);
    void on(const engine::PauseRequested& r);
    void on(const engine::ExecutionPaused& r);
    void on(const engine::ResumeRequested& r);
    void on(const engine::StepRequested& r);
    void on(const engine::VariablesChanged& r);
    void on(const engine::BreakpointsSet& r);
    void on(const engine::NodeCommanded& r);
    void on(const engine::LinkFailed& r);
    void on(const engine::TimerFired& r);
    void on(const engine::AttemptStarted& r);
    void on(const engine::AttemptReissued& r);
    void on(const engine::AttemptSucceeded& r);
    void on(const engine::AttemptFailed& r);
    void on(const engine::RunWaiting& r);
    void on(const engine::WaitOpened& r);
    void on(const engine::SignalReceived& r);
    void on(const engine::AnswerReceived& r);
    void on(const engine::AttemptDetached& r);
    void stop_waiting(engine::RunKey run);
    void on(const engine::RunCompleted& r);
    void on(const engine::RunSkipped& r);
    void on(const engine::RunCanceled& r);
    void on(const engine::RunFailed& r);
    void on(const engine::ContainerOpened& r);
    void on(const engine::ScopeOpened& r);
    void on(const engine::ScopeClosed& r);
    void on(const engine::ContainerStopped& r);
    void on(const engine::UndoStarted& r);
    void on(const engine::UndoEnded& r);
    void on(const engine::UndoSkipped& r);
    void on(const engine::OutputsFailed& r);
    void on(const engine::Recovered& r);
    void on(const engine::ExecutionRestarted& r);
    void on(const engine::ExecutionWaiting& r);
    void on(const engine::ExecutionCompleted& r);
    void on(const engine::ExecutionFailed& r);
    void on(const engine::ExecutionCanceled& r);
    template <class Other>
    void on(const Other& /*nothing to check*/) {}

    core::ExecutionId id_;
    std::shared_ptr<const engine::Plan> plan_;
    std::uint64_t seq_ = 0;
    core::Time last_;
    bool permitted_ = false;
    std::optional<core::Time> start_at_;  // it waits until then
    bool started_ = false;
    bool ended_ = false;
    bool paused_ = false;
    core::Time paused_at_;
    std::uint32_t pauses_ = 0;
    bool stepping_ = false;
    std::uint32_t starts_in_step_ = 0;
    bool skips_cleanup_ = false;  ///< canceled a second time
    bool cancel_seen_ = false;
    bool canceling_ = false;
    bool grace_is_over_ = false;
    bool skips_undos_ = false;  ///< canceled when there was no grace left to cut short
    bool mocked_ = false;
    std::uint32_t generation_ = 0;
    core::Value pins_;
    std::set<std::string> breakpoints_;
    std::set<engine::RunKey> released_;  ///< breakpoints that have been reached
    std::uint32_t last_scope_ = 0;
    std::map<std::uint32_t, Instance> scopes_;  ///< live ones, without the top level
    std::set<std::uint32_t> ending_;            ///< of them and 0, those that are wound up
    std::set<std::uint32_t> failed_;            ///< of those, the ones in which a run failed
    std::map<engine::RunKey, Opening> openings_;
    std::set<engine::RunKey> terminal_;
    std::map<engine::RunKey, std::uint32_t> open_;
    std::map<engine::RunKey, std::uint32_t> attempts_;
    std::map<engine::RunKey, std::uint32_t> operator_retries_;
    std::uint32_t effects_ = 0;
    std::vector<Wait> waits_;  ///< in the order in which they began
    std::vector<Wait> letters_kept_;
    std::set<engine::RunKey> detached_;
    std::map<std::uint32_t, std::vector<Undo>> undos_;  ///< by scope, in order of completion
    std::uint32_t undoing_ = 0;                         ///< the scope in which a run is undone
    std::multiset<std::string> letters_;                ///< paths of what failed for good
};

}  // namespace millrace::simulation
