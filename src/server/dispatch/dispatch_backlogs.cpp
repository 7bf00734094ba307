// SPDX-License-Identifier: Apache-2.0
#include "dispatch/dispatch_backlogs.hpp"

#include <algorithm>
#include <iterator>

namespace millrace::server {
namespace {

constexpr std::size_t at_once_max = 256;
/// Of a trigger while all together have too much.
constexpr std::size_t few = 16;

store::FeedPosition before(store::FeedPosition behind) {
    return {behind.frame, behind.row - std::min(behind.row, 1u)};
}

}  // namespace

DispatchBacklogs::Key DispatchBacklogs::key_of(const EventRule& rule) {
    return {rule.trigger->workflow_id, rule.trigger->node_id};
}

std::size_t DispatchBacklogs::limit() const {
    return size_ < limits_.of_all ? limits_.of_one : std::min(limits_.of_one, few);
}

std::vector<Delivery> DispatchBacklogs::begin_round() {
    std::vector<Delivery> taken;
    for (auto& [key, backlog] : backlogs_) {
        backlog.failed = 0;
        backlog.tried = std::min(backlog.kept.size(), backlog.at_once);
        const auto last = backlog.kept.begin() + static_cast<std::ptrdiff_t>(backlog.tried);
        std::move(backlog.kept.begin(), last, std::back_inserter(taken));
        backlog.kept.erase(backlog.kept.begin(), last);
        size_ -= backlog.tried;
    }
    return taken;
}

void DispatchBacklogs::put(Delivery delivery, bool is_again) {
    const bool is_answer = delivery.rule == nullptr;
    Backlog& backlog = backlogs_[is_answer ? Key{} : key_of(*delivery.rule)];
    if (is_again) ++backlog.failed;
    if (!is_answer && !is_again) {
        const store::FeedPosition place = before(delivery.position);
        if (backlog.late && place >= *backlog.late) return;
        if (backlog.kept.size() >= limit()) {
            if (!backlog.late) ++late_;
            backlog.late = place;
            return;
        }
    }
    backlog.kept.push_back(std::move(delivery));
    ++size_;
}

DispatchBacklogs::Round DispatchBacklogs::end_round() {
    Round round;
    for (auto& [key, backlog] : backlogs_) {
        const std::size_t went_well = backlog.tried - backlog.failed;
        round.has_progress |= went_well > 0;
        round.goes_on |= backlog.tried > 0 && backlog.failed == 0 && !backlog.kept.empty();
        // One that is full is asked again with what it has taken, not with all that it has.
        if (backlog.tried > 0)
            backlog.at_once = std::clamp(went_well * 2, std::size_t{1}, at_once_max);
        backlog.tried = backlog.failed = 0;
    }
    std::erase_if(backlogs_, [](const auto& entry) { return entry.second.is_empty(); });
    return round;
}

bool DispatchBacklogs::is_full() const {
    const auto answers = backlogs_.find(Key{});
    return answers != backlogs_.end() && answers->second.kept.size() >= limits_.of_all;
}

store::FeedPosition DispatchBacklogs::safe(store::FeedPosition place) const {
    for (const auto& [key, backlog] : backlogs_) {
        place = std::min(place, backlog.late.value_or(place));
        for (const Delivery& delivery : backlog.kept)
            place = std::min(place, before(delivery.position));
    }
    return place;
}

// ---- Late ones ------------------------------------------------------------------------------

bool DispatchBacklogs::is_late(const EventRule& rule) const {
    const auto at = backlogs_.find(key_of(rule));
    return at != backlogs_.end() && at->second.late;
}

std::shared_ptr<const EventRules> DispatchBacklogs::on_time(
    std::shared_ptr<const EventRules> rules) const {
    if (late_ == 0) return rules;
    auto left = std::make_shared<EventRules>();
    for (const EventRulePtr& rule : rules->rules)
        if (!is_late(*rule)) left->add(rule);
    return left;
}

EventRules DispatchBacklogs::late_rules(const EventRules& rules) {
    EventRules late;
    if (late_ == 0) return late;
    std::map<Key, store::FeedPosition> known;
    for (const EventRulePtr& rule : rules.rules) {
        const auto at = backlogs_.find(key_of(*rule));
        if (at == backlogs_.end() || !at->second.late) continue;
        known.emplace(at->first, *at->second.late);
        if (at->second.kept.size() < (limit() + 1) / 2) late.add(rule);
    }
    for (auto& [key, backlog] : backlogs_)
        if (!known.contains(key)) backlog.late.reset();
    late_ = known.size();
    return late;
}

store::FeedPosition DispatchBacklogs::first_place(const EventRules& late) const {
    store::FeedPosition first = backlogs_.at(key_of(*late.rules.front())).late.value();
    for (const EventRulePtr& rule : late.rules)
        first = std::min(first, backlogs_.at(key_of(*rule)).late.value());
    return first;
}

bool DispatchBacklogs::has_seen(const EventRule& rule, store::FeedPosition place) const {
    return place <= backlogs_.at(key_of(rule)).late.value();
}

void DispatchBacklogs::advance(const EventRules& late, store::FeedPosition place) {
    for (const EventRulePtr& rule : late.rules) {
        Backlog& backlog = backlogs_.at(key_of(*rule));
        backlog.late = std::max(*backlog.late, place);
    }
}

void DispatchBacklogs::end_late(const EventRules& late) {
    for (const EventRulePtr& rule : late.rules)
        backlogs_.at(key_of(*rule)).late.reset();
    late_ -= late.rules.size();
}

}  // namespace millrace::server
