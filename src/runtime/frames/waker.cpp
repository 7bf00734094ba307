// SPDX-License-Identifier: Apache-2.0
#include "frames/waker.hpp"

#include <pthread.h>

#include <algorithm>
#include <csignal>

#include "millrace/runtime/runtime.hpp"

namespace millrace::runtime {
namespace {

// Large enough to be read in one go, small enough not to hold up the shard for long.
constexpr std::size_t batch = 1'024;
// Read ahead of the shard: together as much as it takes in for one frame.
constexpr std::size_t underway_max = 3;
// The wall clock is looked at this often: it may jump past a due time without waking anyone.
constexpr core::Duration clock_check_interval{10'000};
constexpr core::Duration store_retry_interval{1'000};

void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

/// May pass by itself, unlike damage to one execution.
bool may_pass(const core::Error& error) {
    return error.is(store::StoreErrc::io) || error.is(store::StoreErrc::timed_out) ||
           error.is(store::StoreErrc::locked);
}

}  // namespace

Waker::Waker(WakerParts parts, const store::Ownership& owned)
    : parts_{std::move(parts)}, window_{parts_.window} {
    frame_clock_.start(owned.last_frame, parts_.clock.wall(), parts_.clock.monotonic());
    thread_ = std::thread{[this] { run(); }};
}

Waker::~Waker() {
    stop_soon();
    join();
}

void Waker::stop_soon() {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
    wake_.notify_one();
}

void Waker::join() {
    if (thread_.joinable()) thread_.join();
}

void Waker::cover_all() {
    const std::scoped_lock lock{mutex_};
    window_.cover_all();
    own_.clear();
    wake_.notify_one();
}

bool Waker::covers_all() const {
    const std::scoped_lock lock{mutex_};
    return window_.covers_all();
}

void Waker::keep(std::span<const store::ParkedExecution> executions) {
    const std::scoped_lock lock{mutex_};
    for (const store::ParkedExecution& execution : executions) {
        own_.insert(execution.id);
        if (!execution.wake_at) continue;
        window_.put_back({execution.id, {execution.workflow_id, execution.workflow_version}},
                         *execution.wake_at);
    }
    wake_.notify_one();
}

bool Waker::keeps(core::ExecutionId id) const {
    const std::scoped_lock lock{mutex_};
    return (window_.covers_all() || own_.contains(id)) && !forsaken_.contains(id);
}

void Waker::forsake(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    forsaken_.insert(id);
}

void Waker::settle(const engine::Frame& frame) {
    if (frame.parked.empty() && frame.finished.empty() && frame.unparked.empty() &&
        frame.wanted.empty())
        return;
    const std::scoped_lock lock{mutex_};
    for (const core::ExecutionId id : frame.unparked)
        window_.forget(id);
    for (const engine::ParkedRow& row : frame.parked) {
        window_.parked(row);
        forsaken_.erase(row.id);
        if (!window_.covers_all()) own_.insert(row.id);
    }
    for (const engine::ExecutionRow& row : frame.finished)
        own_.erase(row.id);
    wanted_.insert(wanted_.end(), frame.wanted.begin(), frame.wanted.end());
    if (!frame.parked.empty() || !frame.wanted.empty()) wake_.notify_one();
}

void Waker::post(Job job) {
    {
        const std::scoped_lock lock{mutex_};
        if (!stopping_) {
            jobs_.push_back(std::move(job));
            wake_.notify_one();
            return;
        }
    }
    job(true);
}

void Waker::post(core::Duration after, Job job) {
    if (after <= core::Duration{}) return post(std::move(job));
    {
        const std::scoped_lock lock{mutex_};
        if (!stopping_) {
            later_.emplace(parts_.clock.monotonic() + after, std::move(job));
            wake_.notify_one();
            return;
        }
    }
    job(true);
}

void Waker::run() {
    block_signals();
    Lock lock{mutex_};
    while (!stopping_) {
        if (!step(lock)) sleep(lock);
    }
    std::deque<Job> left = std::exchange(jobs_, {});
    for (auto& [due, job] : std::exchange(later_, {}))
        left.push_back(std::move(job));
    lock.unlock();
    for (const Job& job : left)
        job(true);
    while (!underway_.empty())
        finish_oldest();
}

/// Answers false when there is nothing to do.
bool Waker::step(Lock& lock) {
    const core::Duration monotonic = parts_.clock.monotonic();
    while (!later_.empty() && later_.begin()->first <= monotonic)
        jobs_.push_back(std::move(later_.extract(later_.begin()).mapped()));
    if (!jobs_.empty()) {
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job(false);
        lock.lock();
        return true;
    }
    const core::Time now = frame_clock_.read(parts_.clock.wall(), monotonic).time;
    if (monotonic >= held_until_) {
        if (const auto wanted = window_.next_load(now)) {
            load(lock, *wanted);
            return true;
        }
        Sleepers due;
        for (; !wanted_.empty() && due.size() < batch; wanted_.pop_front())
            due.push_back({wanted_.front(), {}});
        if (due.empty()) due = window_.take_due(now, batch);
        if (!due.empty()) {
            wake(lock, std::move(due), now);
            return true;
        }
    }
    if (underway_.empty()) return false;
    lock.unlock();
    finish_oldest();
    lock.lock();
    return true;
}

void Waker::sleep(Lock& lock) {
    // In this order: when the time passes between the two, this thread looks again too early
    // rather than too late.
    const core::Duration monotonic = parts_.clock.monotonic();
    const core::Time now = frame_clock_.read(parts_.clock.wall(), monotonic).time;
    std::optional<core::Duration> until;
    if (monotonic < held_until_) {
        until = held_until_;
    } else if (const auto next = window_.next_event()) {
        // Neither may be computed before the first: an early time is far away from now.
        if (*next <= now) return;
        until = monotonic + std::min(*next - now, clock_check_interval);
    }
    if (!later_.empty())
        until = std::min(until.value_or(later_.begin()->first), later_.begin()->first);
    parts_.clock.wait(lock, wake_, until);
}

void Waker::load(Lock& lock, const WakeWindow::Load& wanted) {
    lock.unlock();
    const auto found = parts_.store.due_parked(wanted.before, wanted.limit, wanted.after);
    if (!found && !told_failure_) {
        parts_.log.write(LogLevel::warning, "parked executions cannot be read; trying again",
                         {{"error", found.error().message()}});
    }
    told_failure_ = !found;
    lock.lock();
    if (found) return window_.loaded(*found);
    window_.load_failed();
    held_until_ = parts_.clock.monotonic() + store_retry_interval;
}

core::Result<engine::StoredExecution> Waker::stored(WakeWindow::Sleeper& sleeper,
                                                    store::StoredHistory history) {
    if (sleeper.workflow.first.empty()) {
        auto row = parts_.store.execution(sleeper.id);
        if (!row) return std::unexpected(row.error());
        sleeper.workflow = {std::move(row->workflow_id), row->workflow_version};
    }
    auto workflow = parts_.plans.load(sleeper.workflow.first, sleeper.workflow.second);
    if (!workflow) return std::unexpected(workflow.error());
    engine::StoredExecution execution;
    execution.id = sleeper.id;
    execution.plan = std::move(workflow->plan);
    execution.snapshot = std::move(history.snapshot);
    execution.rows = std::move(history.rows);
    execution.was_parked = true;
    return execution;
}

void Waker::wake(Lock& lock, Sleepers due, core::Time now) {
    lock.unlock();
    std::erase_if(due, [&](const auto& sleeper) { return parts_.ledger.is_live(sleeper.id); });
    auto restore = std::make_shared<Restore>();
    restore->reading = parts_.loop.begin_reading();
    restore->is_paced = true;
    std::vector<core::ExecutionId> ids;
    for (const WakeWindow::Sleeper& sleeper : due)
        ids.push_back(sleeper.id);
    auto histories = parts_.store.histories(ids);
    if (!histories) {
        put_back(std::move(due), now, histories.error());
        return lock.lock();
    }
    Sleepers loaded;
    for (std::size_t i = 0; i < due.size(); ++i) {
        auto& history = (*histories)[i];
        auto execution =
            history ? stored(due[i], std::move(*history))
                    : core::Result<engine::StoredExecution>{std::unexpected(history.error())};
        if (execution) {
            restore->executions.push_back(std::move(*execution));
            loaded.push_back(std::move(due[i]));
        } else if (may_pass(execution.error())) {
            put_back({std::move(due[i])}, now, execution.error());
        } else {
            restore->forgotten.push_back(due[i].id);
            parts_.give_up(due[i].id, execution.error());
        }
    }
    parts_.loop.post(restore);
    underway_.push_back({std::move(restore), std::move(loaded)});
    while (underway_.size() > underway_max)
        finish_oldest();
    lock.lock();
}

void Waker::put_back(Sleepers sleepers, core::Time now, const core::Error& error) {
    parts_.log.write(LogLevel::warning, "parked executions cannot be read; trying again",
                     {{"error", error.message()}});
    const std::scoped_lock lock{mutex_};
    held_until_ = parts_.clock.monotonic() + store_retry_interval;
    for (const WakeWindow::Sleeper& sleeper : sleepers)
        window_.put_back(sleeper, now);
}

void Waker::finish_oldest() {
    const Underway oldest = std::move(underway_.front());
    underway_.pop_front();
    parts_.loop.await(oldest.restore);
    for (std::size_t i = 0; i < oldest.sleepers.size(); ++i) {
        const core::Result<Restore::Outcome>& result = oldest.restore->results[i];
        // What has changed meanwhile is told by the frame that changed it, after this.
        if (result || result.error().is(RuntimeErrc::stopped)) continue;
        parts_.give_up(oldest.sleepers[i].id, result.error());
    }
}

}  // namespace millrace::runtime
