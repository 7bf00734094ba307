// SPDX-License-Identifier: Apache-2.0
#include "frames/frame_pipeline.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "millrace/core/check.hpp"

namespace millrace::runtime {
namespace {

// Fewer inputs than this are not worth a frame of their own while another is being committed: they
// would wait for it anyway and then pay for a commit that holds nearly nothing.
constexpr std::size_t ahead_inputs_min = 16;

// A larger frame keeps the store busy for longer than it takes to wake a thread, and that long the
// next frame can be computed beside it.
constexpr std::size_t commit_here_inputs_max = 64;

// Frames of a careful shard beside those for what waits and lives when it is made: time for callers
// whose command was refused to come back with it.
constexpr std::size_t careful_frames_min = 64;

/// Of what a caller waits for an answer to.
std::optional<engine::CallToken> token_of(const engine::Input& input) {
    return std::visit(
        [](const auto& given) -> std::optional<engine::CallToken> {
            if constexpr (requires { given.token; }) return given.token;
            return std::nullopt;
        },
        input);
}

bool is_recovery(const engine::Input& input) {
    return std::holds_alternative<engine::RecoverExecution>(input);
}

/// Whether both say the same of the same attempt or execution.
bool is_same(const engine::Input& left, const engine::Input& right) {
    if (const auto* a = std::get_if<engine::Completion>(&left)) {
        const auto* b = std::get_if<engine::Completion>(&right);
        return b != nullptr && a->id == b->id && a->run == b->run && a->attempt == b->attempt;
    }
    const auto* a = std::get_if<engine::RecoverExecution>(&left);
    const auto* b = std::get_if<engine::RecoverExecution>(&right);
    return a != nullptr && b != nullptr && a->id == b->id;
}

/// The store looked at the frame and did not like what it saw; it will not the next time either.
bool is_refusal(const core::Error& error) {
    return error.is(store::StoreErrc::bad_argument) || error.is(store::StoreErrc::not_found);
}

std::vector<core::ExecutionId> executions_in(const engine::Frame& frame) {
    std::vector<core::ExecutionId> ids;
    for (const engine::JournalRow& row : frame.journal)
        ids.push_back(row.id);
    std::ranges::sort(ids);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
    return ids;
}

}  // namespace

FramePipeline::Intake FramePipeline::offer(engine::Input&& command, core::Duration now) {
    if (stopping_ || fenced_) return Intake::stopped;
    if (faulted_ || rebuilding_ || is_held_back(now)) return Intake::unavailable;
    if (commands_ >= limits_.commands_max) return Intake::busy;
    ++commands_;
    queued_.push_back(std::move(command));
    return Intake::accepted;
}

void FramePipeline::arrive(engine::Input input) {
    if (stopping_ || fenced_) return;
    queued_.push_back(std::move(input));
}

void FramePipeline::recover(std::span<const core::ExecutionId> ids) {
    MR_CHECK(!computing_);
    if (stopping_ || fenced_) return;
    std::vector<engine::Input> recoveries;
    for (const core::ExecutionId id : ids)
        recoveries.push_back(engine::RecoverExecution{id});
    inbox_.insert(std::ranges::find_if_not(inbox_, is_recovery), recoveries.begin(),
                  recoveries.end());
}

void FramePipeline::begin_frame() {
    MR_CHECK(!computing_ && !ready_);
    computing_ = true;
    const std::size_t inputs_max = careful_ ? 1 : limits_.frame_inputs_max;
    // The shard must see all recoveries before it does anything else, however many they are.
    while (!queued_.empty() && (inbox_.size() < inputs_max || is_recovery(queued_.front()))) {
        if (token_of(queued_.front())) --commands_;
        inbox_.push_back(std::move(queued_.front()));
        queued_.pop_front();
    }
    // Copied, because the shard moves its inputs out, and only afterwards shows which ones.
    taken_.clear();
    taken_inputs_ = inbox_.size();
    for (const engine::Input& input : inbox_)
        if (!token_of(input)) taken_.push_back(input);
}

void FramePipeline::drop_left_over() {
    // Both are in the order in which the inputs came, and once the shard leaves an input of an
    // execution it leaves the later ones too: so of equal ones those from the back are left.
    std::vector<engine::Input> consumed;
    auto left = inbox_.rbegin();
    for (auto taken = taken_.rbegin(); taken != taken_.rend(); ++taken) {
        while (left != inbox_.rend() && token_of(*left))
            ++left;
        if (left != inbox_.rend() && is_same(*taken, *left)) {
            ++left;
        } else {
            consumed.push_back(std::move(*taken));
        }
    }
    std::ranges::reverse(consumed);
    taken_ = std::move(consumed);
}

void FramePipeline::computed(engine::Frame frame) {
    MR_CHECK(computing_);
    computing_ = false;
    if (!inbox_.empty()) drop_left_over();
    if (careful_frames_ > 0 && --careful_frames_ == 0 && !faulted_) {
        // The cause did not show again: on with a shard that fills its frames.
        careful_ = false;
        renew_ = true;
    }
    const bool says_nothing = !frame.has_records() && frame.answers.empty() &&
                              frame.effects.empty() && frame.aborts.empty() && frame.wanted.empty();
    if (says_nothing && !faulted_) {
        // What changed nothing may yet count if the frame before it, which decided that, is lost.
        if (committing_) std::ranges::move(taken_, std::back_inserter(committing_->taken));
        taken_.clear();
        return;
    }
    ready_ = InFlight{std::move(frame), std::exchange(taken_, {}), taken_inputs_};
}

engine::Frame FramePipeline::committed() {
    MR_CHECK(committing_.has_value());
    // A frame without records proves nothing about the store.
    if (committing_->frame.has_records()) {
        failures_ = 0;
        refused_before_ = false;
    }
    committing_->taken.clear();
    return std::move(committing_->frame);
}

void FramePipeline::released() {
    MR_CHECK(committing_.has_value());
    committing_.reset();
}

void FramePipeline::commit_failed(const core::Error& error) {
    MR_CHECK(committing_.has_value());
    if (error.is(store::StoreErrc::stale_epoch)) return fence();
    ++failures_;
    faulted_ = true;
    renew_ = false;
    refusal_.reset();
    if (is_refusal(error)) refusal_ = error;
    // Both kinds are settled by the position: a store that says "failed" is not believed blindly.
    doubtful_ = std::exchange(committing_, std::nullopt);
}

std::vector<engine::CallToken> FramePipeline::begin_rebuild() {
    MR_CHECK(faulted_ && !computing_);
    rebuilding_ = true;
    std::vector<engine::CallToken> tokens;
    if (ready_) lose(*std::exchange(ready_, std::nullopt), tokens);
    // Without a failed commit those who wait need not know.
    if (!std::exchange(renew_, false)) refuse_queued(tokens);
    return tokens;
}

FramePipeline::Settled FramePipeline::reopened(const store::Ownership& position) {
    Settled settled;
    if (!doubtful_) return settled;
    InFlight frame = *std::exchange(doubtful_, std::nullopt);
    if (frame.frame.number == position.frame) {
        settled.committed = std::move(frame.frame);
    } else {
        if (refusal_) settle_refusal(frame.frame, settled);
        lose(std::move(frame), settled.refused);
    }
    return settled;
}

void FramePipeline::settle_refusal(const engine::Frame& lost, Settled& settled) {
    const bool again = std::exchange(refused_before_, true);
    std::vector<core::ExecutionId> ids = executions_in(lost);
    if (ids.size() != 1 && !careful_) {
        careful_ = true;
        return;
    }
    settled.cause = refusal_;
    // The first time it may have been the position, which a rebuild puts right.
    if (again || careful_) settled.offenders = std::move(ids);
}

void FramePipeline::rebuilt(core::Duration now, std::size_t live) {
    MR_CHECK(rebuilding_ && !doubtful_);
    queued_.insert(queued_.begin(), std::make_move_iterator(inbox_.begin()),
                   std::make_move_iterator(inbox_.end()));
    inbox_.clear();
    queued_.insert(queued_.begin(), std::make_move_iterator(requeued_.begin()),
                   std::make_move_iterator(requeued_.end()));
    requeued_.clear();
    // What a lost frame had recovered is to be recovered again before anything else happens.
    std::ranges::stable_partition(queued_, is_recovery);
    commands_ = static_cast<std::size_t>(std::ranges::count_if(
        queued_, [](const engine::Input& input) { return token_of(input).has_value(); }));
    careful_frames_ = careful_ ? queued_.size() + live + careful_frames_min : 0;
    rebuilding_ = false;
    faulted_ = false;
    // One failure may be an accident and is tried again at once.
    if (failures_ > 1) back_off(now);
}

std::vector<engine::CallToken> FramePipeline::rebuild_failed(core::Duration now) {
    MR_CHECK(rebuilding_);
    std::vector<engine::CallToken> tokens;
    ++failures_;
    back_off(now);
    if (doubtful_) {
        for (const engine::Answer& answer : doubtful_->frame.answers)
            tokens.push_back(answer.token);
        doubtful_->frame.answers.clear();
    }
    return tokens;
}

void FramePipeline::stop() {
    stopping_ = true;
}

void FramePipeline::fence() {
    fenced_ = true;
    stopping_ = true;
    committing_.reset();
    doubtful_.reset();
    ready_.reset();
}

void FramePipeline::lose(InFlight lost, std::vector<engine::CallToken>& tokens) {
    for (const engine::Answer& answer : lost.frame.answers)
        tokens.push_back(answer.token);
    requeued_.insert(requeued_.begin(), std::make_move_iterator(lost.taken.begin()),
                     std::make_move_iterator(lost.taken.end()));
}

void FramePipeline::refuse_queued(std::vector<engine::CallToken>& tokens) {
    for (std::deque<engine::Input>* inputs : {&inbox_, &queued_}) {
        std::erase_if(*inputs, [&](const engine::Input& input) {
            const auto token = token_of(input);
            if (token) tokens.push_back(*token);
            return token.has_value();
        });
    }
    commands_ = 0;
}

void FramePipeline::back_off(core::Duration now) {
    const std::uint32_t doublings = std::min(failures_ - 1, 20u);
    const std::int64_t wait = std::min(limits_.backoff_max.ms, limits_.backoff_min.ms << doublings);
    retry_at_ = now + core::Duration{wait};
}

bool FramePipeline::should_compute(bool has_work) const {
    if (computing_ || ready_ || renew_) return false;
    // What is left in the inbox waits for an execution that still has work.
    if (has_work) return true;
    return queued() > 0 && queued() >= worth_computing();
}

std::size_t FramePipeline::worth_computing() const {
    if (!committing_) return 1;
    return std::min(limits_.frame_inputs_max, std::max(ahead_inputs_min, committing_->inputs / 2));
}

std::optional<core::Duration> FramePipeline::retry_at(core::Duration now) const {
    return is_held_back(now) ? std::optional{retry_at_} : std::nullopt;
}

FramePipeline::Step FramePipeline::next(bool has_work, core::Duration now) {
    if (fenced_) return Step::finished;
    if (renew_ && !stopping_ && !committing_ && !ready_) faulted_ = true;
    if (faulted_) {
        if (stopping_) return Step::finished;
        return is_held_back(now) ? Step::idle : Step::rebuild;
    }
    if (ready_ && !committing_) {
        committing_ = std::exchange(ready_, std::nullopt);
        const bool quiet = !has_work && committing_->inputs <= commit_here_inputs_max &&
                           queued() < worth_computing();
        return quiet || stopping_ ? Step::commit_here : Step::hand_over;
    }
    if (stopping_) return committing_ ? Step::idle : Step::finished;
    if (!is_held_back(now) && should_compute(has_work)) return Step::compute;
    return Step::idle;
}

}  // namespace millrace::runtime
