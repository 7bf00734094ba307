// SPDX-License-Identifier: Apache-2.0
#include "frames/frame_loop.hpp"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <limits>
#include <string>
#include <utility>

#include "millrace/runtime/runtime.hpp"

namespace millrace::runtime {
namespace {

// While a timer is awaited the wall clock is looked at this often: it may jump past the due time
// without anything waking the thread.
constexpr core::Duration clock_check_interval{10'000};

core::Error stopped_error() {
    return {RuntimeErrc::stopped, "the runtime has been stopped"};
}

void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

FrameLoop::FrameLoop(FrameLoopParts parts, const store::Ownership& owned,
                     std::span<const engine::SharedRow> shared)
    : parts_{std::move(parts)},
      epoch_{owned.epoch},
      pipeline_{parts_.limits},
      shard_{engine::Shard{parts_.shard}} {
    shard_->set_position(owned.frame, owned.last_frame);
    for (const engine::SharedRow& row : shared)
        shard_->restore_shared(row);
    frame_clock_.start(owned.last_frame, parts_.clock.wall(), parts_.clock.monotonic());
    shard_thread_ = std::thread{[this] { run_shard(); }};
    committer_thread_ = std::thread{[this] { run_committer(); }};
}

FrameLoop::~FrameLoop() {
    stop();
}

FramePipeline::Intake FrameLoop::offer(engine::Input&& command) {
    const core::Duration now = parts_.clock.monotonic();
    const std::scoped_lock lock{mutex_};
    const FramePipeline::Intake intake = pipeline_.offer(std::move(command), now);
    if (shard_sleeps_ && pipeline_.queued() >= wake_at_inputs_) wake_shard();
    return intake;
}

void FrameLoop::arrive(std::span<engine::Completion> completions) {
    const std::scoped_lock lock{mutex_};
    for (engine::Completion& completion : completions)
        pipeline_.arrive(std::move(completion));
    if (shard_sleeps_ && pipeline_.queued() >= wake_at_inputs_) wake_shard();
}

void FrameLoop::distrust(const core::Error& error) {
    parts_.log.write(LogLevel::error, "the store is opened again: it could not tell what it kept",
                     {{"error", error.message()}});
    const std::scoped_lock lock{mutex_};
    failure_ = error;
    pipeline_.distrust();
    wake_shard();
}

void FrameLoop::stop() {
    {
        const std::scoped_lock lock{mutex_};
        pipeline_.stop();
        wake_shard();
    }
    if (shard_thread_.joinable()) shard_thread_.join();
    if (committer_thread_.joinable()) committer_thread_.join();
}

void FrameLoop::wake_shard() {
    shard_sleeps_ = false;
    shard_wake_.notify_one();
}

void FrameLoop::run_shard() {
    block_signals();
    Lock lock{mutex_};
    while (obey(lock)) {
    }
    shard_ended_ = true;
    committer_wake_.notify_one();
    for (const auto& waiting : restores_)
        refuse(*waiting);
    restores_.clear();
    restored_.notify_all();
    if (!fence_) return;
    const core::Error error = *fence_;
    lock.unlock();
    parts_.log.write(LogLevel::error, "stopped: another owner has taken the store over",
                     {{"error", error.message()}});
    parts_.sink.fenced(error);
}

bool FrameLoop::obey(Lock& lock) {
    const core::Duration monotonic = parts_.clock.monotonic();
    const core::Time now = frame_time(monotonic);
    if (may_restore(now)) {
        restore_next(lock);
        return true;
    }
    const bool work = has_work(now);
    switch (pipeline_.next(work, monotonic)) {
        case FramePipeline::Step::idle: sleep(lock, now, monotonic, work); return true;
        case FramePipeline::Step::compute: compute(lock, now); return true;
        case FramePipeline::Step::commit_here: commit(lock); return true;
        case FramePipeline::Step::hand_over:
            commit_wanted_ = true;
            committer_wake_.notify_one();
            return true;
        case FramePipeline::Step::rebuild: rebuild(lock); return true;
        case FramePipeline::Step::finished: return false;
    }
    return false;
}

core::Time FrameLoop::frame_time(core::Duration monotonic) {
    const FrameClock::Reading reading = frame_clock_.read(parts_.clock.wall(), monotonic);
    if (reading.jumped.ms > 0) {
        parts_.log.write(LogLevel::warning, "the clock jumped forward",
                         {{"by", core::to_text(reading.jumped)}});
    }
    const bool is_behind = reading.behind.ms > 0;
    if (is_behind && !told_behind_) {
        parts_.log.write(LogLevel::warning,
                         "the clock is behind the last committed frame; time goes on from there",
                         {{"by", core::to_text(reading.behind)}});
    }
    told_behind_ = is_behind;
    return reading.time;
}

bool FrameLoop::has_work(core::Time now) const {
    if (!shard_) return false;
    const std::optional<core::Time> due = shard_->next_due();
    return (due && *due <= now) || shard_->has_backlog();
}

void FrameLoop::sleep(Lock& lock, core::Time now, core::Duration monotonic, bool has_work) {
    std::optional<core::Duration> until = pipeline_.retry_at(monotonic);
    wake_at_inputs_ = until ? std::numeric_limits<std::size_t>::max() : pipeline_.worth_computing();
    // With work at hand only a commit is awaited, which wakes this thread.
    if (!until && !has_work && shard_) {
        if (const std::optional<core::Time> due = shard_->next_due())
            until = monotonic + std::min(*due - now, clock_check_interval);
    }
    shard_sleeps_ = true;
    parts_.clock.wait(lock, shard_wake_, until);
    shard_sleeps_ = false;
}

void FrameLoop::compute(Lock& lock, core::Time now) {
    pipeline_.begin_frame();
    restored_ahead_ = 0;
    lock.unlock();
    const std::size_t inputs = pipeline_.inbox().size();
    const Stopwatch watch;
    engine::Frame frame = shard_->advance(now, pipeline_.inbox());
    parts_.sink.prepare(frame);
    measure_frame(inputs - pipeline_.inbox().size(), watch.elapsed());
    lock.lock();
    note_gone(frame);
    pipeline_.computed(std::move(frame));
}

void FrameLoop::measure_frame(std::size_t inputs, std::chrono::nanoseconds time) const {
    const std::shared_ptr<Meter> meter = parts_.meter.get();
    if (!meter) return;
    meter->on_frame({.inputs = inputs,
                     .executions = shard_->live_count(),
                     .timers = shard_->timer_count(),
                     .waiting = shard_->waiting_count(),
                     .time = time});
}

void FrameLoop::measure_commit(const engine::Frame& frame, std::chrono::nanoseconds time) const {
    const std::shared_ptr<Meter> meter = parts_.meter.get();
    if (!meter) return;
    std::size_t bytes = 0;
    for (const engine::JournalRow& row : frame.journal)
        bytes += row.bytes.size();
    meter->on_commit({.rows = frame.journal.size(), .bytes = bytes, .time = time});
}

std::size_t FrameLoop::queued() const {
    const std::scoped_lock lock{mutex_};
    return pipeline_.queued();
}

void FrameLoop::run_committer() {
    block_signals();
    Lock lock{mutex_};
    while (true) {
        committer_wake_.wait(lock, [this] { return commit_wanted_ || shard_ended_; });
        if (!commit_wanted_) return;
        commit_wanted_ = false;
        commit(lock);
        if (shard_sleeps_) wake_shard();
    }
}

void FrameLoop::commit(Lock& lock) {
    // Only this thread changes it until `committed` or `commit_failed`.
    const engine::Frame& frame = pipeline_.committing();
    const bool had_failed = pipeline_.has_failed();
    const bool has_records = frame.has_records();
    lock.unlock();
    core::Result<> committed;
    if (has_records) {
        const std::scoped_lock writing{parts_.writing};
        const Stopwatch watch;
        committed = parts_.store.commit(frame, epoch_);
        if (committed) measure_commit(frame, watch.elapsed());
    }
    if (!committed || (had_failed && has_records)) report(committed, had_failed);
    lock.lock();
    if (!committed) {
        failure_ = committed.error();
        if (committed.error().is(store::StoreErrc::stale_epoch)) fence_ = committed.error();
        pipeline_.commit_failed(committed.error());
        return;
    }
    engine::Frame durable = pipeline_.committed();
    lock.unlock();
    parts_.sink.release(std::move(durable));
    if (has_records) {
        const std::scoped_lock writing{parts_.writing};
        // What fails here fails the next commit as well, which is where it is dealt with.
        if (const auto checkpointed = parts_.store.checkpoint(); !checkpointed) {
            parts_.log.write(LogLevel::warning, "the store could not shorten its log",
                             {{"error", checkpointed.error().message()}});
        }
    }
    lock.lock();
    pipeline_.released();
}

void FrameLoop::report(const core::Result<>& committed, bool had_failed) {
    if (committed) {
        parts_.log.write(LogLevel::info, "the store takes commits again");
        return;
    }
    // Further failures in a row are only for those who look closely.
    parts_.log.write(
        had_failed ? LogLevel::debug : LogLevel::error,
        "a commit failed; callers are refused until the store takes them again",
        {{"code", std::string{committed.error().code()}}, {"error", committed.error().message()}});
}

void FrameLoop::refuse(Lock& lock, const std::vector<engine::CallToken>& tokens,
                       const core::Error& error) {
    if (tokens.empty()) return;
    lock.unlock();
    parts_.sink.refuse(tokens, error);
    lock.lock();
}

void FrameLoop::rebuild(Lock& lock) {
    shard_.reset();
    const core::Error cause = failure_.value_or(stopped_error());
    refuse(lock, pipeline_.begin_rebuild(),
           {RuntimeErrc::unavailable, "nothing was recorded, repeat later: " + cause.message()});
    lock.unlock();
    core::Result<store::Ownership> position = [&] {
        const std::scoped_lock writing{parts_.writing};
        return parts_.store.reopen(epoch_);
    }();
    lock.lock();
    if (position) {
        rebuild_from(lock, *position);
    } else if (position.error().is(store::StoreErrc::stale_epoch)) {
        fence_ = position.error();
        pipeline_.fence();
    } else {
        give_up_rebuild(lock, position.error());
    }
}

void FrameLoop::give_up_rebuild(Lock& lock, const core::Error& error) {
    shard_.reset();
    parts_.log.write(LogLevel::debug, "the store could not be read again",
                     {{"error", error.message()}});
    refuse(lock, pipeline_.rebuild_failed(parts_.clock.monotonic()),
           {RuntimeErrc::unavailable,
            "it is not known whether this was recorded; repeat with the same key, or look for it "
            "once the store is back: " +
                error.message()});
}

void FrameLoop::rebuild_from(Lock& lock, const store::Ownership& position) {
    FramePipeline::Settled settled = pipeline_.reopened(position);
    const core::Error lost{
        RuntimeErrc::unavailable,
        "nothing was recorded, repeat later: " + failure_.value_or(stopped_error()).message()};
    refuse(lock, settled.refused,
           settled.cause ? settled.cause->during("the store refuses to record this") : lost);
    engine::ShardOptions options = parts_.shard;
    if (pipeline_.is_careful()) {
        options.limits.frame_inputs_max = 1;
        options.limits.frame_transitions_max = 1;
    }
    lock.unlock();
    if (settled.committed) parts_.sink.release(std::move(*settled.committed));
    for (const core::ExecutionId id : settled.offenders)
        parts_.sink.set_aside(id, *settled.cause);
    core::Result<std::vector<engine::StoredExecution>> live = parts_.sink.load_live();
    const auto limited = parts_.sink.load_limited();
    const auto shared = parts_.store.shared();
    if (!live || !limited || !shared) {
        lock.lock();
        return give_up_rebuild(lock, !live      ? live.error()
                                     : !limited ? limited.error()
                                                : shared.error());
    }
    shard_.emplace(std::move(options));
    shard_->set_position(position.frame, position.last_frame);
    for (const engine::SharedRow& row : *shared)
        shard_->restore_shared(row);
    for (const engine::StoredExecution& stored : *live) {
        if (const core::Result<> restored = shard_->restore(stored); !restored)
            parts_.sink.set_aside(stored.id, restored.error());
    }
    for (const engine::LimitedExecution& execution : *limited)
        shard_->restore_limited(execution);
    lock.lock();
    settle_gone(std::numeric_limits<std::uint64_t>::max());
    pipeline_.rebuilt(parts_.clock.monotonic(), live->size());
}

}  // namespace millrace::runtime
