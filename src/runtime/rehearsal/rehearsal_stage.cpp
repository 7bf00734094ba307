// SPDX-License-Identifier: Apache-2.0
#include "rehearsal/rehearsal_stage.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "perform.hpp"

namespace millrace::runtime {
namespace {

constexpr const char* stand_in_name = "mock";
constexpr const char* cache_name = "cache";

AttemptKey key_of(const engine::Effect& effect) {
    return {effect.id, effect.run, effect.attempt};
}

AttemptKey key_of(const engine::Completion& completion) {
    return {completion.id, completion.run, completion.attempt};
}

/// Links lead to where tests expect them.
void put_links(engine::Effect& effect) {
    std::vector<engine::SecretUse> links;
    for (const engine::SecretUse& use : effect.secrets)
        if (use.link) links.push_back(use);
    if (links.empty()) return;
    engine::put_secrets(effect.request, links, [](const engine::SecretUse& use, engine::TextForm) {
        constexpr std::string_view mark = "link:";
        return std::string{rehearsed_links} + use.name.substr(mark.size());
    });
    std::erase_if(effect.secrets,
                  [](const engine::SecretUse& use) { return use.link.has_value(); });
}

engine::Completion completion_of(const engine::Effect& effect, StandIn answer) {
    if (const auto* http = std::get_if<engine::HttpAnswer>(&answer.outcome)) {
        engine::Completion read = read_answer(effect, *http);
        read.executor = stand_in_name;
        return read;
    }
    engine::Completion made{effect.id, effect.run, effect.attempt, {}, stand_in_name, {}};
    if (auto* failure = std::get_if<core::Failure>(&answer.outcome)) {
        made.outcome = std::move(*failure);
    } else {
        made.outcome = std::get<std::vector<engine::PortValue>>(std::move(answer.outcome));
    }
    return made;
}

}  // namespace

RehearsalStage::RehearsalStage(const RehearsalOptions& options, ExecutorOptions real)
    : options_{options}, how_{std::move(real)} {}

core::Result<> RehearsalStage::begin(const engine::Effect& effect, core::Time now,
                                     const Asker& asker) {
    // What a large pure node computes is no business of the outside.
    if (const auto* job = std::get_if<std::shared_ptr<const engine::PureJob>>(&effect.request)) {
        to_come_.emplace(now, run_job(effect, **job));
        return {};
    }
    if (effect.cache && is_answered_by_cache(effect, now, asker)) return {};
    return perform(effect, now, asker);
}

core::Result<> RehearsalStage::perform(const engine::Effect& effect, core::Time now,
                                       const Asker& asker) {
    engine::Effect shown = effect;
    put_links(shown);
    engine::name_secrets(shown.request, shown.secrets);
    calls.push_back({effect.node_id,
                     effect.path,
                     effect.attempt,
                     ++numbers_[{asker.workflow, effect.node_id}],
                     now,
                     request_value(shown.request),
                     {},
                     asker.workflow,
                     false});
    places_[key_of(effect)] = calls.size() - 1;
    if (!options_.director)
        return core::fail(RehearsalErrc::refused, "nothing stands in for node " + effect.path);
    Direction direction = options_.director(calls.back(), effect, *asker.view);
    if (auto* refusal = std::get_if<Refuse>(&direction))
        return core::fail(RehearsalErrc::refused, std::move(refusal->why));
    if (auto* answer = std::get_if<StandIn>(&direction)) {
        stand_in(effect, std::move(*answer), now);
    } else if (std::holds_alternative<engine::SubworkflowCall>(effect.request)) {
        to_start.push_back(effect);
    } else {
        perform_for_real(effect);
    }
    return {};
}

void RehearsalStage::stand_in(const engine::Effect& effect, StandIn answer, core::Time now) {
    const core::Time due = now + answer.takes;
    to_come_.emplace(due, completion_of(effect, std::move(answer)));
}

void RehearsalStage::abort(const engine::Abort& abort, core::Time now) {
    const AttemptKey key{abort.id, abort.run, abort.attempt};
    if (drop_waiting(key, now)) return;
    const auto open = std::ranges::find_if(
        to_come_, [&](const auto& item) { return key_of(item.second) == key; });
    if (open != to_come_.end()) {
        engine::Completion canceled = std::move(open->second);
        to_come_.erase(open);
        canceled.outcome = canceled_failure();
        to_come_.emplace(now, std::move(canceled));
    } else if (executor_) {
        executor_->abort({&abort, 1});
    }
}

// ---- Performing -----------------------------------------------------------------------------

void RehearsalStage::perform_for_real(engine::Effect effect) {
    put_links(effect);
    if (!executor_) {
        executor_ = std::make_unique<Executor>(
            how_, options_.functions ? *options_.functions : no_functions_,
            [this](std::span<engine::Completion> done) {
                const std::scoped_lock lock{mutex_};
                std::ranges::move(done, std::back_inserter(ended_));
                has_ended_.notify_one();
            });
    }
    real_.emplace_back(key_of(effect), effect.node_id);
    executor_->perform({std::move(effect)});
}

core::Result<std::vector<engine::Completion>> RehearsalStage::await_real(core::Time now) {
    const auto patience = std::chrono::milliseconds{options_.effect_patience.ms};
    std::vector<engine::Completion> ended;
    {
        std::unique_lock lock{mutex_};
        has_ended_.wait_for(lock, patience, [this] { return ended_.size() >= real_.size(); });
        ended = std::exchange(ended_, {});
    }
    const auto place = [this](const engine::Completion& one) {
        return std::ranges::find(real_, key_of(one), &decltype(real_)::value_type::first);
    };
    for (const auto& [key, node] : real_) {
        if (std::ranges::find(ended, key, [](const auto& one) { return key_of(one); }) !=
            ended.end())
            continue;
        return core::fail(RehearsalErrc::effect_timed_out,
                          "what node " + node + " has asked for did not end within " +
                              core::to_text(options_.effect_patience));
    }
    std::ranges::sort(ended, {}, place);
    real_.clear();
    for (const engine::Completion& one : ended)
        settle(one, now);
    if (refused_) return std::unexpected(*refused_);
    return ended;
}

// ---- Stand-ins ------------------------------------------------------------------------------

std::optional<core::Time> RehearsalStage::next_due() const {
    if (to_come_.empty()) return std::nullopt;
    return to_come_.begin()->first;
}

core::Result<std::vector<engine::Completion>> RehearsalStage::take_due(core::Time now) {
    std::vector<engine::Completion> due;
    while (!to_come_.empty() && to_come_.begin()->first <= now) {
        due.push_back(std::move(to_come_.begin()->second));
        to_come_.erase(to_come_.begin());
        settle(due.back(), now);
    }
    if (refused_) return std::unexpected(*refused_);
    return due;
}

// ---- Results that are kept ------------------------------------------------------------------

bool RehearsalStage::is_answered_by_cache(const engine::Effect& effect, core::Time now,
                                          const Asker& asker) {
    const std::string& key = effect.cache->key;
    if (const auto kept = kept_.find(key); kept != kept_.end() && now < kept->second.until) {
        engine::Completion hit{effect.id,  effect.run, effect.attempt, kept->second.outputs,
                               cache_name, {}};
        to_come_.emplace(now, std::move(hit));
        return true;
    }
    const auto [making, is_first] = making_.try_emplace(key);
    if (!is_first) {
        making->second.others.push_back({effect, asker});
        return true;
    }
    making->second.leader = key_of(effect);
    leaders_.emplace(key_of(effect), *effect.cache);
    return false;
}

void RehearsalStage::settle(const engine::Completion& ended, core::Time now) {
    if (const auto place = places_.find(key_of(ended)); place != places_.end()) {
        calls[place->second].has_failed = std::holds_alternative<core::Failure>(ended.outcome);
        places_.erase(place);
    }
    settle_cache(ended, now);
}

void RehearsalStage::settle_cache(const engine::Completion& ended, core::Time now) {
    const auto leader = leaders_.find(key_of(ended));
    if (leader == leaders_.end()) return;
    const engine::CacheRequest request = std::move(leader->second);
    leaders_.erase(leader);
    std::vector<Waiting> others = std::move(making_.extract(request.key).mapped().others);
    const auto* outputs = std::get_if<std::vector<engine::PortValue>>(&ended.outcome);
    if (outputs != nullptr) kept_[request.key] = {*outputs, now + request.ttl};
    // After a success all of them hit; after a failure the first one tries, and the rest wait.
    for (const Waiting& other : others) {
        if (is_answered_by_cache(other.effect, now, other.asker)) continue;
        const core::Result<> begun = perform(other.effect, now, other.asker);
        if (!begun && !refused_) refused_ = begun.error();
    }
}

bool RehearsalStage::drop_waiting(const AttemptKey& key, core::Time now) {
    for (auto& [digest, making] : making_) {
        const auto place = std::ranges::find_if(
            making.others, [&](const Waiting& other) { return key_of(other.effect) == key; });
        if (place == making.others.end()) continue;
        to_come_.emplace(now, failed(place->effect, canceled_failure()));
        making.others.erase(place);
        return true;
    }
    return false;
}

}  // namespace millrace::runtime
