// SPDX-License-Identifier: Apache-2.0
#include "follower.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "history.hpp"

// What holds for every execution at every record. Containers are in follower_scopes.cpp.

namespace millrace::simulation {

using engine::RunKey;

Follower::Follower(core::ExecutionId id, std::shared_ptr<const engine::Plan> plan)
    : id_{id}, plan_{std::move(plan)} {}

void Follower::require(bool condition, const std::string& what) const {
    if (!condition)
        violated("execution " + id_.text() + ", record " + std::to_string(seq_) + ": " + what);
}

bool Follower::is_effect(RunKey run) const {
    return plan_->node(run.node).role() == core::NodeRole::effect;
}

void Follower::feed(const engine::Record& record) {
    require(record.seq == ++seq_, "sequence numbers are not dense");
    require(record.at >= last_, "time went back");
    require(!ended_, "a record follows the end");
    last_ = record.at;
    std::visit([&](const auto& body) { on(body); }, record.body);
}

void Follower::check_parked(const engine::ParkedRow& row, core::Time now) const {
    require(row.seq == seq_, "it is parked without its last records");
    require(!ended_, "it is parked though it has ended");
    for (const auto& [run, attempt] : open_)
        require(openings_.contains(run) || detached_.contains(run),
                "it is parked with an open attempt of " + path(run));
    require(!row.wake_at || *row.wake_at > now, "it is parked behind its own alarm");
    const bool may_park = row.status == core::ExecutionStatus::pending ||
                          row.status == core::ExecutionStatus::waiting ||
                          row.status == core::ExecutionStatus::paused;
    require(may_park, "it is parked while it is " + std::string{core::to_text(row.status)});
    require((row.status == core::ExecutionStatus::paused) == paused_,
            "its parked status contradicts its pause");
    require((row.status == core::ExecutionStatus::pending) == is_queued(),
            "its parked status contradicts the queue");
    const bool has_limit = plan_->settings().max_concurrent_executions.has_value();
    require(row.is_limited == (has_limit && !start_at_), "it is parked without its limit");
}

void Follower::finish() const {
    require(ended_, "no terminal record");
    require(scopes_.empty(), "a scope is open at the end");
    require(openings_.empty(), "a container is open at the end");
    require(open_.empty(), "an attempt is open at the end");
    require(waits_.empty() && detached_.empty(), "something is waited for at the end");
    require(undoing_ == 0, "something is being undone at the end");
    check_scope_is_over(0);
}

// ---- The execution ----------------------------------------------------------------------------

void Follower::on(const engine::ExecutionCreated& r) {
    require(seq_ == 1 && r.workflow_id == plan_->identity().workflow_id, "it is created twice");
}

void Follower::on(const engine::ExecutionConfigured& r) {
    require(seq_ == 2, "it is configured later");
    pins_ = r.pins;
    mocked_ = r.mock_external;
    if (!r.breakpoints.is_null())
        for (const core::Value& node : r.breakpoints.as_array())
            breakpoints_.emplace(node.as_string());
}

void Follower::on(const engine::PermitGranted&) {
    require(!permitted_ && !started_, "it is let in twice");
    require(!start_at_, "it is let in before its time");
    permitted_ = true;
}

void Follower::on(const engine::StartDelayed& r) {
    require(!start_at_ && !permitted_ && !started_, "it is delayed too late");
    require(r.until > last_, "it is delayed into the past");
    start_at_ = r.until;
}

void Follower::on(const engine::ExecutionStarted&) {
    const bool has_limit = plan_->settings().max_concurrent_executions.has_value();
    require(permitted_ || !has_limit, "it starts without having been let in");
    require(!started_ && !paused_ && !ending_.contains(0), "it starts twice");
    require(!start_at_, "it starts before its time");
    started_ = true;
}

void Follower::on(const engine::CancelRequested&) {
    paused_ = stepping_ = false;
    const bool was_ending = !ending_.insert(0).second;
    // Of an execution that ends by itself the first one leaves the clean-up alone.
    skips_cleanup_ = std::exchange(cancel_seen_, true);
    canceling_ = canceling_ || !was_ending;
    if (!was_ending) return;
    const bool had_grace = !std::exchange(grace_is_over_, true);
    if (skips_cleanup_ && (!had_grace || undoing_ != 0)) skips_undos_ = true;
}

void Follower::pause() {
    require(!paused_ && started_ && !ending_.contains(0), "it cannot be paused");
    paused_ = true;
    paused_at_ = last_;
    ++pauses_;
    stepping_ = false;
}

void Follower::on(const engine::PauseRequested&) {
    pause();
}

void Follower::on(const engine::ExecutionPaused& r) {
    require(r.at_breakpoint || stepping_, "it pauses by itself for no reason");
    if (r.at_breakpoint) {
        require(breakpoints_.contains(name(r.run)), "it pauses where no breakpoint is");
        require(released_.insert(r.run).second, "it pauses at the same breakpoint twice");
    }
    pause();
}

void Follower::on(const engine::ResumeRequested&) {
    require(paused_, "it is resumed though it is not paused");
    paused_ = false;
}

void Follower::on(const engine::StepRequested&) {
    require(paused_, "it is stepped though it is not paused");
    paused_ = false;
    stepping_ = true;
    starts_in_step_ = 0;
}

void Follower::on(const engine::VariablesChanged&) {
    require(paused_, "its variables change though it is not paused");
}

void Follower::on(const engine::BreakpointsSet& r) {
    breakpoints_.clear();
    for (const core::Value& node : r.nodes.as_array())
        breakpoints_.emplace(node.as_string());
}

void Follower::on(const engine::TimerFired& r) {
    const bool is_timeout = r.purpose == engine::TimerPurpose::execution_timeout;
    require(r.due <= last_, "a timer fires early");
    require(!is_timeout || !paused_, "the clock of a paused execution has gone on");
    if (is_timeout) ending_.insert(0);
    if (r.purpose == engine::TimerPurpose::start) {
        require(start_at_ == r.due, "it was not to start then");
        start_at_.reset();
    }
    if (r.purpose == engine::TimerPurpose::cancel_grace) grace_is_over_ = true;
    if (r.purpose == engine::TimerPurpose::delay) stop_waiting(r.run);
}

void Follower::on(const engine::ExecutionRestarted& r) {
    require(r.generation == ++generation_, "generations skip numbers");
    require(ending_.contains(0) && !cancel_seen_, "it is tried anew though it has not failed");
    require(scopes_.empty() && open_.empty(), "something of the last generation is open");
    require(undos_[0].empty(), "it is tried anew before it is undone");
    grace_is_over_ = false;
    std::erase_if(letters_kept_, [](const Wait& kept) { return kept.signal.empty(); });
    const auto& on_error = plan_->settings().on_error;
    require(on_error.kind == core::WorkflowOnError::Kind::retry &&
                generation_ < on_error.retry.max_attempts,
            "it is tried anew too often");
    ending_.clear();
    failed_.clear();
}

void Follower::on(const engine::ExecutionWaiting&) {
    for (const auto& [run, attempt] : open_)
        require(openings_.contains(run) || detached_.contains(run),
                "it waits though " + path(run) + " is in flight");
}

void Follower::on(const engine::ExecutionCompleted&) {
    require(!ending_.contains(0), "it completes though it was ended");
    undos_.clear();
    ended_ = true;
}

void Follower::on(const engine::ExecutionFailed& r) {
    require(r.failure.code != "stuck", "it is stuck");
    require(undos_[0].empty(), "it fails before it is undone");
    if (r.failure.node_id.empty() && !mocked_) letters_.insert("");
    ended_ = true;
}

void Follower::on(const engine::ExecutionCanceled&) {
    require(ending_.contains(0), "it is canceled though nobody asked for it");
    require(undos_[0].empty(), "it is canceled before it is undone");
    ended_ = true;
}

// ---- Runs -------------------------------------------------------------------------------------

/// Nothing starts that is paused, held, or wound up.
void Follower::check_start(RunKey run) {
    require(started_ && !paused_, name(run) + " starts though the execution stands still");
    require(run.generation == generation_, name(run) + " starts in an old generation");
    require(!terminal_.contains(run), "an attempt after the end of " + name(run));
    require(!is_wound_up(run.scope), path(run) + " starts though its scope is wound up");
    require(plan_->node(run.node).scope == shape_of(run.scope), name(run) + " is in no such scope");
    if (ending_.contains(0)) return;
    require(!stepping_ || ++starts_in_step_ == 1, "one step starts two runs");
    const bool is_marked = breakpoints_.contains(name(run)) && attempts_[run] == 0;
    require(!is_marked || released_.contains(run), name(run) + " runs over its breakpoint");
}

void Follower::on(const engine::AttemptStarted& r) {
    check_start(r.run);
    const std::string id = name(r.run);
    const bool is_given = pins_.find(id) != nullptr || pins_.find(path(r.run)) != nullptr;
    require(!is_given, path(r.run) + " runs though its outputs are given");
    require(open_.emplace(r.run, r.attempt).second, "two open attempts of " + id);
    require(r.attempt == ++attempts_[r.run], "attempts of " + id + " skip numbers");
    if (is_effect(r.run)) ++effects_;
    require(effects_ <= plan_->settings().max_parallel_nodes, "too many effects in flight");
    const auto& retry = plan_->node(r.run.node).retry;
    require(r.attempt <= (retry ? retry->max_attempts : 1) + operator_retries_[r.run],
            "too many attempts of " + id);
}

void Follower::on(const engine::AttemptReissued& r) {
    const auto open = open_.find(r.run);
    require(!paused_, "an attempt is repeated though the execution is paused");
    require(open != open_.end() && open->second == r.attempt, "a closed attempt is reissued");
    require(!detached_.contains(r.run), "an execution that has been started is started again");
    const bool rerun = plan_->node(r.run.node).on_interrupt == core::OnInterrupt::rerun;
    require(rerun, "an unsafe call is repeated");
}

void Follower::on(const engine::AttemptSucceeded& r) {
    const bool is_kept = r.executor == engine::cached_executor;
    require(!is_kept || plan_->node(r.run.node).cache, "an earlier result where none is kept");
    end_attempt(r.run, r.attempt);
}

void Follower::on(const engine::AttemptFailed& r) {
    if (openings_.contains(r.run)) leave_container(r.run);
    if (open_.contains(r.run)) end_attempt(r.run, r.attempt);
}

void Follower::end_attempt(RunKey run, std::uint32_t attempt) {
    const auto open = open_.find(run);
    require(open != open_.end() && open->second == attempt, "a result of a closed attempt");
    close(run);
}

void Follower::close(RunKey run) {
    const bool was_detached = detached_.erase(run) > 0;
    if (open_.erase(run) > 0 && is_effect(run) && !was_detached) --effects_;
}

void Follower::end_run(RunKey run) {
    stop_waiting(run);
    if (openings_.contains(run)) leave_container(run);
    require(terminal_.insert(run).second, "two terminal records of " + name(run));
    close(run);
}

void Follower::on(const engine::RunWaiting& r) {
    close(r.run);
}

void Follower::on(const engine::WaitOpened& r) {
    close(r.run);
    const bool is_signal = r.kind == engine::WaitKind::signal;
    const auto letter = std::ranges::find_if(letters_kept_, [&](const Wait& kept) {
        return is_signal ? kept.signal == r.name : kept.signal.empty() && kept.run == r.run;
    });
    if (letter != letters_kept_.end()) {
        letters_kept_.erase(letter);
    } else {
        waits_.push_back({r.run, is_signal ? r.name : ""});
    }
}

void Follower::on(const engine::SignalReceived& r) {
    const auto waiting = std::ranges::find(waits_, r.name, &Wait::signal);
    if (waiting == waits_.end()) {
        letters_kept_.push_back({{}, r.name});
    } else {
        waits_.erase(waiting);
    }
}

void Follower::on(const engine::AnswerReceived& r) {
    require(!terminal_.contains(r.run), "an answer for a run that has ended");
    const auto waiting = std::ranges::find(waits_, r.run, &Wait::run);
    if (waiting != waits_.end()) {
        waits_.erase(waiting);
        return;
    }
    const auto is_second = [&](const Wait& kept) {
        return kept.signal.empty() && kept.run == r.run;
    };
    require(std::ranges::none_of(letters_kept_, is_second), "two answers for one run");
    letters_kept_.push_back({r.run, ""});
}

void Follower::on(const engine::AttemptDetached& r) {
    const auto open = open_.find(r.run);
    require(open != open_.end() && open->second == r.attempt, "a closed attempt is detached");
    require(detached_.insert(r.run).second, "an attempt is detached twice");
    --effects_;
}

void Follower::stop_waiting(RunKey run) {
    std::erase_if(waits_, [&](const Wait& wait) { return wait.run == run; });
}

std::set<RunKey> Follower::waiting() const {
    std::set<RunKey> runs = detached_;
    for (const Wait& wait : waits_)
        runs.insert(wait.run);
    return runs;
}

void Follower::on(const engine::RunCompleted& r) {
    const bool is_given = r.by == engine::CompletedBy::pinned;
    if (is_given) check_start(r.run);
    end_run(r.run);
    note_undo(r);
}

void Follower::on(const engine::RunSkipped& r) {
    end_run(r.run);
}

void Follower::on(const engine::RunCanceled& r) {
    end_run(r.run);
}

void Follower::on(const engine::RunFailed& r) {
    if (r.then != engine::FailedThen::fallback) end_run(r.run);
    note_letter(r);
    if (r.then != engine::FailedThen::stop) return;
    ending_.insert(r.run.scope);
    failed_.insert(r.run.scope);
}

void Follower::on(const engine::NodeCommanded& r) {
    require(!terminal_.contains(r.run), "an operator decides about a run that has ended");
    if (openings_.contains(r.run)) stop_container(r.run);
    if (r.action != engine::NodeAction::retry) return;
    ++operator_retries_[r.run];
    stop_waiting(r.run);
    close(r.run);
}

}  // namespace millrace::simulation
