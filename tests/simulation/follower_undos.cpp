// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "follower.hpp"
#include "millrace/engine/effect.hpp"

// What holds for runs that are undone, and for what is told of those that failed for good.

namespace millrace::simulation {

using engine::CompletedBy;
using engine::RunKey;

void Follower::note_undo(const engine::RunCompleted& r) {
    const bool is_own = r.by == CompletedBy::outputs || r.by == CompletedBy::attempt ||
                        r.by == CompletedBy::wait || r.by == CompletedBy::scope ||
                        r.by == CompletedBy::mocked;
    if (!is_own || !plan_->node(r.run.node).undone_by) return;
    std::string place = path(r.run);
    place.resize(place.size() - name(r.run).size());
    undos_[r.run.scope].push_back({r.run, std::move(place), seq_});
}

/// What its scope has completed goes over to the one around it.
void Follower::hand_up(std::uint32_t from, std::uint32_t to) {
    std::vector<Undo>& above = undos_[to];
    for (Undo& undo : undos_[from])
        above.push_back(std::move(undo));
    undos_.erase(from);
    std::ranges::sort(above, {}, &Undo::completed);
}

void Follower::check_undo(RunKey run, std::uint32_t owner) const {
    const auto undos = undos_.find(owner);
    require(undos != undos_.end() && !undos->second.empty(), "something is undone twice");
    require(undos->second.back().run == run, name(run) + " is undone too early");
    const bool has_failed = ending_.contains(owner) || (owner != 0 && is_wound_up(owner));
    require(has_failed, name(run) + " is undone though its scope has not failed");
    require(undoing_ == 0, "two runs are undone at once");
    check_scope_is_over(owner);
}

void Follower::on(const engine::UndoStarted& r) {
    check_undo(r.run, r.owner);
    require(!paused_, "something is undone while the execution is paused");
    require(!skips_undos_, "something is undone though people want the end");
    require(r.scope == ++last_scope_, "numbers of scopes are not dense");
    const std::string& place = undos_.at(r.owner).back().place;
    scopes_[r.scope] = {
        {r.owner, r.run.node, r.run.generation}, 0, engine::ScopePart::undo, 1, place};
    undoing_ = r.scope;
}

void Follower::on(const engine::UndoEnded& r) {
    require(is_undoing(r.scope), "nothing is undone there");
    check_scope_is_over(r.scope);
    undos_.at(scopes_.at(r.scope).container.scope).pop_back();
    scopes_.erase(r.scope);
    ending_.erase(r.scope);
    undoing_ = 0;
}

void Follower::on(const engine::UndoSkipped& r) {
    check_undo(r.run, r.owner);
    require(skips_undos_, name(r.run) + " is not undone though nobody asked for that");
    undos_.at(r.owner).pop_back();
}

void Follower::on(const engine::OutputsFailed&) {
    require(!ending_.contains(0) && !undos_[0].empty(), "its outputs fail at the wrong time");
    check_scope_is_over(0);
    ending_.insert(0);
}

void Follower::on(const engine::Recovered&) {
    if (canceling_) grace_is_over_ = true;
}

/// A failure that nothing handled: the workflow has no other try, and no try catches it.
void Follower::note_letter(const engine::RunFailed& r) {
    const bool stops = r.then == engine::FailedThen::stop;
    if (mocked_ || (!stops && r.then != engine::FailedThen::proceed)) return;
    const engine::PlanNode& node = plan_->node(r.run.node);
    const bool is_container = node.role() == core::NodeRole::container;
    if (is_container && !r.failure.node_id.empty() && r.failure.node_id != node.id) return;
    const auto& on_error = plan_->settings().on_error;
    const bool has_a_try_left = on_error.kind == core::WorkflowOnError::Kind::retry &&
                                generation_ + 1 < on_error.retry.max_attempts;
    bool is_caught = false;
    for (std::uint32_t scope = r.run.scope; scope != 0 && !is_undoing(scope);
         scope = scopes_.at(scope).container.scope) {
        const Instance& instance = scopes_.at(scope);
        const auto& container = *plan_->node(instance.container.node).container;
        is_caught = is_caught || (container.kind == core::ContainerKind::attempt &&
                                  instance.part == engine::ScopePart::body);
    }
    if (!stops || (!has_a_try_left && !is_caught)) letters_.insert(path(r.run));
}

}  // namespace millrace::simulation
