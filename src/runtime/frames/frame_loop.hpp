// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <unordered_set>
#include <vector>

#include "frames/frame_clock.hpp"
#include "frames/frame_pipeline.hpp"
#include "meter_slot.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/shard.hpp"
#include "millrace/runtime/clock.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/store/store.hpp"

namespace millrace::runtime {

/// What the frame loop hands out and asks for. Called from its threads, one call at a time, with no
/// lock held.
class FrameSink {
public:
    virtual ~FrameSink() = default;
    /// The frame has been computed, and is not committed yet.
    virtual void prepare(engine::Frame& frame) = 0;
    /// The frame is durable.
    virtual void release(engine::Frame frame) = 0;
    virtual void refuse(std::span<const engine::CallToken> tokens, const core::Error& error) = 0;
    /// What the store holds of all executions that are live here, but those set aside meanwhile.
    virtual core::Result<std::vector<engine::StoredExecution>> load_live() = 0;
    /// Parked executions that count against limits here.
    virtual core::Result<std::vector<engine::LimitedExecution>> load_limited() = 0;
    /// The execution cannot go on here; it stays in the store as it is.
    virtual void set_aside(core::ExecutionId id, const core::Error& error) = 0;
    virtual bool is_live(core::ExecutionId id) = 0;
    virtual void adopted(core::ExecutionId id) = 0;
    /// The loop has ended by itself.
    virtual void fenced(const core::Error& error) = 0;
};

struct FrameLoopParts {
    store::Store& store;
    std::mutex& writing;  ///< held during every writing call of the store
    Clock& clock;
    Log& log;
    FrameSink& sink;
    engine::ShardOptions shard;
    FramePipeline::Limits limits;
    const MeterSlot& meter;
};

/// What frames have parked or ended since somebody began to read the store: what was read of those
/// is old, and must not come back to life.
struct Reading {
    std::unordered_set<core::ExecutionId> changed;
};

/// Executions that are to go on in the shard, and what became of each.
struct Restore {
    enum class Outcome : std::uint8_t {
        lives,    ///< it is in the shard, now or since before
        changed,  ///< since it was read: read again
        ended,    ///< what was read is its end
    };

    std::vector<engine::StoredExecution> executions;
    std::vector<engine::LimitedExecution> limited;
    std::vector<core::ExecutionId> forgotten;  ///< parked ones that cannot be read
    std::shared_ptr<Reading> reading;
    /// For the only execution, which sees it in its first frame.
    std::optional<engine::Input> command;
    /// Waits while more have been restored than frames have dealt with.
    bool is_paced = false;

    std::vector<core::Result<Outcome>> results;
    FramePipeline::Intake intake = FramePipeline::Intake::stopped;  ///< of the command
    bool is_done = false;                                           ///< guarded by the loop
};

/// Obeys a FramePipeline with two threads: one computes frames and commits them when nothing else
/// is to do, which saves waking another; one commits while the next frame is computed.
/// Thread-safe.
class FrameLoop {
public:
    /// `shared`: what the store holds of what executions share.
    FrameLoop(FrameLoopParts parts, const store::Ownership& owned,
              std::span<const engine::SharedRow> shared);
    ~FrameLoop();
    FrameLoop(const FrameLoop&) = delete;
    FrameLoop& operator=(const FrameLoop&) = delete;

    FramePipeline::Intake offer(engine::Input&& command);
    void arrive(std::span<engine::Completion> completions);

    /// To be held from before the store is read until what was read is restored.
    std::shared_ptr<Reading> begin_reading();
    /// Takes executions over and lets them go on. `post` returns at once; whoever posts awaits.
    /// Executions that were not parked are told that their process is gone. `results` has
    /// `stopped` for all when the loop ended first.
    void post(const std::shared_ptr<Restore>& restore);
    void await(const std::shared_ptr<Restore>& restore);
    void restore(const std::shared_ptr<Restore>& restore) {
        post(restore);
        await(restore);
    }
    /// Waits until all frames that have been computed so far are settled or lost.
    void await_settled();
    /// Commands and completions that no frame has taken yet.
    std::size_t queued() const;
    /// The sink has taken in what a released frame says of its executions: what is read of them
    /// from now on is true.
    void settled(const engine::Frame& frame);

    /// A writing call of someone else has ended in `error` and left the store unusable: opens it
    /// again.
    void distrust(const core::Error& error);

    /// Lets the running commit end, and the one computed ahead, then joins the threads.
    void stop();

private:
    /// What a frame that was not settled yet has parked or ended.
    struct Gone {
        std::uint64_t frame = 0;
        std::vector<core::ExecutionId> ids;
    };
    using Lock = std::unique_lock<std::mutex>;

    void run_shard();
    void run_committer();
    bool obey(Lock& lock);
    void sleep(Lock& lock, core::Time now, core::Duration monotonic, bool has_work);
    void compute(Lock& lock, core::Time now);
    void measure_frame(std::size_t inputs, std::chrono::nanoseconds time) const;
    void measure_commit(const engine::Frame& frame, std::chrono::nanoseconds time) const;
    void commit(Lock& lock);
    void report(const core::Result<>& committed, bool had_failed);
    void rebuild(Lock& lock);
    void rebuild_from(Lock& lock, const store::Ownership& position);
    void give_up_rebuild(Lock& lock, const core::Error& error);
    static void refuse(Restore& restore);
    bool may_restore(core::Time now) const;
    void restore_next(Lock& lock);
    core::Result<Restore::Outcome> restore_one(const engine::StoredExecution& stored,
                                               const Restore& request);
    void note_gone(const engine::Frame& frame);
    void settle_gone(std::uint64_t frame);
    core::Time frame_time(core::Duration monotonic);
    bool has_work(core::Time now) const;
    void wake_shard();
    void refuse(Lock& lock, const std::vector<engine::CallToken>& tokens, const core::Error& error);

    const FrameLoopParts parts_;
    const store::Epoch epoch_;

    mutable std::mutex mutex_;  // guards all that follows but what the shard's thread owns
    std::condition_variable shard_wake_;
    std::condition_variable committer_wake_;
    std::condition_variable restored_;
    FramePipeline pipeline_;
    std::deque<std::shared_ptr<Restore>> restores_;
    std::vector<std::weak_ptr<Reading>> readings_;
    std::vector<Gone> gone_;               // oldest first
    std::uint64_t frames_with_gone_ = 0;   // that were computed
    std::uint64_t settled_with_gone_ = 0;  // of them, settled or lost
    bool shard_sleeps_ = false;
    std::size_t wake_at_inputs_ = 1;
    bool commit_wanted_ = false;
    bool shard_ended_ = false;
    std::optional<core::Error> failure_;  // of the last commit
    std::optional<core::Error> fence_;

    // The shard thread's own.
    FrameClock frame_clock_;
    std::optional<engine::Shard> shard_;  // none: dropped, to be rebuilt
    std::size_t restored_ahead_ = 0;      // since the last frame
    bool told_behind_ = false;

    std::thread shard_thread_;
    std::thread committer_thread_;
};

}  // namespace millrace::runtime
