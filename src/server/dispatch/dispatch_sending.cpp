// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "dispatch/dispatch_core.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/store.hpp"

// What the dispatcher sends, and what becomes of it.

namespace millrace::server {
namespace {

constexpr core::Duration retry_delay_min{100};
constexpr core::Duration retry_delay_max{10'000};

core::ExecutionId id_of(const HappenedEvent& event, const store::ActiveTrigger& trigger) {
    return derived_id(event.time,
                      {"event", event.source, event.id, trigger.workflow_id, trigger.node_id});
}

}  // namespace

bool may_go_well(const core::Error& error) {
    using runtime::RuntimeErrc;
    using store::StoreErrc;
    constexpr std::array of_runtime{RuntimeErrc::busy, RuntimeErrc::unavailable,
                                    RuntimeErrc::stopped, RuntimeErrc::timed_out};
    constexpr std::array of_store{
        StoreErrc::io,          StoreErrc::full,      StoreErrc::read_only,      StoreErrc::locked,
        StoreErrc::stale_epoch, StoreErrc::timed_out, StoreErrc::outcome_unknown};
    const auto is = [&](auto code) { return error.is(code); };
    return std::ranges::any_of(of_runtime, is) || std::ranges::any_of(of_store, is) ||
           error.is(engine::CommandErrc::too_many_executions);
}

void DispatchCore::take_unsent(Batch& batch) {
    {
        const std::scoped_lock lock{mutex_};
        if (!std::exchange(is_retry_due_, false)) return;
    }
    // What came after a failure of the store is looked at again.
    has_more_ = true;
    for (Delivery& delivery : backlogs_.begin_round())
        batch.sent.push_back({std::move(delivery), nullptr, core::ExecutionId{}, true});
}

void DispatchCore::send(const BatchPtr& batch) {
    if (batch->sent.empty()) {
        settle(*batch);
        return rest();
    }
    // One more than are sent, so that the last answer comes when all are.
    batch->open = batch->sent.size() + 1;
    for (std::size_t i = 0; i < batch->sent.size(); ++i)
        send_one(batch, i);
    on_answer(batch, batch->sent.size(), core::ExecutionId{});
}

void DispatchCore::send_one(const BatchPtr& batch, std::size_t index) {
    const Delivery& delivery = batch->sent[index].delivery;
    const auto self = shared_from_this();
    if (delivery.rule == nullptr) {
        engine::AnswerWait answer;
        answer.id = delivery.wait.id;
        answer.run = delivery.wait.run;
        answer.answer = delivery.event->value;
        return parts_.answer(std::move(answer), [self, batch, index,
                                                 id = delivery.wait.id](core::Result<> answered) {
            if (answered) return self->on_answer(batch, index, id);
            self->on_answer(batch, index, std::unexpected(std::move(answered.error())));
        });
    }
    TriggerStart start;
    start.trigger = delivery.rule->trigger;
    start.input = delivery.event->data;
    start.trigger_data = delivery.event->value;
    start.id = id_of(*delivery.event, *start.trigger);
    start.labels = delivery.rule->labels;
    start.trace = delivery.event->trace;
    parts_.start(start,
                 [self, batch, index, meant = *start.id](core::Result<core::ExecutionId> id) {
                     // A repeat that has met the start that it repeats.
                     if (!id && id.error().is(engine::CommandErrc::already_exists)) id = meant;
                     self->on_answer(batch, index, std::move(id));
                 });
}

void DispatchCore::on_answer(const BatchPtr& batch, std::size_t index,
                             core::Result<core::ExecutionId> answer) {
    if (index < batch->sent.size()) batch->sent[index].answer = std::move(answer);
    if (batch->open.fetch_sub(1) > 1) return;
    parts_.work([self = shared_from_this(), batch] {
        self->settle(*batch);
        self->rest();
    });
}

void DispatchCore::settle(Batch& batch) {
    for (Sent& sent : batch.sent)
        settle_one(sent);
    const DispatchBacklogs::Round round = backlogs_.end_round();
    const bool is_done = backlogs_.size() == 0 && !is_failing_;
    if (round.has_progress || is_done) retry_delay_ = core::Duration{0};
    if (backlogs_.size() > 0 && !round.goes_on) retry_later();
    has_more_ |= round.goes_on;
    {
        const std::scoped_lock lock{mutex_};
        is_retry_due_ |= round.goes_on;
        counts_.refused += std::exchange(found_counts_.refused, 0);
        counts_.too_deep += std::exchange(found_counts_.too_deep, 0);
        counts_.filters_failed += std::exchange(found_counts_.filters_failed, 0);
        counts_.fell_behind += std::exchange(found_counts_.fell_behind, 0);
        unsent_count_ = backlogs_.size();
        late_count_ = backlogs_.late();
        waits_count_ = matcher_.waits().size();
        if (backlogs_.size() == 0) last_failure_.clear();
    }
    save_place(!batch.sent.empty());
}

void DispatchCore::settle_one(Sent& sent) {
    const Delivery& delivery = sent.delivery;
    EventOutcome* const outcome = sent.given == nullptr ? nullptr : &sent.given->outcome;
    if (!sent.answer) {
        const core::Error error = sent.answer.error();
        settle_failed(sent, error);
    } else if (delivery.rule != nullptr) {
        const store::ActiveTrigger& trigger = *delivery.rule->trigger;
        if (outcome)
            outcome->started.push_back({trigger.workflow_id, trigger.node_id, *sent.answer});
        const std::scoped_lock lock{mutex_};
        ++counts_.started;
    } else {
        matcher_.waits().erase(delivery.wait);
        if (outcome) outcome->answered.push_back({delivery.wait.id, delivery.path});
        const std::scoped_lock lock{mutex_};
        ++counts_.answered;
    }
    if (sent.given == nullptr || --sent.given->open > 0) return;
    sent.given->done(std::move(sent.given->outcome));
}

void DispatchCore::settle_failed(Sent& sent, const core::Error& error) {
    const Delivery& delivery = sent.delivery;
    const bool is_wait = delivery.rule == nullptr;
    EventOutcome::Failed failed{is_wait ? std::string{} : delivery.rule->trigger->workflow_id,
                                is_wait ? delivery.path : delivery.rule->trigger->node_id, error};
    const bool is_again = may_go_well(error);
    // It has been answered by another event, has ended or was canceled meanwhile.
    if (is_wait && !is_again) return matcher_.waits().erase(delivery.wait);
    if (is_again) {
        {
            const std::scoped_lock lock{mutex_};
            last_failure_ = error.message();
        }
        if (sent.given != nullptr) return sent.given->outcome.failed.push_back(std::move(failed));
        return backlogs_.put(std::move(sent.delivery), sent.is_again);
    }
    parts_.log.write(runtime::LogLevel::warning, "an event cannot start an execution",
                     {{"workflow_id", failed.workflow_id},
                      {"node_id", failed.node_id},
                      {"event_id", delivery.event->id},
                      {"event_type", delivery.event->type},
                      {"error", error.message()}});
    ++found_counts_.refused;
    if (sent.given != nullptr) sent.given->outcome.refused.push_back(std::move(failed));
}

void DispatchCore::retry_later() {
    {
        const std::scoped_lock lock{mutex_};
        if (is_stopped_ || std::exchange(has_retry_, true)) return;
    }
    retry_delay_ =
        std::clamp(core::Duration{retry_delay_.ms * 2}, retry_delay_min, retry_delay_max);
    parts_.later(retry_delay_, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self == nullptr) return;
        {
            const std::scoped_lock lock{self->mutex_};
            self->has_retry_ = false;
            self->is_retry_due_ = true;
        }
        self->poke();
    });
}

