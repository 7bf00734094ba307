// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/shard.hpp"

#include <algorithm>
#include <concepts>
#include <deque>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "fairness.hpp"
#include "intake.hpp"
#include "shard_impl.hpp"
#include "snapshot.hpp"

namespace millrace::engine {

namespace {

bool give(Turn& turn, CancelExecution& input) {
    return take_cancel(turn, input);
}
bool give(Turn& turn, Completion& input) {
    return take_completion(turn, std::move(input));
}
bool give(Turn& turn, RecoverExecution& /*input*/) {
    return take_recovery(turn);
}
bool give(Turn& turn, PauseExecution& input) {
    return take_pause(turn, input);
}
bool give(Turn& turn, ResumeExecution& input) {
    return take_resume(turn, input);
}
bool give(Turn& turn, ChangeVariables& input) {
    return take_variables(turn, input);
}
bool give(Turn& turn, SetBreakpoints& input) {
    return take_breakpoints(turn, input);
}
bool give(Turn& turn, StepExecution& input) {
    return take_step(turn, input);
}
bool give(Turn& turn, CommandNode& input) {
    return take_node_command(turn, input);
}
bool give(Turn& turn, SendSignal& input) {
    return take_signal(turn, std::move(input));
}
bool give(Turn& turn, AnswerWait& input) {
    return take_answer(turn, std::move(input));
}
bool give(Turn& turn, EndChild& input) {
    const bool counts = take_completion(turn, std::move(input.completion));
    turn.frame.answers.push_back({input.token, {}});
    return counts;
}

}  // namespace

Frame Shard::Impl::advance(core::Time now, std::deque<Input>& inbox) {
    ++advances_;
    last_frame_ = std::max(last_frame_, now);
    now_frame_ = Frame{};
    now_frame_.number = frame_ + 1;
    now_frame_.now = last_frame_;
    transitions_ = 0;
    record_bytes_ = 0;

    if (recover(inbox)) {
        admit();
        go_on();
        take_inputs(inbox);
        fire_timers();
        admit();
    }
    take_refusals();
    if (shared_.breakers.has_changes()) now_frame_.shared = shared_.breakers.take_changes();
    close();
    if (now_frame_.has_records()) frame_ = now_frame_.number;
    return std::move(now_frame_);
}

/// Answers false while some are left.
bool Shard::Impl::recover(std::deque<Input>& inbox) {
    while (!inbox.empty()) {
        const auto* input = std::get_if<RecoverExecution>(&inbox.front());
        if (input == nullptr) return true;
        if (is_full(whole_frame)) return false;
        if (ExecutionState* x = executions_.find(input->id))
            turn(*x, [](Turn& t) { return take_recovery(t); });
        inbox.pop_front();
    }
    return true;
}

/// Lets executions start whose workflow has room for them.
void Shard::Impl::admit() {
    std::vector<core::ExecutionId> granted;
    granted.swap(admitted_);
    while (!is_full(whole_frame)) {
        core::ExecutionId id;
        if (!granted.empty()) {
            id = granted.back();
            granted.pop_back();
        } else if (const auto next = limiter_.next()) {
            id = *next;
        } else {
            break;
        }
        ExecutionState* x = executions_.find(id);
        if (x == nullptr) {
            now_frame_.wanted.push_back(id);
            continue;
        }
        turn(*x, [](Turn& t) {
            take_input(t, PermitGranted{});
            return true;
        });
    }
    admitted_.insert(admitted_.end(), granted.begin(), granted.end());
}

/// Those that have waited longest first, then those that have had fewer turns, by what their
/// records say, and one workflow after the other: a rebuilt shard goes on in the same order.
std::vector<core::ExecutionId> Shard::Impl::take_backlog() {
    std::sort(backlog_.begin(), backlog_.end());
    backlog_.erase(std::unique(backlog_.begin(), backlog_.end()), backlog_.end());
    std::vector<const ExecutionState*> waiting;
    for (const core::ExecutionId id : backlog_)
        // One whose work an input has done meanwhile must not use up its workflow's turn.
        if (const ExecutionState* x = executions_.find(id);
            x != nullptr && has_work(executions_, *x))
            waiting.push_back(x);
    backlog_.clear();
    std::ranges::sort(waiting, {}, [](const ExecutionState* x) {
        return std::tuple{x->last_at, x->continued, x->id};
    });
    std::vector<Waiting> flows;
    flows.reserve(waiting.size());
    for (const ExecutionState* x : waiting)
        flows.push_back({x->plan->identity().workflow_id, priority_of(*x)});
    std::vector<core::ExecutionId> order;
    for (const std::size_t index : fair_order(flows))
        order.push_back(waiting[index]->id);
    return order;
}

void Shard::Impl::go_on() {
    if (backlog_.empty()) return;
    for (const core::ExecutionId id : take_backlog()) {
        ExecutionState* x = executions_.find(id);
        // A recovery may have done the work, or have been its turn in this frame.
        if (x == nullptr || !has_work(executions_, *x)) continue;
        if (x->share.frame == advances_ || is_full(half_frame)) {
            backlog_.push_back(id);
        } else {
            turn(*x, [](Turn& t) {
                t.input(Continued{});
                return true;
            });
        }
    }
}

/// Also those for an execution that has used up its share: what it has to decide may take long, and
/// a cancel must not wait for that. Then they are recorded now and followed in the next frame.
void Shard::Impl::take_inputs(std::deque<Input>& inbox) {
    order_creations(inbox);
    for (std::size_t taken = 0; !inbox.empty() && taken < options_.limits.frame_inputs_max;
         ++taken) {
        if (is_full(three_quarters)) return;
        Input input = std::move(inbox.front());
        inbox.pop_front();
        take(input);
    }
}

ExecutionState* Shard::Impl::target_of(const Input& input) {
    return std::visit([&](const auto& i) { return executions_.find(i.id); }, input);
}

void Shard::Impl::take(Input& input) {
    if (auto* created = std::get_if<CreateExecution>(&input)) return create(*created);
    ExecutionState* x = target_of(input);
    const auto hand_over = [&](auto& given) {
        using Given = std::remove_reference_t<decltype(given)>;
        if constexpr (requires { given.token; }) {
            if (x == nullptr) {
                answer(given.token,
                       core::fail(CommandErrc::not_found,
                                  "execution " + given.id.text() + " is not live here"));
            }
        }
        if (x == nullptr) return;
        if constexpr (!std::same_as<Given, CreateExecution>)
            turn(*x, [&](Turn& t) { return give(t, given); });
    };
    std::visit(hand_over, input);
}

void Shard::Impl::open_share(ExecutionState& x) {
    if (x.share.frame == advances_) return;
    x.share = FrameShare{};
    x.share.frame = advances_;
    x.share.first_effect = now_frame_.effects.size();
}

void Shard::Impl::fire_timers() {
    for (std::size_t fired = 0;
         fired < options_.limits.frame_inputs_max && !is_full(whole_frame);) {
        const std::optional<Timer> timer = timers_.pop_due(last_frame_);
        if (!timer) break;
        ExecutionState* x = executions_.find(timer->id);
        if (x == nullptr || is_terminal(x->status) || !applier_.is_current(*x, *timer)) continue;
        ++fired;
        turn(*x, [&](Turn& t) {
            take_input(t, TimerFired{timer->run, timer->purpose, timer->attempt, timer->due});
            if (timer->purpose == TimerPurpose::start) enter_limit(t);
            return true;
        });
    }
}

/// All in the frame that refused them, whatever its size: nothing else remembers them. What follows
/// may be refused in turn, until each execution has used up its share.
void Shard::Impl::take_refusals() {
    while (!shared_.refused.empty()) {
        std::vector<Completion> refused;
        refused.swap(shared_.refused);
        for (Completion& completion : refused)
            if (ExecutionState* x = executions_.find(completion.id))
                turn(*x, [&](Turn& t) { return take_completion(t, std::move(completion)); });
    }
}

Shard::Shard(ShardOptions options) : impl_{std::make_unique<Impl>(std::move(options))} {}
Shard::Shard(Shard&&) noexcept = default;
Shard& Shard::operator=(Shard&&) noexcept = default;
Shard::~Shard() = default;

Frame Shard::advance(core::Time now, std::deque<Input>& inbox) {
    return impl_->advance(now, inbox);
}

bool Shard::has_backlog() const {
    return impl_->has_backlog();
}

std::optional<core::Time> Shard::next_due() const {
    return impl_->timers_.next_due();
}

std::vector<core::ExecutionId> Shard::live() const {
    return impl_->executions_.ids();
}

std::size_t Shard::live_count() const {
    return impl_->executions_.size();
}

std::size_t Shard::timer_count() const {
    return impl_->timers_.size();
}

std::size_t Shard::waiting_count() const {
    return impl_->limiter_.waiting();
}

void Shard::restore_shared(const SharedRow& row) {
    impl_->shared_.breakers.restore(row);
}

core::Result<> Shard::restore(const StoredExecution& stored) {
    return impl_->restore(stored);
}

void Shard::restore_limited(const LimitedExecution& limited) {
    impl_->restore_limited(limited);
}

void Shard::forget(core::ExecutionId id) {
    impl_->limiter_.forget(id);
}

void Shard::set_position(std::uint64_t frame, core::Time last_frame) {
    impl_->frame_ = frame;
    impl_->last_frame_ = last_frame;
}

std::string Shard::snapshot(core::ExecutionId id) const {
    const ExecutionState* x = impl_->executions_.find(id);
    return x == nullptr ? std::string{} : write_snapshot(impl_->executions_, *x);
}

void Shard::shuffle_rows(std::uint64_t seed) {
    impl_->executions_.shuffle_rows(seed);
}

std::string_view code_text(CommandErrc code) {
    switch (code) {
        case CommandErrc::not_found: return "not_found";
        case CommandErrc::already_exists: return "already_exists";
        case CommandErrc::already_finished: return "already_finished";
        case CommandErrc::too_large: return "too_large";
        case CommandErrc::not_allowed: return "not_allowed";
        case CommandErrc::unknown_node: return "unknown_node";
        case CommandErrc::bad_variable: return "bad_variable";
        case CommandErrc::bad_option: return "bad_option";
        case CommandErrc::too_many_executions: return "too_many_executions";
    }
    return "not_found";
}

}  // namespace millrace::engine
