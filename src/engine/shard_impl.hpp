// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "apply.hpp"
#include "executions.hpp"
#include "limiter.hpp"
#include "millrace/engine/shard.hpp"
#include "shared_state.hpp"
#include "systems.hpp"
#include "timers.hpp"
#include "turn.hpp"

namespace millrace::engine {

/// The frame at hand and what lasts from one to the next. Its verbs are in shard.cpp (what happens
/// in a frame), shard_create.cpp (how executions come) and shard_close.cpp (how a frame ends, and
/// how executions leave memory and come back).
class Shard::Impl {
public:
    explicit Impl(ShardOptions options) : options_{std::move(options)} {}

    Frame advance(core::Time now, std::deque<Input>& inbox);
    core::Result<> restore(const StoredExecution& stored);
    void restore_limited(const LimitedExecution& limited);

    bool has_backlog() const {
        const auto due = timers_.next_due();
        return !backlog_.empty() || (due && *due <= last_frame_) || limiter_.has_next() ||
               !admitted_.empty();
    }

    ShardOptions options_;
    Executions executions_;
    TimerQueue timers_;
    Limiter limiter_;
    SharedState shared_;
    std::uint64_t frame_ = 0;  // of the last frame with records
    core::Time last_frame_;

private:
    bool recover(std::deque<Input>& inbox);
    void go_on();
    void admit();
    void take_inputs(std::deque<Input>& inbox);
    void take(Input& input);
    void create(CreateExecution& create);
    bool may_create(const CreateExecution& create);
    bool has_room(const CreateExecution& create);
    void fire_timers();
    void take_refusals();
    void close();
    void close(ExecutionState& x);
    bool park(ExecutionState& x);
    void count(const ExecutionState& x);
    void enter_limit(Turn& turn);
    bool is_delayed(const CreateExecution& input) const;

    void answer(CallToken token, core::Result<> result) {
        now_frame_.answers.push_back({token, std::move(result)});
    }

    ExecutionState* target_of(const Input& input);
    /// Lets `give` hand an input to the execution, and then the systems decide. An execution whose
    /// input does not count leaves no trace in the frame.
    template <class Give>
    void turn(ExecutionState& x, Give give);
    void open_share(ExecutionState& x);

    // How much of a frame, in quarters, may be used up before a kind of work leaves the rest of it
    // to the next kind: no flood of one kind starves the others.
    static constexpr std::size_t small_snapshot = 16u << 10;
    static constexpr std::size_t half_frame = 2;      // for what earlier frames left
    static constexpr std::size_t three_quarters = 3;  // for inputs
    static constexpr std::size_t whole_frame = 4;     // for timers
    bool is_full(std::size_t quarters) const {
        return transitions_ * 4 >= options_.limits.frame_transitions_max * quarters ||
               record_bytes_ * 4 >= options_.limits.frame_record_bytes_max * quarters;
    }
    std::vector<core::ExecutionId> take_backlog();

    Applier applier_{executions_, timers_};
    Scratch scratch_;
    std::vector<core::ExecutionId> backlog_;   // used up their share and go on in the next frame
    std::vector<core::ExecutionId> admitted_;  // were parked when their permit came

    // The frame at hand.
    std::uint64_t advances_ = 0;
    Frame now_frame_;
    std::deque<RowWriter> rows_;  // stable addresses: an execution keeps a pointer to its row
    std::vector<core::ExecutionId> touched_;
    std::size_t transitions_ = 0;
    std::size_t record_bytes_ = 0;
};

inline std::int32_t priority_of(const ExecutionState& x) {
    return x.control ? x.control->priority : x.plan->settings().priority;
}

template <class Give>
void Shard::Impl::turn(ExecutionState& x, Give give) {
    open_share(x);
    const bool opened = x.share.row == nullptr;
    if (opened) x.share.row = &rows_.emplace_back(x.next_seq, now_frame_.now);
    const std::size_t transitions_before = x.share.transitions;
    const std::size_t bytes_before = x.share.row->bytes().size();

    Turn turn{x, now_frame_, executions_, applier_, options_, scratch_, &shared_};
    if (!give(turn)) {
        if (opened) {
            rows_.pop_back();
            x.share.row = nullptr;
        }
        return;
    }
    if (opened) touched_.push_back(x.id);
    run_systems(turn);
    if (is_terminal(x.status) && x.is_limited()) {
        limiter_.release(x.plan->identity().workflow_id, {priority_of(x), x.created_at, x.id});
    }
    if (has_work(executions_, x) && !x.share.used_up) {
        x.share.used_up = true;
        backlog_.push_back(x.id);
    }
    transitions_ += x.share.transitions - transitions_before;
    record_bytes_ += x.share.row->bytes().size() - bytes_before;
}

}  // namespace millrace::engine