void DispatchCore::save_place(bool is_due) {
    constexpr std::uint64_t frames_unsaved_max = 1'000;
    const store::FeedPosition safe = backlogs_.safe(place_);
    if (safe <= saved_) return;
    if (!is_due && safe.frame - saved_.frame < frames_unsaved_max) return;
    // When it cannot be stored now it is with a later step; what is done twice is done once.
    if (parts_.put_cursors({{"events", safe}})) saved_ = safe;
}

DispatchCounts DispatchCore::counts() const {
    const std::scoped_lock lock{mutex_};
    return counts_;
}

ComponentHealth DispatchCore::health() const {
    const std::scoped_lock lock{mutex_};
    const auto number = [](std::uint64_t count) {
        return core::Value{static_cast<std::int64_t>(count)};
    };
    ComponentHealth health;
    health.facts = {{"triggers", number(rules_->rules.size())},
                    {"waits", number(waits_count_)},
                    {"started", number(counts_.started)},
                    {"answered", number(counts_.answered)},
                    {"refused", number(counts_.refused)},
                    {"unsent", number(unsent_count_)},
                    {"late", number(late_count_)},
                    {"fell_behind", number(counts_.fell_behind)}};
    if (unsent_count_ > 0) {
        health.status = HealthStatus::degraded;
        health.detail = "what events start has to wait: " + last_failure_;
    } else if (counts_.fell_behind > 0) {
        health.status = HealthStatus::degraded;
        health.detail = "events were forgotten before they were looked at; see the log";
    }
    return health;
}

}  // namespace millrace::server
