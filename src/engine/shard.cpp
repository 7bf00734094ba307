// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/shard.hpp"

#include <algorithm>
#include <deque>
#include <tuple>
#include <utility>

#include "apply.hpp"
#include "consistency.hpp"
#include "executions.hpp"
#include "intake.hpp"
#include "size_limits.hpp"
#include "snapshot.hpp"
#include "systems.hpp"
#include "timers.hpp"
#include "turn.hpp"

namespace millrace::engine {

class Shard::Impl {
public:
    explicit Impl(ShardOptions options) : options_{std::move(options)} {}

    Frame advance(core::Time now, std::deque<Input>& inbox);
    core::Result<> restore(const StoredExecution& stored);

    bool has_backlog() const {
        const auto due = timers_.next_due();
        return !backlog_.empty() || (due && *due <= last_frame_);
    }

    ShardOptions options_;
    Executions executions_;
    TimerQueue timers_;
    std::uint64_t frame_ = 0;  // of the last frame with records
    core::Time last_frame_;

private:
    bool recover(std::deque<Input>& inbox);
    void go_on();
    void take_inputs(std::deque<Input>& inbox);
    void take(Input& input);
    void create(CreateExecution& create);
    void fire_timers();
    void close();

    ExecutionState* target_of(const Input& input);
    /// Lets `give` hand an input to the execution, and then the systems decide. An execution whose
    /// input does not count leaves no trace in the frame.
    template <class Give>
    void turn(ExecutionState& x, Give give);
    void open_share(ExecutionState& x);

    // How much of a frame, in quarters, may be used up before a kind of work leaves the rest of it
    // to the next kind: no flood of one kind starves the others.
    static constexpr std::size_t half_frame = 2;      // for what earlier frames left
    static constexpr std::size_t three_quarters = 3;  // for inputs
    static constexpr std::size_t whole_frame = 4;     // for timers
    bool is_full(std::size_t quarters) const {
        return transitions_ * 4 >= options_.limits.frame_transitions_max * quarters ||
               record_bytes_ * 4 >= options_.limits.frame_record_bytes_max * quarters;
    }
    std::tuple<core::Time, std::uint32_t, core::ExecutionId> turn_order(
        core::ExecutionId id) const {
        const ExecutionState* x = executions_.find(id);
        if (x == nullptr) return {};
        return {x->last_at, x->continued, id};
    }

    Applier applier_{executions_, timers_};
    Scratch scratch_;
    std::vector<core::ExecutionId> backlog_;  // used up their share and go on in the next frame

