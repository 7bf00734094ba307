// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <utility>

#include "frames/frame_loop.hpp"
#include "millrace/runtime/runtime.hpp"

// How executions come back into the shard.

namespace millrace::runtime {
namespace {

// As many as one frame can deal with: more of them would only wait in memory.
constexpr std::size_t restored_ahead_max = 4'096;

}  // namespace

std::shared_ptr<Reading> FrameLoop::begin_reading() {
    auto reading = std::make_shared<Reading>();
    const std::scoped_lock lock{mutex_};
    // What is committed but not settled counts as well: the sink still believes that it lives.
    for (const Gone& gone : gone_)
        reading->changed.insert(gone.ids.begin(), gone.ids.end());
    readings_.push_back(reading);
    return reading;
}

void FrameLoop::note_gone(const engine::Frame& frame) {
    Gone gone{frame.number, {}};
    for (const engine::ParkedRow& row : frame.parked)
        gone.ids.push_back(row.id);
    for (const engine::ExecutionRow& row : frame.finished)
        gone.ids.push_back(row.id);
    if (gone.ids.empty()) return;
    std::erase_if(readings_, [](const auto& reading) { return reading.expired(); });
    for (const auto& open : readings_)
        if (const auto reading = open.lock())
            reading->changed.insert(gone.ids.begin(), gone.ids.end());
    gone_.push_back(std::move(gone));
    ++frames_with_gone_;
}

void FrameLoop::settled(const engine::Frame& frame) {
    // Its number may also be that of the next frame, if it has no records.
    if (!frame.has_records()) return;
    const std::scoped_lock lock{mutex_};
    settle_gone(frame.number);
}

/// Frames up to this one are settled, or lost.
void FrameLoop::settle_gone(std::uint64_t frame) {
    const auto rest =
        std::ranges::find_if(gone_, [&](const Gone& gone) { return gone.frame > frame; });
    settled_with_gone_ += static_cast<std::uint64_t>(rest - gone_.begin());
    gone_.erase(gone_.begin(), rest);
    restored_.notify_all();
}

void FrameLoop::await_settled() {
    Lock lock{mutex_};
    const std::uint64_t last = frames_with_gone_;
    restored_.wait(lock, [&] { return shard_ended_ || settled_with_gone_ >= last; });
}

void FrameLoop::post(const std::shared_ptr<Restore>& restore) {
    const std::scoped_lock lock{mutex_};
    if (shard_ended_ || pipeline_.is_stopping()) return refuse(*restore);
    restores_.push_back(restore);
    wake_shard();
}

void FrameLoop::await(const std::shared_ptr<Restore>& restore) {
    Lock lock{mutex_};
    restored_.wait(lock, [&] { return restore->is_done; });
}

void FrameLoop::refuse(Restore& restore) {
    const core::Error stopped{RuntimeErrc::stopped, "the runtime has been stopped"};
    restore.results.assign(restore.executions.size(), std::unexpected(stopped));
    restore.is_done = true;
}

bool FrameLoop::may_restore(core::Time now) const {
    if (restores_.empty() || !shard_ || pipeline_.is_stopping()) return false;
    if (!restores_.front()->is_paced) return true;
    if (restored_ahead_ > 0) return restored_ahead_ < restored_ahead_max;
    const std::optional<core::Time> due = shard_->next_due();
    return !due || *due > now;
}

core::Result<Restore::Outcome> FrameLoop::restore_one(const engine::StoredExecution& stored,
                                                      const Restore& request) {
    if (request.reading && request.reading->changed.contains(stored.id))
        return Restore::Outcome::changed;
    if (parts_.sink.is_live(stored.id)) return Restore::Outcome::lives;
    const std::size_t before = shard_->live_count();
    if (const core::Result<> restored = shard_->restore(stored); !restored) {
        shard_->forget(stored.id);
        return std::unexpected(restored.error());
    }
    // Nothing is left of one whose history has its end.
    if (shard_->live_count() == before) return Restore::Outcome::ended;
    parts_.sink.adopted(stored.id);
    ++restored_ahead_;
    return Restore::Outcome::lives;
}

void FrameLoop::restore_next(Lock& lock) {
    const std::shared_ptr<Restore> request = std::move(restores_.front());
    restores_.pop_front();
    lock.unlock();
    // This thread alone adds to `changed`.
    std::vector<core::ExecutionId> interrupted;
    for (const engine::StoredExecution& stored : request->executions) {
        const std::size_t before = restored_ahead_;
        request->results.push_back(restore_one(stored, *request));
        if (restored_ahead_ > before && !stored.was_parked) interrupted.push_back(stored.id);
    }
    for (const engine::LimitedExecution& limited : request->limited) {
        const bool has_changed = request->reading && request->reading->changed.contains(limited.id);
        if (!has_changed) shard_->restore_limited(limited);
    }
    for (const core::ExecutionId id : request->forgotten)
        shard_->forget(id);
    request->executions.clear();
    lock.lock();
    pipeline_.recover(interrupted);
    if (request->command && request->results.front() == Restore::Outcome::lives) {
        request->intake = pipeline_.offer(std::move(*request->command), parts_.clock.monotonic());
    }
    request->is_done = true;
    restored_.notify_all();
}

}  // namespace millrace::runtime
