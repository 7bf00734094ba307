// SPDX-License-Identifier: Apache-2.0
#include "follower.hpp"

// What holds for containers and what lives in them.

namespace millrace::simulation {

using engine::RunKey;
using engine::ScopePart;

std::uint32_t Follower::shape_of(std::uint32_t scope) const {
    if (scope == 0) return 0;
    const auto found = scopes_.find(scope);
    require(found != scopes_.end(), "scope " + std::to_string(scope) + " is not open");
    const engine::PlanNode& around = plan_->node(found->second.container.node);
    if (is_undoing(scope)) return plan_->node(*around.undone_by).scope;
    const engine::PlanContainer& plan = *around.container;
    return found->second.part == ScopePart::body ? plan.body : plan.cleanup.value_or(0);
}

/// Ends with its scope whatever lives below, but clean-ups go on, and what undoes even longer.
bool Follower::is_wound_up(std::uint32_t scope) const {
    if (is_undoing(scope)) return skips_undos_;
    if (skips_cleanup_) return true;
    while (!ending_.contains(scope)) {
        const auto found = scopes_.find(scope);
        if (found == scopes_.end() || found->second.part == ScopePart::cleanup) return false;
        const auto opening = openings_.find(found->second.container);
        require(opening != openings_.end(), "a scope outlives its container");
        scope = found->second.container.scope;
    }
    return true;
}

void Follower::check_scope_is_over(std::uint32_t scope) const {
    for (const core::NodeIndex node : plan_->scope(shape_of(scope)).nodes) {
        const RunKey run{scope, node, generation_};
        require(terminal_.contains(run), path(run) + " has no terminal status");
    }
}

std::string Follower::path(RunKey run) const {
    std::string path = name(run);
    for (std::uint32_t scope = run.scope; scope != 0;) {
        const Instance& instance = scopes_.at(scope);
        if (is_undoing(scope)) return instance.place + path;
        const engine::PlanNode& container = plan_->node(instance.container.node);
        std::string element = container.id;
        if (instance.attempt > 1) element += "#" + std::to_string(instance.attempt);
        if (container.container->kind == core::ContainerKind::loop)
            element += "[" + std::to_string(instance.index) + "]";
        path.insert(0, element + ".");
        scope = instance.container.scope;
    }
    return path;
}

std::vector<RunKey> Follower::open_runs() const {
    std::vector<RunKey> runs;
    const auto add = [&](std::uint32_t scope) {
        for (const core::NodeIndex node : plan_->scope(shape_of(scope)).nodes) {
            const RunKey run{scope, node, generation_};
            if (!terminal_.contains(run)) runs.push_back(run);
        }
    };
    add(0);
    for (const auto& [scope, instance] : scopes_)
        add(scope);
    return runs;
}

std::vector<std::string> Follower::open_paths() const {
    std::vector<std::string> paths;
    for (const RunKey run : open_runs())
        paths.push_back(path(run));
    return paths;
}

void Follower::on(const engine::ContainerOpened& r) {
    require(open_.contains(r.run), "a container opens that has not started");
    require(!paused_, "a container opens while the execution is paused");
    Opening opening;
    opening.total = r.total;
    opening.concurrency = r.concurrency;
    opening.continues = r.continues_on_error;
    require(openings_.emplace(r.run, opening).second, name(r.run) + " opens twice");
}

void Follower::on(const engine::ScopeOpened& r) {
    const auto found = openings_.find(r.container);
    require(found != openings_.end(), "a scope of a container that is not open");
    require(r.scope == ++last_scope_, "numbers of scopes are not dense");
    require(!paused_, "a scope opens while the execution is paused");
    Opening& opening = found->second;
    if (r.part == ScopePart::body) {
        require(!is_wound_up(r.container.scope), "an iteration of a scope that is wound up");
        require(!opening.stopped, path(r.container) + " goes on though it was stopped");
        require(r.index == opening.next, "iterations do not start in order");
        require(++opening.next <= opening.total, "more iterations than there are");
        require(++opening.live <= opening.concurrency, "more iterations at once than allowed");
    } else {
        require(!skips_cleanup_, "a clean-up begins after a second cancel");
        require(opening.live == 0 && opening.next > 0, "a clean-up before the end of its body");
        require(++opening.cleanups == 1, path(r.container) + " is cleaned up twice");
        ++opening.live_cleanups;
    }
    scopes_[r.scope] = {r.container, r.index, r.part, attempts_[r.container], {}};
}

/// The way back to a container has no run that could fail, so the scope does.
void Follower::on(const engine::LinkFailed& r) {
    if (!plan_->connection(r.connection).is_result) return;
    ending_.insert(r.scope);
    failed_.insert(r.scope);
}

void Follower::on(const engine::ScopeClosed& r) {
    const auto found = scopes_.find(r.scope);
    require(found != scopes_.end(), "a scope ends that is not open");
    check_scope_is_over(r.scope);
    const bool failed = failed_.contains(r.scope);
    require((r.outcome == engine::ScopeOutcome::failed) == failed,
            "a scope tells another outcome than its runs");
    require(r.outcome != engine::ScopeOutcome::completed || !is_wound_up(r.scope),
            "a scope completes that is wound up");
    const RunKey container = found->second.container;
    const bool is_undone = r.outcome == engine::ScopeOutcome::completed || undos_[r.scope].empty();
    require(is_undone, "a scope that has failed ends before it is undone");
    hand_up(r.scope, container.scope);
    Opening& opening = openings_.at(container);
    const bool is_body = found->second.part == ScopePart::body;
    --(is_body ? opening.live : opening.live_cleanups);
    scopes_.erase(found);
    ending_.erase(r.scope);
    failed_.erase(r.scope);
    if (is_body && failed && !opening.continues) stop_container(container);
}

/// Nothing further begins in the container but its clean-up.
void Follower::stop_container(RunKey container) {
    openings_.at(container).stopped = true;
    for (const auto& [scope, instance] : scopes_)
        if (instance.container == container && instance.part == ScopePart::body)
            ending_.insert(scope);
}

void Follower::on(const engine::ContainerStopped& r) {
    const auto found = openings_.find(r.run);
    require(found != openings_.end(), "a container stops that is not open");
    found->second.stopped = true;
    if (r.why != engine::ContainerStop::exhausted) stop_container(r.run);
}

/// An attempt of a container is over: nothing lives in it, and what had begun has been cleaned up.
void Follower::leave_container(RunKey run) {
    const Opening& opening = openings_.at(run);
    require(opening.live == 0 && opening.live_cleanups == 0, name(run) + " leaves a scope behind");
    const bool must_clean = plan_->node(run.node).container->cleanup && opening.next > 0;
    require(!must_clean || skips_cleanup_ || opening.cleanups == 1,
            path(run) + " ends without its clean-up");
    openings_.erase(run);
}

}  // namespace millrace::simulation
