// SPDX-License-Identifier: Apache-2.0
#include "dispatch/dispatch_core.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "events/event_readers.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/store.hpp"

// What the dispatcher looks at. What it sends is in dispatch_sending.cpp.

namespace millrace::server {
namespace {

constexpr std::string_view place_name = "events";
constexpr std::size_t rows_at_once = 256;
constexpr std::size_t waits_at_once = 1'000;

std::string since_name(const store::ActiveTrigger& trigger) {
    return "event:" + trigger.workflow_id + "/" + trigger.node_id;
}

}  // namespace

DispatchCore::DispatchCore(DispatchParts parts)
    : parts_{std::move(parts)},
      matcher_{*parts_.journals, parts_.log, parts_.api},
      late_matcher_{*parts_.journals, parts_.log, parts_.api},
      backlogs_{{parts_.unsent_of_one_max, parts_.unsent_max}} {}

std::shared_ptr<DispatchCore> DispatchCore::make(DispatchParts parts) {
    std::shared_ptr<DispatchCore> core{new DispatchCore{std::move(parts)}};
    core->inbox_ =
        std::make_shared<DispatchInbox>(core->parts_.inbox_bytes_max, [weak = std::weak_ptr{core}] {
            if (const auto self = weak.lock()) self->poke();
        });
    return core;
}

core::Result<> DispatchCore::start() {
    // From before anything is read, so that nothing lies in between.
    parts_.journals->observe(inbox_);
    const auto end = parts_.journals->feed_end();
    if (!end) return std::unexpected(end.error());
    inbox_->begin(*end);
    const auto stored = parts_.cursor(std::string{place_name});
    if (!stored) return std::unexpected(stored.error());
    place_ = stored->value_or(*end);
    saved_ = place_;
    // Whatever happens from now on is behind a place that the store has.
    if (!*stored) {
        if (auto put = parts_.put_cursors({{std::string{place_name}, place_}}); !put) return put;
    }
    refresh_rules({});
    {
        const std::scoped_lock lock{mutex_};
        is_stopped_ = false;
    }
    poke();
    return {};
}

void DispatchCore::stop() {
    parts_.journals->unobserve(inbox_);
    std::deque<std::shared_ptr<Given>> given;
    bool is_idle = false;
    {
        const std::scoped_lock lock{mutex_};
        is_stopped_ = true;
        given.swap(given_);
        is_idle = !std::exchange(is_running_, true);
    }
    for (const auto& one : given) {
        one->outcome.failed.push_back(
            {{}, {}, {runtime::RuntimeErrc::stopped, "the server is stopping"}});
        one->done(std::move(one->outcome));
    }
    if (is_idle) save_place(true);
}

std::shared_ptr<const EventRules> DispatchCore::rules() const {
    const std::scoped_lock lock{mutex_};
    return rules_;
}

void DispatchCore::refresh_rules(const std::string&) {
    const std::scoped_lock changing{changing_};
    const TriggerTable::Snapshot triggers = parts_.triggers();
    std::map<std::pair<std::string_view, std::string_view>, EventRulePtr> known;
    const auto before = rules();
    for (const EventRulePtr& rule : before->rules)
        known.emplace(std::pair{std::string_view{rule->trigger->workflow_id},
                                std::string_view{rule->trigger->node_id}},
                      rule);
    // Events that came before a trigger was there are not for it, although they may be looked at
    // later, or once more.
    const store::FeedPosition now = inbox_->end();
    auto made = std::make_shared<EventRules>();
    std::vector<DispatchParts::Named> since;
    for (const TriggerPtr& trigger : *triggers) {
        const auto at = known.find({trigger->workflow_id, trigger->node_id});
        EventRulePtr rule = at == known.end() ? nullptr : at->second;
        if (rule == nullptr || rule->trigger != trigger) {
            std::optional<store::FeedPosition> from;
            if (rule != nullptr) from = rule->since;
            if (!is_started_) from = parts_.cursor(since_name(*trigger)).value_or(std::nullopt);
            if (!from) since.emplace_back(since_name(*trigger), now);
            rule = make_rule(trigger, from.value_or(now), parts_.log);
        }
        if (rule != nullptr) made->add(std::move(rule));
    }
    is_started_ = true;
    inbox_->want(made->types);
    {
        const std::scoped_lock lock{mutex_};
        rules_ = std::move(made);
    }
    if (since.empty()) return;
    if (const auto put = parts_.put_cursors(std::move(since)); !put) {
        parts_.log.write(runtime::LogLevel::warning,
                         "from when on triggers want events could not be stored",
                         {{"error", put.error().message()}});
    }
}

void DispatchCore::give(GivenEvent event, EventDispatcher::Done done) {
    const auto given = std::make_shared<Given>();
    given->event = std::make_shared<const HappenedEvent>(happened(std::move(event)));
    given->done = std::move(done);
    const auto end = parts_.journals->feed_end();
    std::optional<core::Error> failed;
    if (end) {
        given->after = *end;
        const std::scoped_lock lock{mutex_};
        if (!is_stopped_) {
            given_.push_back(given);
        } else {
            failed.emplace(runtime::RuntimeErrc::stopped, "the server is stopping");
        }
    } else {
        failed = end.error();
    }
    if (!failed) return poke();
    given->outcome.failed.push_back({{}, {}, *std::move(failed)});
    given->done(std::move(given->outcome));
}

void DispatchCore::poke() {
    {
        const std::scoped_lock lock{mutex_};
        if (is_stopped_) return;
        is_poked_ = true;
        if (std::exchange(is_running_, true)) return;
    }
    parts_.work([self = shared_from_this()] { self->step(); });
}

void DispatchCore::step() {
    {
        const std::scoped_lock lock{mutex_};
        if (is_stopped_) return;
        is_poked_ = false;
    }
    has_more_ = false;
    const auto batch = std::make_shared<Batch>();
    take_unsent(*batch);
    if (!backlogs_.is_full()) {
        auto looked = look(*batch);
        if (looked) looked = read_late(*batch);
        if (looked) is_failing_ = false;
        if (!looked) fail(looked.error());
    }
    if (!is_behind_) inbox_->want_for_waits(matcher_.waits().types());
    send(batch);
}

void DispatchCore::fail(const core::Error& error) {
    if (!std::exchange(is_failing_, true)) {
        parts_.log.write(runtime::LogLevel::warning,
                         "events cannot be looked at now; this is tried again",
                         {{"error", error.message()}});
    }
    is_behind_ = true;
    has_more_ = false;
    fail_given(error);
    retry_later();
}

void DispatchCore::rest() {
    bool goes_on = false;
    {
        const std::scoped_lock lock{mutex_};
        goes_on = !is_stopped_ && (has_more_ || is_poked_);
        if (!goes_on && !is_stopped_) is_running_ = false;
    }
    if (goes_on) parts_.work([self = shared_from_this()] { self->step(); });
}

core::Result<> DispatchCore::look(Batch& batch) {
    if (is_behind_) {
        if (auto done = catch_up(batch); !done) return done;
    } else if (auto done = take_rows(batch); !done) {
        return done;
    }
    if (!is_behind_) take_given(batch);
    return {};
}

core::Result<> DispatchCore::load_waits() {
    const auto end = parts_.journals->feed_end();
    if (!end) return std::unexpected(end.error());
    matcher_.waits().clear();
    std::uint64_t after = 0;
    for (;;) {
        const auto waits = parts_.open_waits(waits_at_once, after);
        if (!waits) return std::unexpected(waits.error());
        for (const store::Wait& wait : *waits)
            matcher_.waits().add(wait);
        if (waits->size() < waits_at_once) break;
        after = waits->back().number;
    }
    waits_known_ = *end;
    needs_waits_ = false;
    return {};
}

core::Result<> DispatchCore::skip_forgotten() {
    const auto oldest = oldest_place(*parts_.journals);
    if (!oldest) return std::unexpected(oldest.error());
    parts_.log.write(runtime::LogLevel::error,
                     "events were forgotten before they were looked at: what they would have "
                     "started does not start",
                     {{"from_frame", std::to_string(place_.frame), true},
                      {"to_frame", std::to_string(oldest->major), true}});
    ++found_counts_.fell_behind;
    place_ = oldest->position();
    matcher_.forget();
    has_more_ = true;
    return {};
}

core::Result<> DispatchCore::catch_up(Batch& batch) {
    const auto end = parts_.journals->feed_end();
    if (!end) return std::unexpected(end.error());
    if (needs_waits_) {
        if (auto loaded = load_waits(); !loaded) return loaded;
    }
    has_more_ = true;
    const auto rules = backlogs_.on_time(this->rules());
    if ((rules->types | matcher_.waits().types()) == 0) {
        place_ = std::max(place_, *end);
        is_behind_ = false;
        return {};
    }
    const auto rows = parts_.journals->feed(place_, rows_at_once);
    if (!rows && rows.error().is(store::StoreErrc::not_found)) return skip_forgotten();
    if (!rows) return std::unexpected(rows.error());
    // A wait may have opened in a row that is told here before its observer hears of it.
    if (!rows->empty() && rows->back().position > waits_known_) {
        if (auto loaded = load_waits(); !loaded) return loaded;
    }
    for (const store::FeedRow& row : *rows) {
        std::vector<Delivery> found;
        if (auto done = matcher_.match(row, *rules, found_counts_, found); !done) return done;
        add(std::move(found), nullptr, batch);
        place_ = row.position;
    }
    if (rows->size() < rows_at_once) {
        place_ = std::max(place_, *end);
        is_behind_ = false;
    }
    return {};
}

core::Result<> DispatchCore::take_rows(Batch& batch) {
    const DispatchInbox::Taken taken = inbox_->take(rows_at_once);
    if (taken.has_gap) {
        is_behind_ = true;
        needs_waits_ = true;
        has_more_ = true;
        matcher_.forget();
        return {};
    }
    const auto rules = backlogs_.on_time(this->rules());
    for (const runtime::CommittedRow& row : taken.rows) {
        matcher_.note_waits(row);
        if (row.position <= place_) continue;
        std::vector<Delivery> found;
        if (auto done = matcher_.match(row, *rules, found_counts_, found); !done) {
            needs_waits_ = true;  // those of the rows that are not looked at now
            return done;
        }
        add(std::move(found), nullptr, batch);
        place_ = row.position;
    }
    place_ = std::max(place_, taken.end);
    has_more_ = has_more_ || !taken.is_all;
    return {};
}

/// A part of the feed for those who had too much when it came. They hear of what is new once they
/// have seen all that the others have.
core::Result<> DispatchCore::read_late(Batch& batch) {
    const EventRules late = backlogs_.late_rules(*rules());
    if (late.rules.empty()) return {};
    const auto rows = parts_.journals->feed(backlogs_.first_place(late), rows_at_once);
    if (!rows && rows.error().is(store::StoreErrc::not_found)) return skip_forgotten(late);
    if (!rows) return std::unexpected(rows.error());
    bool is_all = rows->size() < rows_at_once;
    for (const store::FeedRow& row : *rows) {
        is_all = is_all || row.position > place_;
        if (row.position > place_) break;
        std::vector<Delivery> found;
        if (auto done = late_matcher_.match(row, late, found_counts_, found); !done) return done;
        std::erase_if(found, [&](const Delivery& delivery) {
            return backlogs_.has_seen(*delivery.rule, row.position);
        });
        add(std::move(found), nullptr, batch);
        backlogs_.advance(late, row.position);
    }
    if (is_all) {
        backlogs_.end_late(late);
        late_matcher_.forget();
    }
    has_more_ = true;
    return {};
}

core::Result<> DispatchCore::skip_forgotten(const EventRules& late) {
    const auto oldest = oldest_place(*parts_.journals);
    if (!oldest) return std::unexpected(oldest.error());
    for (const EventRulePtr& rule : late.rules) {
        if (backlogs_.has_seen(*rule, oldest->position())) continue;
        parts_.log.write(runtime::LogLevel::error,
                         "a workflow was full for so long that events were forgotten before they "
                         "could start it: what they would have started does not start",
                         {{"workflow_id", rule->trigger->workflow_id},
                          {"node_id", rule->trigger->node_id},
                          {"to_frame", std::to_string(oldest->major), true}});
        ++found_counts_.fell_behind;
    }
    backlogs_.advance(late, oldest->position());
    late_matcher_.forget();
    has_more_ = true;
    return {};
}

void DispatchCore::take_given(Batch& batch) {
    std::vector<std::shared_ptr<Given>> ready;
    bool is_waiting = false;
    store::FeedPosition first_waiting;
    {
        const std::scoped_lock lock{mutex_};
        while (!given_.empty() && given_.front()->after <= place_) {
            ready.push_back(std::move(given_.front()));
            given_.pop_front();
        }
        is_waiting = !given_.empty();
        if (is_waiting) first_waiting = given_.front()->after;
    }
    const auto rules = this->rules();
    for (const auto& given : ready) {
        std::vector<Delivery> found;
        matcher_.match(given->event, *rules, found_counts_, found);
        if (found.empty()) given->done(std::move(given->outcome));
        add(std::move(found), given, batch);
    }
    if (!is_waiting) return;
    inbox_->expect();
    if (inbox_->end() >= first_waiting) has_more_ = true;
}

void DispatchCore::fail_given(const core::Error& error) {
    std::deque<std::shared_ptr<Given>> given;
    {
        const std::scoped_lock lock{mutex_};
        given.swap(given_);
    }
    for (const auto& one : given) {
        one->outcome.failed.push_back({{}, {}, error});
        one->done(std::move(one->outcome));
    }
}

void DispatchCore::add(std::vector<Delivery> found, const std::shared_ptr<Given>& given,
                       Batch& batch) {
    if (given != nullptr) given->open = found.size();
    for (Delivery& delivery : found)
        batch.sent.push_back({std::move(delivery), given, core::ExecutionId{}});
}

}  // namespace millrace::server
