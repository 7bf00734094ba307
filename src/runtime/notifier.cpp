// SPDX-License-Identifier: Apache-2.0
#include "notifier.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace::runtime {
namespace {

/// Puts what followers of events need to know of `waits` to the rows of their executions.
void add_waits(const std::vector<engine::WaitRow>& waits, std::vector<CommittedRow>& rows) {
    std::unordered_map<core::ExecutionId, CommittedRow*> rows_of;
    for (const engine::WaitRow& wait : waits) {
        const bool is_open = wait.state == engine::WaitRow::State::open;
        if (is_open && wait.what != engine::WaitRow::What::event) continue;
        if (rows_of.empty()) {
            for (CommittedRow& row : rows)
                rows_of.emplace(row.id, &row);
        }
        if (const auto at = rows_of.find(wait.id); at != rows_of.end())
            at->second->waits.push_back(wait);
    }
}

}  // namespace

Notifier::~Notifier() {
    stop();
}

void Notifier::add(std::shared_ptr<Observer> observer) {
    const std::scoped_lock lock{mutex_};
    if (stopping_) return;
    watchers_.push_back(std::make_unique<Watcher>());
    watchers_.back()->patience = std::chrono::milliseconds{observer->patience().ms};
    watchers_.back()->observer = std::move(observer);
    if (!thread_.joinable()) thread_ = std::thread{[this] { run(); }};
}

void Notifier::remove(const std::shared_ptr<Observer>& observer) {
    std::unique_lock lock{mutex_};
    std::erase_if(watchers_, [&](const auto& known) { return known->observer == observer; });
    told_.wait(lock, [&] { return telling_ != observer.get(); });
}

Notifier::Batch Notifier::rows_of(engine::Frame& frame) {
    auto rows = std::make_shared<std::vector<CommittedRow>>();
    rows->reserve(frame.journal.size());
    // All three lists are in the order in which the frame touched the executions.
    auto inserted = frame.inserted.begin();
    auto finished = frame.finished.begin();
    std::uint32_t number = 0;
    for (engine::JournalRow& row : frame.journal) {
        CommittedRow told;
        told.id = row.id;
        told.first_seq = row.first_seq;
        told.count = row.count;
        told.bytes = std::move(row.bytes);
        told.position = {frame.number, ++number};
        if (inserted != frame.inserted.end() && inserted->id == row.id) {
            told.workflow_id = inserted->workflow_id;
            if (is_terminal(inserted->status)) told.finished = inserted->status;
            ++inserted;
        }
        if (finished != frame.finished.end() && finished->id == row.id)
            told.finished = (finished++)->status;
        rows->push_back(std::move(told));
    }
    if (!frame.waits.empty()) add_waits(frame.waits, *rows);
    return rows;
}

void Notifier::publish(engine::Frame& frame) {
    const std::scoped_lock lock{mutex_};
    if (watchers_.empty() || frame.journal.empty() || stopping_) return;
    const Batch batch = rows_of(frame);
    bool is_wanted = false;
    for (const auto& watcher : watchers_)
        is_wanted |= add_batch(*watcher, batch);
    if (is_wanted) wake_.notify_one();
}

/// Whether the thread is to look at the clock again.
bool Notifier::add_batch(Watcher& watcher, const Batch& batch) {
    const bool is_first = !watcher.has_news();
    // A single batch always fits, or an observer could never be told of a large frame.
    if (watcher.lost > 0 || (watcher.rows > 0 && watcher.rows + batch->size() > rows_max_)) {
        watcher.lost += batch->size();
    } else {
        watcher.rows += batch->size();
        watcher.batches.push_back(batch);
    }
    if (watcher.patience.count() == 0) return true;
    // Patience ends where its queue fills up.
    const bool is_filling = watcher.rows > rows_max_ / 2 || watcher.lost > 0;
    if (is_first) watcher.due = std::chrono::steady_clock::now() + watcher.patience;
    if (is_filling) watcher.due = {};
    return is_first || is_filling;
}

bool Notifier::tell_next(std::unique_lock<std::mutex>& lock) {
    const Instant now = std::chrono::steady_clock::now();
    const auto at = std::ranges::find_if(watchers_, [&](const auto& watcher) {
        return watcher->has_news() &&
               (watcher->patience.count() == 0 || watcher->due <= now || stopping_);
    });
    if (at == watchers_.end()) return false;
    Watcher& watcher = **at;
    const std::shared_ptr<Observer> observer = watcher.observer;
    const std::deque<Batch> batches = std::exchange(watcher.batches, {});
    const std::uint64_t lost = std::exchange(watcher.lost, 0);
    watcher.rows = 0;
    // The next turn is another watcher's.
    std::rotate(at, at + 1, watchers_.end());
    telling_ = observer.get();
    lock.unlock();
    for (const Batch& batch : batches)
        observer->on_committed(*batch);
    if (lost > 0) observer->on_lagged(lost);
    lock.lock();
    telling_ = nullptr;
    told_.notify_all();
    return true;
}

void Notifier::run() {
    std::unique_lock lock{mutex_};
    while (true) {
        if (tell_next(lock)) continue;
        if (stopping_) return;
        sleep(lock);
    }
}

void Notifier::sleep(std::unique_lock<std::mutex>& lock) {
    std::optional<Instant> until;
    for (const auto& watcher : watchers_)
        if (watcher->has_news()) until = until ? std::min(*until, watcher->due) : watcher->due;
    if (until) {
        wake_.wait_until(lock, *until);
    } else {
        wake_.wait(lock);
    }
}

void Notifier::stop() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

}  // namespace millrace::runtime
