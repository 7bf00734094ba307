// SPDX-License-Identifier: Apache-2.0
#include "schedules/scheduler.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "millrace/core/status.hpp"
#include "millrace/engine/shard.hpp"
#include "millrace/format/expression_host.hpp"
#include "millrace/store/store.hpp"
#include "service/services.hpp"

namespace millrace::server {
namespace {

constexpr std::string_view schedule_type = "trigger.schedule";

/// Whether the same start may go well later.
bool is_passing(const core::Error& error) {
    using runtime::RuntimeErrc;
    using store::StoreErrc;
    return error.is(engine::CommandErrc::too_many_executions) || error.is(RuntimeErrc::busy) ||
           error.is(RuntimeErrc::unavailable) || error.is(RuntimeErrc::stopped) ||
           error.is(StoreErrc::io) || error.is(StoreErrc::full) || error.is(StoreErrc::timed_out) ||
           error.is(StoreErrc::outcome_unknown);
}

ScheduleKey key_of(const store::ActiveTrigger& trigger) {
    return {trigger.workflow_id, trigger.node_id};
}

}  // namespace

SchedulerParts scheduler_parts(Services& services) {
    runtime::Runtime& runtime = services.runtime;
    return {.load = [&runtime] { return runtime.store().schedules().list(); },
            .write =
                [&runtime](const std::function<core::Result<>(store::Schedules&)>& task) {
                    return runtime.write(
                        [&task](store::Store& store) { return task(store.schedules()); });
                },
            .has_ended = [&runtime](core::ExecutionId id) -> core::Result<bool> {
                const auto row = runtime.store().execution(id);
                if (row) return core::is_terminal(row->status);
                if (row.error().is(store::StoreErrc::not_found)) return true;
                return std::unexpected(row.error());
            },
            .start =
                [&services](const TriggerStart& start, runtime::Runtime::Accepted accepted,
                            runtime::Runtime::Finished finished) {
                    start_by_trigger(services, start, std::move(accepted), std::move(finished));
                },
            .host = format::expression_host(),
            .log = services.log,
            .work = services.work,
            .later = services.later,
            .now =
                [] {
                    const auto since = std::chrono::system_clock::now().time_since_epoch();
                    return core::Time{
                        std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
                }};
}

core::ExecutionId firing_id(const ScheduleKey& key, core::Time due) {
    return derived_id(due, {"schedule", key.workflow_id, key.node_id});
}

TriggerStart firing_start(const TriggerPtr& trigger, const nodes::Schedule& schedule,
                          core::Time due, core::Time now) {
    TriggerStart start;
    start.trigger = trigger;
    start.input = schedule.input();
    start.trigger_data = core::Value::object({{"due_at", due.text()}, {"fired_at", now.text()}});
    start.id = firing_id(key_of(*trigger), due);
    start.labels = core::Value::object({{std::string{schedule_label}, trigger->node_id}});
    return start;
}

/// A round looks at the clock, starts what is due and plans the next one. Rounds run one at a time.
class Scheduler::Core : public std::enable_shared_from_this<Core> {
public:
    explicit Core(SchedulerParts parts) : parts_{std::move(parts)} {}

    core::Result<> start(TriggerTable& triggers);
    void stop();
    std::vector<View> list(const std::string& workflow_id) const;
    std::optional<View> find(const ScheduleKey& key) const;
    core::Result<std::optional<View>> set_paused(const ScheduleKey& key, bool is_paused);

private:
    /// What the runtime has told of a start.
    struct Outcome {
        Firing firing;
        core::Result<core::ExecutionId> started;
    };

    void follow(const std::string& workflow_id);
    void sync(const std::string& workflow_id, core::Time now);
    void put(const TriggerPtr& trigger, const store::ScheduleState* state, core::Time now);
    void ask_for_round();
    void round();
    void take_outcomes(core::Time now);
    void take_outcome(const Outcome& outcome, core::Time now);
    void find_ends(core::Time now);
    core::Result<> write();
    void begin(const Firing& firing, core::Time now);
    void on_accepted(const Firing& firing, core::Result<core::ExecutionId> id);
    void on_finished(const ScheduleKey& key, core::ExecutionId id);
    void set_timer(core::Time now);

    const SchedulerParts parts_;
    std::atomic<bool> is_asked_ = false;
    std::atomic<bool> is_stopped_ = true;

    mutable std::mutex mutex_;  // held by a round; guards what follows
    const TriggerTable* triggers_ = nullptr;
    SchedulePlanner planner_;
    std::map<ScheduleKey, TriggerPtr> known_;
    std::map<ScheduleKey, store::ScheduleState> stored_;  ///< at the start, until they are put
    std::set<ScheduleKey> removed_;                       ///< not yet in the store
    std::optional<core::Time> timer_at_;
    std::uint64_t timer_ = 0;
    std::size_t under_way_ = 0;
    bool is_failing_ = false;  ///< the states cannot be written, and that is told

    std::mutex outcome_mutex_;  // guards what follows
    std::vector<Outcome> outcomes_;
    std::vector<std::pair<ScheduleKey, core::ExecutionId>> ends_;
};

// ---- Which schedules there are ------------------------------------------------------------

core::Result<> Scheduler::Core::start(TriggerTable& triggers) {
    const std::scoped_lock lock{mutex_};
    auto states = parts_.load();
    if (!states) return std::unexpected(states.error());
    for (store::ScheduleState& state : *states) {
        ScheduleKey key{state.workflow_id, state.node_id};
        stored_.emplace(std::move(key), std::move(state));
    }
    triggers_ = &triggers;
    is_stopped_ = false;
    sync({}, parts_.now());
    // What is left belongs to what is not active any more.
    for (const auto& [key, state] : stored_)
        removed_.insert(key);
    stored_.clear();
    triggers.subscribe(std::string{schedule_type},
                       [weak = weak_from_this()](const std::string& workflow_id) {
                           if (const auto self = weak.lock()) self->follow(workflow_id);
                       });
    ask_for_round();
    return {};
}

void Scheduler::Core::stop() {
    if (is_stopped_.exchange(true)) return;
    const std::scoped_lock lock{mutex_};
    // What has started by now is told: without it the next process would find that out again.
    take_outcomes(parts_.now());
    (void)write();
}

void Scheduler::Core::follow(const std::string& workflow_id) {
    if (is_stopped_) return;
    {
        const std::scoped_lock lock{mutex_};
        sync(workflow_id, parts_.now());
    }
    ask_for_round();
}

void Scheduler::Core::sync(const std::string& workflow_id, core::Time now) {
    const TriggerTable::Snapshot triggers = triggers_->of_type(schedule_type);
    std::set<ScheduleKey> seen;
    for (const TriggerPtr& trigger : *triggers) {
        if (!workflow_id.empty() && trigger->workflow_id != workflow_id) continue;
        const ScheduleKey key = key_of(*trigger);
        seen.insert(key);
        const auto known = known_.find(key);
        if (known != known_.end() && known->second == trigger) continue;
        const auto stored = stored_.extract(key);
        put(trigger, stored ? &stored.mapped() : nullptr, now);
    }
    std::erase_if(known_, [&](const auto& known) {
        const ScheduleKey& key = known.first;
        if (seen.contains(key) || (!workflow_id.empty() && key.workflow_id != workflow_id))
            return false;
        planner_.remove(key);
        removed_.insert(key);
        return true;
    });
}

void Scheduler::Core::put(const TriggerPtr& trigger, const store::ScheduleState* state,
                          core::Time now) {
    const ScheduleKey key = key_of(*trigger);
    core::Problems problems;
    auto schedule = nodes::Schedule::read(trigger->data, parts_.host, "/data", problems);
    known_[key] = trigger;
    if (schedule) return planner_.put(key, *std::move(schedule), state, now);
    // It was checked when it became active: this machine knows other zones, or the program is
    // another one.
    parts_.log.write(
        runtime::LogLevel::error, "a schedule cannot be read; it starts nothing",
        {{"workflow_id", key.workflow_id},
         {"node_id", key.node_id},
         {"error", problems.empty() ? "its data have another form" : problems.front().message}});
    planner_.remove(key);
}

// ---- Rounds -------------------------------------------------------------------------------

void Scheduler::Core::ask_for_round() {
    if (is_stopped_ || is_asked_.exchange(true)) return;
    parts_.work([self = shared_from_this()] { self->round(); });
}

void Scheduler::Core::round() {
    const std::scoped_lock lock{mutex_};
    is_asked_ = false;
    if (is_stopped_) return;
    const core::Time now = parts_.now();
    take_outcomes(now);
    find_ends(now);
    const std::vector<Firing> firings =
        planner_.take(now, starts_max - std::min(starts_max, under_way_));
    if (const auto written = write(); written) {
        for (const Firing& firing : firings)
            begin(firing, now);
    } else {
        for (const Firing& firing : firings)
            planner_.failed(firing, now);
    }
    set_timer(now);
}

void Scheduler::Core::take_outcomes(core::Time now) {
    std::vector<Outcome> outcomes;
    std::vector<std::pair<ScheduleKey, core::ExecutionId>> ends;
    {
        const std::scoped_lock lock{outcome_mutex_};
        outcomes.swap(outcomes_);
        ends.swap(ends_);
    }
    under_way_ -= outcomes.size();
    for (const Outcome& outcome : outcomes)
        take_outcome(outcome, now);
    for (const auto& [key, id] : ends)
        planner_.ended(key, id, now);
}

void Scheduler::Core::take_outcome(const Outcome& outcome, core::Time now) {
    const Firing& firing = outcome.firing;
    if (outcome.started) return planner_.started(firing, *outcome.started, now);
    const core::Error& error = outcome.started.error();
    // A repeat that has met the start that it repeats.
    if (error.is(engine::CommandErrc::already_exists))
        return planner_.started(firing, firing_id(firing.key, firing.due), now);
    if (error.is(runtime::RuntimeErrc::stopped)) return planner_.failed(firing, now);
    const bool comes_back = is_passing(error);
    parts_.log.write(runtime::LogLevel::warning,
                     comes_back ? "a schedule could not start its workflow; this is tried again"
                                : "a schedule cannot start its workflow; the due time is left out",
                     {{"workflow_id", firing.key.workflow_id},
                      {"node_id", firing.key.node_id},
                      {"due_at", firing.due.text()},
                      {"code", std::string{error.code()}},
                      {"error", error.message()}});
    if (comes_back) return planner_.failed(firing, now);
    planner_.refused(firing, error.message(), now);
}

void Scheduler::Core::find_ends(core::Time now) {
    for (const auto& [key, id] : planner_.doubtful(now)) {
        const auto ended = parts_.has_ended(id);
        if (ended && *ended) planner_.ended(key, id, now);
    }
}

core::Result<> Scheduler::Core::write() {
    const std::vector<store::ScheduleState> states = planner_.take_changed();
    if (states.empty() && removed_.empty()) return {};
    const auto written = parts_.write([&](store::Schedules& schedules) -> core::Result<> {
        for (const ScheduleKey& key : removed_)
            if (auto done = schedules.remove(key.workflow_id, key.node_id); !done) return done;
        return states.empty() ? core::Result<>{} : schedules.put(states);
    });
    if (written) {
        removed_.clear();
        is_failing_ = false;
        return {};
    }
    planner_.keep_changed(states);
    if (!std::exchange(is_failing_, true)) {
        parts_.log.write(
            runtime::LogLevel::warning,
            "how far schedules have come cannot be stored; this is tried again",
            {{"code", std::string{written.error().code()}}, {"error", written.error().message()}});
    }
    return written;
}

void Scheduler::Core::begin(const Firing& firing, core::Time now) {
    ++under_way_;
    const PlannedSchedule* const planned = planner_.find(firing.key);
    const TriggerStart start =
        firing_start(known_.at(firing.key), planned->schedule, firing.due, now);
    parts_.start(
        start,
        [self = shared_from_this(), firing](core::Result<core::ExecutionId> id) {
            self->on_accepted(firing, std::move(id));
        },
        [self = shared_from_this(), key = firing.key](
            core::ExecutionId id, const core::Result<core::ExecutionStatus>& status) {
            if (status) self->on_finished(key, id);
        });
}

void Scheduler::Core::on_accepted(const Firing& firing, core::Result<core::ExecutionId> id) {
    {
        const std::scoped_lock lock{outcome_mutex_};
        outcomes_.push_back({firing, std::move(id)});
    }
    ask_for_round();
}

void Scheduler::Core::on_finished(const ScheduleKey& key, core::ExecutionId id) {
    {
        const std::scoped_lock lock{outcome_mutex_};
        ends_.emplace_back(key, id);
    }
    ask_for_round();
}

void Scheduler::Core::set_timer(core::Time now) {
    std::optional<core::Time> next = planner_.next_wake();
    if (is_failing_) next = std::min(next.value_or(now + look_every), now + core::Duration{1'000});
    if (!next) return;
    const core::Time at = std::clamp(*next, now, now + look_every);
    // One that comes early enough is enough; one that should have come by now was set by a clock
    // that has been changed.
    if (timer_at_ && *timer_at_ >= now && *timer_at_ <= at) return;
    timer_at_ = at;
    parts_.later(at - now, [weak = weak_from_this(), timer = ++timer_] {
        const auto self = weak.lock();
        if (!self || self->is_stopped_) return;
        self->parts_.work([self, timer] {
            {
                const std::scoped_lock lock{self->mutex_};
                if (timer == self->timer_) self->timer_at_.reset();
            }
            self->ask_for_round();
        });
    });
}

// ---- For people ---------------------------------------------------------------------------

std::vector<Scheduler::View> Scheduler::Core::list(const std::string& workflow_id) const {
    const std::scoped_lock lock{mutex_};
    std::vector<View> views;
    for (const auto& [key, trigger] : known_) {
        if (!workflow_id.empty() && key.workflow_id != workflow_id) continue;
        const PlannedSchedule* const planned = planner_.find(key);
        if (planned != nullptr) views.push_back({trigger, *planned});
    }
    return views;
}

std::optional<Scheduler::View> Scheduler::Core::find(const ScheduleKey& key) const {
    const std::scoped_lock lock{mutex_};
    const PlannedSchedule* const planned = planner_.find(key);
    if (planned == nullptr) return std::nullopt;
    return View{known_.at(key), *planned};
}

core::Result<std::optional<Scheduler::View>> Scheduler::Core::set_paused(const ScheduleKey& key,
                                                                         bool is_paused) {
    {
        const std::scoped_lock lock{mutex_};
        const core::Time now = parts_.now();
        if (!planner_.set_paused(key, is_paused, now)) return std::nullopt;
        if (auto written = write(); !written) return std::unexpected(written.error());
    }
    ask_for_round();
    return find(key);
}

Scheduler::Scheduler(SchedulerParts parts) : core_{std::make_shared<Core>(std::move(parts))} {}

Scheduler::~Scheduler() {
    stop();
}

core::Result<> Scheduler::start(TriggerTable& triggers) {
    return core_->start(triggers);
}

void Scheduler::stop() {
    core_->stop();
}

std::vector<Scheduler::View> Scheduler::list(const std::string& workflow_id) const {
    return core_->list(workflow_id);
}

std::optional<Scheduler::View> Scheduler::find(const ScheduleKey& key) const {
    return core_->find(key);
}

core::Result<std::optional<Scheduler::View>> Scheduler::set_paused(const ScheduleKey& key,
                                                                   bool is_paused) {
    return core_->set_paused(key, is_paused);
}

}  // namespace millrace::server