    // The frame at hand.
    std::uint64_t advances_ = 0;
    Frame now_frame_;
    std::deque<RowWriter> rows_;  // stable addresses: an execution keeps a pointer to its row
    std::vector<core::ExecutionId> touched_;
    std::size_t transitions_ = 0;
    std::size_t record_bytes_ = 0;
};

Frame Shard::Impl::advance(core::Time now, std::deque<Input>& inbox) {
    ++advances_;
    last_frame_ = std::max(last_frame_, now);
    now_frame_ = Frame{};
    now_frame_.number = frame_ + 1;
    now_frame_.now = last_frame_;
    transitions_ = 0;
    record_bytes_ = 0;

    if (recover(inbox)) {
        go_on();
        take_inputs(inbox);
        fire_timers();
    }
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

void Shard::Impl::go_on() {
    std::vector<core::ExecutionId> waiting;
    waiting.swap(backlog_);
    std::sort(waiting.begin(), waiting.end());
    waiting.erase(std::unique(waiting.begin(), waiting.end()), waiting.end());
    // Those that have waited longest first, then those that have had fewer turns, by what their
    // records say: a rebuilt shard goes on in the same order.
    std::sort(waiting.begin(), waiting.end(), [&](core::ExecutionId a, core::ExecutionId b) {
        return turn_order(a) < turn_order(b);
    });
    for (const core::ExecutionId id : waiting) {
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

void Shard::Impl::take_inputs(std::deque<Input>& inbox) {
    std::deque<Input> held;
    for (std::size_t taken = 0; !inbox.empty() && taken < options_.limits.frame_inputs_max;
         ++taken) {
        if (is_full(three_quarters)) break;
        Input input = std::move(inbox.front());
        inbox.pop_front();
        const ExecutionState* x = target_of(input);
        // It is told again in the next frame, after what the execution still has to decide.
        if (x != nullptr && has_work(executions_, *x)) {
            held.push_back(std::move(input));
        } else {
            take(input);
        }
    }
    inbox.insert(inbox.begin(), std::make_move_iterator(held.begin()),
                 std::make_move_iterator(held.end()));
}

ExecutionState* Shard::Impl::target_of(const Input& input) {
    return std::visit([&](const auto& i) { return executions_.find(i.id); }, input);
}

void Shard::Impl::take(Input& input) {
    if (auto* created = std::get_if<CreateExecution>(&input)) return create(*created);
    ExecutionState* x = target_of(input);
    if (auto* canceled = std::get_if<CancelExecution>(&input)) {
        if (x == nullptr) {
            now_frame_.answers.push_back(
                {canceled->token,
                 core::fail(CommandErrc::not_found,
                            "execution " + canceled->id.text() + " is not live here")});
            return;
        }
        return turn(*x, [&](Turn& t) { return take_cancel(t, *canceled); });
    }
    if (x == nullptr) return;
    if (auto* completion = std::get_if<Completion>(&input))
        return turn(*x, [&](Turn& t) { return take_completion(t, std::move(*completion)); });
    turn(*x, [](Turn& t) { return take_recovery(t); });
}

void Shard::Impl::create(CreateExecution& input) {
    if (executions_.find(input.id) != nullptr) {
        now_frame_.answers.push_back(
            {input.token, core::fail(CommandErrc::already_exists,
                                     "execution " + input.id.text() + " exists already")});
        return;
    }
    const std::vector<PortValue> given{{{}, input.input}, {{}, input.trigger_data}};
    if (is_too_large(given, input.variables, options_.limits)) {
        now_frame_.answers.push_back(
            {input.token,
             core::fail(CommandErrc::too_large,
                        "input and variables are larger than " +
                            core::to_text(core::ByteSize{options_.limits.value_weight_max}) +
                            "; keep large data outside and pass a reference to it")});
        return;
    }
    const PlanIdentity& identity = input.plan->identity();
    ExecutionCreated record{identity.workflow_id,
                            identity.version,
                            identity.hash,
                            engine_semantics,
                            input.trigger,
                            std::move(input.input),
                            std::move(input.trigger_data),
                            std::move(input.variables),
                            input.seed_high,
                            input.seed_low};
    ExecutionState& x = executions_.create(input.id, std::move(input.plan));
    open_share(x);
    x.share.created = true;
    now_frame_.answers.push_back({input.token, {}});
    turn(x, [&](Turn& t) {
        t.input(std::move(record));
        return true;
    });
}

void Shard::Impl::open_share(ExecutionState& x) {
    if (x.share.frame == advances_) return;
    x.share = FrameShare{};
    x.share.frame = advances_;
    x.share.first_effect = now_frame_.effects.size();
}

template <class Give>
void Shard::Impl::turn(ExecutionState& x, Give give) {
    open_share(x);
    const bool opened = x.share.row == nullptr;
    if (opened) x.share.row = &rows_.emplace_back(x.next_seq, now_frame_.now);
    const std::size_t transitions_before = x.share.transitions;
    const std::size_t bytes_before = x.share.row->bytes().size();

    Turn turn{x, now_frame_, executions_, applier_, options_, scratch_};
    if (!give(turn)) {
        if (opened) {
            rows_.pop_back();
            x.share.row = nullptr;
        }
        return;
    }
    if (opened) touched_.push_back(x.id);
    run_systems(turn);
    if (has_work(executions_, x) && !x.share.used_up) {
        x.share.used_up = true;
        backlog_.push_back(x.id);
    }
    transitions_ += x.share.transitions - transitions_before;
    record_bytes_ += x.share.row->bytes().size() - bytes_before;
}

void Shard::Impl::fire_timers() {
    std::vector<Timer> held;
    for (std::size_t fired = 0;
         fired < options_.limits.frame_inputs_max && !is_full(whole_frame);) {
        const std::optional<Timer> timer = timers_.pop_due(last_frame_);
        if (!timer) break;
        ExecutionState* x = executions_.find(timer->id);
        if (x == nullptr || is_terminal(x->status) || !applier_.is_current(*x, *timer)) continue;
        if (has_work(executions_, *x)) {
            held.push_back(*timer);
            continue;
        }
        ++fired;
        turn(*x, [&](Turn& t) {
            t.input(TimerFired{timer->run, timer->purpose, timer->attempt, timer->due});
            return true;
        });
    }
    for (const Timer& timer : held)
        timers_.push(timer);
}

void Shard::Impl::close() {
    for (const core::ExecutionId id : touched_) {
        ExecutionState& x = *executions_.find(id);
        RowWriter& row = *x.share.row;
        const bool ended = is_terminal(x.status);
        const PlanIdentity& identity = x.plan->identity();
        now_frame_.journal.push_back({id, row.first_seq(), row.count(), row.take_bytes()});
        ExecutionRow summary{id,
                             identity.workflow_id,
                             identity.version,
                             identity.hash,
                             ended ? x.status : core::ExecutionStatus::running,
                             x.created_at,
                             std::nullopt};
        if (ended) summary.completed_at = now_frame_.now;
        if (x.share.created) {
            now_frame_.inserted.push_back(std::move(summary));
        } else if (ended) {
            now_frame_.finished.push_back(std::move(summary));
        }
        if (ended) {
            executions_.destroy(id);
        } else if (x.next_seq - 1 - x.snapshot_seq >= options_.limits.snapshot_records) {
            x.snapshot_seq = x.next_seq - 1;
            // A state that is too large to write is rebuilt from its records alone.
            if (!snapshot_exceeds(executions_, x, options_.limits.value_weight_max))
                now_frame_.snapshots.push_back(
                    {id, x.snapshot_seq, write_snapshot(executions_, x)});
        }
    }
    timers_.compact([&](const Timer& timer) {
        const ExecutionState* x = executions_.find(timer.id);
        return x != nullptr && applier_.is_current(*x, timer);
    });
    touched_.clear();
    rows_.clear();
}

core::Result<> Shard::Impl::restore(const StoredExecution& stored) {
    if (executions_.find(stored.id) != nullptr)
        return core::fail(CommandErrc::already_exists, stored.id.text() + " is live already");
    ExecutionState& x = executions_.create(stored.id, stored.plan);
    applier_.set_arming(false);
    core::Result<> read = read_snapshot(executions_, x, stored.snapshot);
    for (std::size_t i = 0; read && i < stored.rows.size(); ++i) {
        core::Result<std::vector<Record>> records = read_row(stored.rows[i]);
        if (!records) read = std::unexpected(records.error());
        for (std::size_t r = 0; read && r < records->size(); ++r) {
            const Record& record = (*records)[r];
            if (record.seq >= x.next_seq) read = applier_.apply(x, record);
        }
    }
    applier_.set_arming(true);
    if (read && x.next_seq == 1)
        read = core::fail(JournalErrc::corrupt, "the journal has no record of its creation");
    if (read && !is_terminal(x.status)) read = check_consistency(executions_, x);
    if (!read) {
        executions_.destroy(stored.id);
        return std::unexpected(read.error().during("restore execution", stored.id.text()));
    }
    if (is_terminal(x.status)) {
        executions_.destroy(stored.id);
        return {};
    }
    applier_.arm(x);
    if (has_work(executions_, x)) backlog_.push_back(stored.id);
    return {};
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

core::Result<> Shard::restore(const StoredExecution& stored) {
    return impl_->restore(stored);
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
    }
    return "not_found";
}

}  // namespace millrace::engine
