// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "frame_clock.hpp"
#include "frame_pipeline.hpp"
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
    /// The frame is durable.
    virtual void release(engine::Frame frame) = 0;
    virtual void refuse(std::span<const engine::CallToken> tokens, const core::Error& error) = 0;
    /// What the store holds of all executions that are live here, but those set aside meanwhile.
    virtual core::Result<std::vector<engine::StoredExecution>> load_live() = 0;
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
};

/// Obeys a FramePipeline with two threads: one computes frames and commits them when nothing else
/// is to do, which saves waking another; one commits while the next frame is computed.
/// Thread-safe.
class FrameLoop {
public:
    FrameLoop(FrameLoopParts parts, const store::Ownership& owned);
    ~FrameLoop();
    FrameLoop(const FrameLoop&) = delete;
    FrameLoop& operator=(const FrameLoop&) = delete;

    FramePipeline::Intake offer(engine::Input&& command);
    void arrive(std::span<engine::Completion> completions);
    /// Takes executions over and lets them go on; one result for each. Waits for the shard.
    std::vector<core::Result<>> restore(std::vector<engine::StoredExecution> executions);

    /// A writing call of someone else has ended in `error` and left the store unusable: opens it
    /// again.
    void distrust(const core::Error& error);

    /// Lets the running commit end, and the one computed ahead, then joins the threads.
    void stop();

private:
    struct Restore {
        std::vector<engine::StoredExecution> executions;
        std::vector<core::Result<>> results;
        bool done = false;
    };
    using Lock = std::unique_lock<std::mutex>;

    void run_shard();
    void run_committer();
    bool obey(Lock& lock);
    void sleep(Lock& lock, core::Time now, core::Duration monotonic, bool has_work);
    void compute(Lock& lock, core::Time now);
    void commit(Lock& lock);
    void report(const core::Result<>& committed, bool had_failed);
    void rebuild(Lock& lock);
    void rebuild_from(Lock& lock, const store::Ownership& position);
    void give_up_rebuild(Lock& lock, const core::Error& error);
    void restore_waiting(Lock& lock);
    core::Time frame_time(core::Duration monotonic);
    bool has_work(core::Time now) const;
    void wake_shard();
    void refuse(Lock& lock, const std::vector<engine::CallToken>& tokens, const core::Error& error);

    const FrameLoopParts parts_;
    const store::Epoch epoch_;

    std::mutex mutex_;  // guards all that follows but what the shard's thread owns
    std::condition_variable shard_wake_;
    std::condition_variable committer_wake_;
    std::condition_variable restored_;
    FramePipeline pipeline_;
    std::vector<Restore*> restores_;
    bool shard_sleeps_ = false;
    std::size_t wake_at_inputs_ = 1;
    bool commit_wanted_ = false;
    bool shard_ended_ = false;
    std::optional<core::Error> failure_;  // of the last commit
    std::optional<core::Error> fence_;

    // The shard thread's own.
    FrameClock frame_clock_;
    std::optional<engine::Shard> shard_;  // none: dropped, to be rebuilt
    bool told_behind_ = false;

    std::thread shard_thread_;
    std::thread committer_thread_;
};

}  // namespace millrace::runtime
