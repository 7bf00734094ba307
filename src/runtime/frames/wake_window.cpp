// SPDX-License-Identifier: Apache-2.0
#include "frames/wake_window.hpp"

#include <algorithm>
#include <iterator>

#include "millrace/core/check.hpp"

namespace millrace::runtime {

void WakeWindow::cover_all() {
    if (covers_all_) return;
    covers_all_ = true;
    // What is known already stays: the store names it again.
}

void WakeWindow::parked(const engine::ParkedRow& row) {
    forget(row.id);
    if (!row.wake_at) return;
    const store::WakePosition place{*row.wake_at, row.id};
    // What parks while the store is read may be missing in the answer.
    const bool may_be_missed = loading_ && place.wake_at < loading_->before;
    if (covers_all_ && !(place < horizon_) && !may_be_missed) return;
    insert(row.id, *row.wake_at, row.workflow_id, row.workflow_version);
    if (covers_all_ && !loading_) trim();
}

void WakeWindow::forget(core::ExecutionId id) {
    const auto found = known_.find(id);
    if (found == known_.end()) return;
    order_.erase({found->second.wake_at, id});
    known_.erase(found);
}

void WakeWindow::put_back(const Sleeper& sleeper, core::Time at) {
    if (known_.contains(sleeper.id)) return;
    insert(sleeper.id, at, sleeper.workflow.first, sleeper.workflow.second);
}

std::vector<WakeWindow::Sleeper> WakeWindow::take_due(core::Time now, std::size_t count) {
    std::vector<Sleeper> due;
    while (due.size() < count && !order_.empty() && order_.begin()->wake_at <= now) {
        const core::ExecutionId id = order_.begin()->id;
        const auto known = known_.find(id);
        due.push_back({id, workflows_[known->second.workflow]});
        known_.erase(known);
        order_.erase(order_.begin());
    }
    return due;
}

std::optional<WakeWindow::Load> WakeWindow::next_load(core::Time now) {
    if (!covers_all_ || loading_ || !has_room()) return std::nullopt;
    if (horizon_.wake_at >= now + core::Duration{limits_.span.ms / 2}) return std::nullopt;
    loading_ = Load{now + limits_.span, limits_.executions_max - order_.size(), horizon_};
    return loading_;
}

void WakeWindow::loaded(std::span<const store::ParkedExecution> found) {
    MR_CHECK(loading_.has_value());
    for (const store::ParkedExecution& execution : found) {
        // What was told meanwhile is newer than what was read.
        if (!execution.wake_at || known_.contains(execution.id)) continue;
        insert(execution.id, *execution.wake_at, execution.workflow_id, execution.workflow_version);
    }
    if (found.size() < loading_->limit) {
        horizon_ = {loading_->before, {}};
    } else {
        horizon_ = {*found.back().wake_at, found.back().id};
    }
    loading_.reset();
    trim();
}

/// Forgets what the store tells again when its time comes.
void WakeWindow::trim() {
    while (order_.size() > limits_.executions_max) {
        const auto last = std::prev(order_.end());
        known_.erase(last->id);
        order_.erase(last);
        horizon_ = std::min(horizon_, *std::prev(order_.end()));
    }
}

std::optional<core::Time> WakeWindow::next_event() const {
    std::optional<core::Time> next;
    if (!order_.empty()) next = order_.begin()->wake_at;
    if (covers_all_ && !loading_ && has_room()) {
        // Of what was not read yet a first part may be due at once: the first load has no place.
        const core::Time load = horizon_ == store::WakePosition{}
                                    ? horizon_.wake_at
                                    : horizon_.wake_at - core::Duration{limits_.span.ms / 2};
        if (!next || load < *next) next = load;
    }
    return next;
}

void WakeWindow::insert(core::ExecutionId id, core::Time wake_at, const std::string& workflow_id,
                        std::uint32_t version) {
    forget(id);
    known_.emplace(id, Known{wake_at, number_of(workflow_id, version)});
    order_.insert({wake_at, id});
}

std::uint32_t WakeWindow::number_of(const std::string& workflow_id, std::uint32_t version) {
    const auto [at, is_new] = workflow_numbers_.try_emplace(
        {workflow_id, version}, static_cast<std::uint32_t>(workflows_.size()));
    if (is_new) workflows_.emplace_back(workflow_id, version);
    return at->second;
}

}  // namespace millrace::runtime
