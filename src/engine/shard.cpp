// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/shard.hpp"

#include <algorithm>
#include <concepts>
#include <deque>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "apply.hpp"
#include "consistency.hpp"
#include "executions.hpp"
#include "fairness.hpp"
#include "intake.hpp"
#include "limiter.hpp"
#include "size_limits.hpp"
#include "snapshot.hpp"
#include "systems.hpp"
#include "timers.hpp"
#include "turn.hpp"

namespace millrace::engine {

namespace {

std::int32_t priority_of(const ExecutionState& x) {
    return x.control ? x.control->priority : x.plan->settings().priority;
}

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

}  // namespace

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
    void fire_timers();
    void close();
    void close(ExecutionState& x);
    bool park(ExecutionState& x);
    void count(const ExecutionState& x);

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
        if (const ExecutionState* x = executions_.find(id)) waiting.push_back(x);
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

void Shard::Impl::take_inputs(std::deque<Input>& inbox) {
    order_creations(inbox);
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

bool Shard::Impl::may_create(const CreateExecution& input) {
    const auto refuse = [&](CommandErrc code, std::string message) {
        answer(input.token, core::fail(code, std::move(message)));
        return false;
    };
    if (executions_.find(input.id) != nullptr) {
        return refuse(CommandErrc::already_exists,
                      "execution " + input.id.text() + " exists already");
    }
    const ExecutionOptions& options = input.options;
    const std::vector<PortValue> given{
        {{}, input.input}, {{}, input.trigger_data}, {{}, options.pins}, {{}, options.inputs}};
    if (is_too_large(given, input.variables, options_.limits)) {
        return refuse(CommandErrc::too_large,
                      "input and variables are larger than " +
                          core::to_text(core::ByteSize{options_.limits.value_weight_max}) +
                          "; keep large data outside and pass a reference to it");
    }
    if (auto fits = check_options(*input.plan, options); !fits) {
        answer(input.token, fits);
        return false;
    }
    const auto& limit = input.plan->settings().max_concurrent_executions;
    const bool rejects =
        limit && limit->when_exceeded == core::ConcurrencyLimit::WhenExceeded::reject;
    if (rejects && limiter_.is_taken(input.plan->identity().workflow_id, limit->limit)) {
        return refuse(CommandErrc::too_many_executions,
                      "workflow `" + input.plan->identity().workflow_id + "` allows " +
                          std::to_string(limit->limit) +
                          " executions at once and rejects further ones; try again later");
    }
    return true;
}

void Shard::Impl::create(CreateExecution& input) {
    if (!may_create(input)) return;
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
    auto configured = configuration(*input.plan, input.options);
    ExecutionState& x = executions_.create(input.id, std::move(input.plan));
    open_share(x);
    x.share.created = true;
    answer(input.token, {});
    turn(x, [&](Turn& t) {
        t.input(std::move(record));
        if (configured) t.input(*std::move(configured));
        count(x);
        if (x.plan->settings().max_concurrent_executions &&
            limiter_.admit(x.plan->identity().workflow_id, x.id))
            t.input(PermitGranted{});
        return true;
    });
}

/// Makes it count against its workflow's limit, if it has one.
void Shard::Impl::count(const ExecutionState& x) {
    const auto& limit = x.plan->settings().max_concurrent_executions;
    if (!limit) return;
    const std::string& workflow = x.plan->identity().workflow_id;
    if (x.control && x.control->has_permit) {
        limiter_.hold(workflow, limit->limit, x.id);
    } else {
        limiter_.enqueue(workflow, limit->limit, {priority_of(x), x.created_at, x.id});
    }
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
    if (is_terminal(x.status) && x.plan->settings().max_concurrent_executions) {
        limiter_.release(x.plan->identity().workflow_id, {priority_of(x), x.created_at, x.id});
    }
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
    for (const core::ExecutionId id : touched_)
        close(*executions_.find(id));
    timers_.compact([&](const Timer& timer) {
        const ExecutionState* x = executions_.find(timer.id);
        return x != nullptr && applier_.is_current(*x, timer);
    });
    touched_.clear();
    rows_.clear();
}

void Shard::Impl::close(ExecutionState& x) {
    const core::ExecutionId id = x.id;
    RowWriter& row = *x.share.row;
    const bool ended = is_terminal(x.status);
    const PlanIdentity& identity = x.plan->identity();
    x.journal_bytes += row.bytes().size();
    now_frame_.journal.push_back({id, row.first_seq(), row.count(), row.take_bytes()});
    ExecutionRow summary;
    summary.id = id;
    summary.workflow_id = identity.workflow_id;
    summary.workflow_version = identity.version;
    summary.workflow_hash = identity.hash;
    summary.status = ended ? x.status : core::ExecutionStatus::running;
    summary.created_at = x.created_at;
    summary.priority = priority_of(x);
    if (x.control && !x.control->forked_from.empty())
        summary.forked_from = core::ExecutionId::parse(x.control->forked_from);
    if (ended) summary.completed_at = now_frame_.now;
    if (x.share.created) {
        now_frame_.inserted.push_back(std::move(summary));
    } else if (ended) {
        now_frame_.finished.push_back(std::move(summary));
    }
    if (ended || park(x)) {
        if (ended && x.was_parked) now_frame_.unparked.push_back(id);
        executions_.destroy(id);
        return;
    }
    if (x.was_parked) now_frame_.unparked.push_back(id);
    x.was_parked = false;
    // A large state is written less often, so that snapshots cost no more than the journal does.
    const bool is_due = x.next_seq - 1 - x.snapshot_seq >= options_.limits.snapshot_records &&
                        (x.snapshot_bytes <= small_snapshot || x.journal_bytes >= x.snapshot_bytes);
    if (!is_due) return;
    x.snapshot_seq = x.next_seq - 1;
    x.journal_bytes = 0;
    // A state that is too large to write is rebuilt from its records alone.
    if (snapshot_exceeds(executions_, x, options_.limits.value_weight_max)) return;
    std::string bytes = write_snapshot(executions_, x);
    x.snapshot_bytes = bytes.size();
    now_frame_.snapshots.push_back({id, x.snapshot_seq, std::move(bytes)});
}

/// Takes an execution that only a far timer or a command can move out of memory.
bool Shard::Impl::park(ExecutionState& x) {
    if (x.open > 0 || x.share.used_up || has_work(executions_, x)) return false;
    const auto due = applier_.next_due(x);
    if (due && *due <= now_frame_.now + options_.limits.park_after) return false;
    if (snapshot_exceeds(executions_, x, options_.limits.value_weight_max)) return false;
    ParkedRow row;
    row.id = x.id;
    row.status = x.status;
    row.seq = x.next_seq - 1;
    row.snapshot = write_snapshot(executions_, x);
    row.wake_at = due;
    row.workflow_id = x.plan->identity().workflow_id;
    row.priority = priority_of(x);
    row.created_at = x.created_at;
    row.is_limited = x.plan->settings().max_concurrent_executions.has_value();
    now_frame_.parked.push_back(std::move(row));
    return true;
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
        const std::uint64_t before = x.next_seq;
        for (std::size_t r = 0; read && r < records->size(); ++r) {
            const Record& record = (*records)[r];
            if (record.seq >= x.next_seq) read = applier_.apply(x, record);
        }
        if (x.next_seq != before) x.journal_bytes += stored.rows[i].size();
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
    x.was_parked = stored.was_parked;
    applier_.arm(x);
    if (has_work(executions_, x)) backlog_.push_back(stored.id);
    count(x);
    const bool waits = x.plan->settings().max_concurrent_executions &&
                       x.status == core::ExecutionStatus::pending && !x.is_ending() &&
                       !(x.control && x.control->has_permit);
    if (waits && limiter_.is_running(x.plan->identity().workflow_id, x.id))
        admitted_.push_back(x.id);
    return {};
}

void Shard::Impl::restore_limited(const LimitedExecution& limited) {
    const auto& limit = limited.plan->settings().max_concurrent_executions;
    if (!limit || executions_.find(limited.id) != nullptr) return;
    const std::string& workflow = limited.plan->identity().workflow_id;
    if (limited.has_permit) {
        limiter_.hold(workflow, limit->limit, limited.id);
    } else {
        limiter_.enqueue(workflow, limit->limit,
                         {limited.priority, limited.created_at, limited.id});
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

core::Result<> Shard::restore(const StoredExecution& stored) {
    return impl_->restore(stored);
}

void Shard::restore_limited(const LimitedExecution& limited) {
    impl_->restore_limited(limited);
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
