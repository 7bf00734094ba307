// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/store/store.hpp"

namespace millrace::runtime {

/// Decides what becomes of frames: when the next is computed, when it goes to the store, when its
/// effects and answers may leave, and what to do when a commit fails. A machine without I/O,
/// threads or clocks: it is told what happened and answers what to do. The caller serialises calls.
///
/// At most one frame is computed ahead of the commit. After a failed commit the shard's state and
/// all that was not released is dropped; what came from executors is queued again, commands are
/// refused. A frame whose commit has an unknown outcome is kept until the store's position tells.
///
/// A frame that the store refuses for what is in it would be refused for ever. The next shard is
/// then careful: one input and one execution a frame, until the execution in question is found.
class FramePipeline {
public:
    struct Limits {
        std::size_t frame_inputs_max = 4'096;
        std::size_t commands_max = 65'536;
        core::Duration backoff_min{10};
        core::Duration backoff_max{1'000};
    };

    enum class Intake : std::uint8_t { accepted, busy, unavailable, stopped };

    enum class Step : std::uint8_t {
        idle,         ///< wait until told something, or until `retry_at`
        compute,      ///< `begin_frame`, advance the shard on `inbox`, then `computed`
        commit_here,  ///< commit `committing` at once: little else is to do
        hand_over,    ///< another thread commits `committing`; this one has more to compute
        rebuild,      ///< `begin_rebuild`, reopen the store, `reopened`, restore, `rebuilt`
        finished,     ///< stopped, and nothing is being committed
    };

    explicit FramePipeline(Limits limits) : limits_{limits} {}

    // ---- What happened --------------------------------------------------------------------

    /// A command that a caller waits for. It is taken only when accepted.
    Intake offer(engine::Input&& command, core::Duration now);
    /// What the engine itself asked for; never refused, since it is bounded by what is in flight.
    void arrive(engine::Input input);
    /// Executions that were just restored after their process had gone. The shard hears of that
    /// before anything else. Not while a frame is computed.
    void recover(std::span<const core::ExecutionId> ids);
    /// Another call than a commit has left the store unusable: it is to be reopened.
    void distrust() { renew_ = true; }

    /// The queued inputs become those of the next frame.
    void begin_frame();
    /// While a frame is computed this belongs to the computing thread.
    std::deque<engine::Input>& inbox() { return inbox_; }
    void computed(engine::Frame frame);

    /// The frame is durable, and may be released by the caller, who then calls `released`. Until
    /// then no other frame is committed, so that releases keep the order of commits.
    engine::Frame committed();
    void released();
    void commit_failed(const core::Error& error);

    /// Gives up what was not released; the tokens of callers who are to be told.
    std::vector<engine::CallToken> begin_rebuild();
    struct Settled {
        std::optional<engine::Frame> committed;  ///< it did happen: release it
        std::vector<engine::CallToken> refused;  ///< it did not: callers who are to be told
        /// Why it cannot happen, if it is known that repeating does not help.
        std::optional<core::Error> cause;
        /// Executions that cannot go on for that reason.
        std::vector<core::ExecutionId> offenders;
    };
    /// The store's position decides on the commit that failed.
    Settled reopened(const store::Ownership& position);
    /// `live`: how many executions the new shard has.
    void rebuilt(core::Duration now, std::size_t live = 0);
    /// The store cannot be reopened or read; tokens of callers who must not wait for it.
    std::vector<engine::CallToken> rebuild_failed(core::Duration now);

    /// No further frame is computed; a computed one is still committed.
    void stop();
    /// Nothing more may be written: another owner has taken over.
    void fence();

    // ---- What to do -----------------------------------------------------------------------

    /// `has_work`: the shard has something to do without inputs.
    Step next(bool has_work, core::Duration now);
    const engine::Frame& committing() const { return committing_->frame; }
    /// Until then nothing is tried, after repeated failures.
    std::optional<core::Duration> retry_at(core::Duration now) const;
    /// How many queued inputs are worth computing a frame for now.
    std::size_t worth_computing() const;
    std::size_t queued() const { return queued_.size() + inbox_.size(); }
    bool has_failed() const { return failures_ > 0; }
    /// A shard made now is to put no more than one execution into a frame.
    bool is_careful() const { return careful_; }
    bool is_stopping() const { return stopping_; }

private:
    struct InFlight {
        engine::Frame frame;
        std::vector<engine::Input> taken;  ///< to be queued again if the frame is lost
        std::size_t inputs = 0;
    };

    bool is_held_back(core::Duration now) const { return now < retry_at_; }
    bool should_compute(bool has_work) const;
    /// Forgets those of `taken_` that the shard has left in the inbox.
    void drop_left_over();
    void settle_refusal(const engine::Frame& lost, Settled& settled);
    /// `lost` is older than what was lost before it.
    void lose(InFlight lost, std::vector<engine::CallToken>& tokens);
    void refuse_queued(std::vector<engine::CallToken>& tokens);
    void back_off(core::Duration now);

    const Limits limits_;
    std::deque<engine::Input> queued_;
    std::deque<engine::Input> inbox_;   // given to the shard; may hold what it left over
    std::size_t commands_ = 0;          // within queued_
    std::vector<engine::Input> taken_;  // by the frame that is being computed
    std::size_t taken_inputs_ = 0;
    std::optional<InFlight> ready_;  // computed ahead
    std::optional<InFlight> committing_;
    std::optional<InFlight> doubtful_;     // its commit may have happened
    std::vector<engine::Input> requeued_;  // of lost frames, oldest first
    std::optional<core::Error> refusal_;   // of the doubtful frame, for what is in it
    bool refused_before_ = false;          // so was another, since the last commit
    bool careful_ = false;
    std::size_t careful_frames_ = 0;  // after so many all that was there has had its turn
    bool computing_ = false;
    bool faulted_ = false;  // a rebuild is due
    bool renew_ = false;    // it will be, once nothing is in flight
    bool stopping_ = false;
    bool fenced_ = false;
    bool rebuilding_ = false;
    std::uint32_t failures_ = 0;  // in a row
    core::Duration retry_at_{INT64_MIN};
};

}  // namespace millrace::runtime
