// SPDX-License-Identifier: Apache-2.0
#include "cache/cached_effects.hpp"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <variant>

#include "cache/cache_scope.hpp"
#include "millrace/format/digest.hpp"
#include "millrace/store/store.hpp"
#include "perform.hpp"

namespace millrace::runtime {
namespace {

// Written together: one transaction for many results, but none waits long. Losing them with the
// process costs repeated calls only.
constexpr std::size_t results_at_once = 64;
constexpr core::Duration write_delay{50};

AttemptKey key_of(const engine::Effect& effect) {
    return {effect.id, effect.run, effect.attempt};
}

engine::Completion completion_of(const engine::Effect& effect, const Outputs& outputs) {
    return {effect.id, effect.run, effect.attempt, outputs, cache_executor_name, {}};
}

/// Of a request or a result.
template <class Cached>
bool matches(const store::CacheFilter& filter, const Cached& cached) {
    return (!filter.workflow_id || cached.workflow_id == *filter.workflow_id) &&
           (!filter.node_id || cached.node_id == *filter.node_id) &&
           (!filter.tag || std::ranges::find(cached.tags, *filter.tag) != cached.tags.end());
}

/// How old a result for these may be: what is given to one is given to all.
core::Duration shortest_ttl(const std::deque<engine::Effect>& members) {
    core::Duration shortest = members.front().cache->ttl;
    for (const engine::Effect& effect : members)
        shortest = std::min(shortest, effect.cache->ttl);
    return shortest;
}

void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

CachedEffects::CachedEffects(CachedEffectsOptions options, CachedEffectsParts parts)
    : options_{options}, parts_{std::move(parts)}, front_{options.memory_bytes} {}

CachedEffects::~CachedEffects() {
    stop();
}

void CachedEffects::stop() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
        has_work_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

void CachedEffects::perform(std::vector<engine::Effect> effects, core::Time now) {
    const auto rest =
        std::stable_partition(effects.begin(), effects.end(),
                              [this](engine::Effect& effect) { return !is_to_cache(effect); });
    if (rest == effects.end()) return parts_.executor.perform(std::move(effects));
    std::vector<engine::Completion> hits;
    {
        const std::scoped_lock lock{mutex_};
        now_ = std::max(now_, now);
        for (auto at = rest; at != effects.end(); ++at)
            admit(std::move(*at), hits);
        wake();
    }
    effects.erase(rest, effects.end());
    if (!effects.empty()) parts_.executor.perform(std::move(effects));
    if (!hits.empty()) parts_.done(hits);
}

/// Also makes the key tell what the call's paths mean here.
bool CachedEffects::is_to_cache(engine::Effect& effect) const {
    if (!effect.cache) return false;
    const auto scope = cache_scope(effect.request, parts_.executor.surroundings());
    if (scope && !scope->empty())
        effect.cache->key = format::blake2b_256_hex(effect.cache->key + "\n" + *scope);
    return scope.has_value();
}

void CachedEffects::admit(engine::Effect effect, std::vector<engine::Completion>& hits) {
    // A rebuilt shard asks again for what it does not know to be under way.
    if (stopping_ || members_.contains(key_of(effect))) return;
    const std::string key = effect.cache->key;
    if (const auto known = front_.find(key, now_, effect.cache->ttl)) {
        hits.push_back(completion_of(effect, *known));
        return;
    }
    members_.emplace(key_of(effect), key);
    member_count_.store(members_.size(), std::memory_order_release);
    Group& group = groups_[key];
    group.members.push_back(std::move(effect));
    if (group.members.size() == 1) lookups_.push_back(key);
}

void CachedEffects::wake() {
    if (lookups_.empty() && unwritten_.empty()) return;
    if (!thread_.joinable() && !stopping_) thread_ = std::thread{[this] { work(); }};
    has_work_.notify_one();
}

/// Has the first of the group made.
void CachedEffects::lead(Group& group) {
    group.stage = Stage::performing;
    std::vector<engine::Effect> effects{group.members.front()};
    // Under the lock, so that who aborts it afterwards finds it with the executor.
    parts_.executor.perform(std::move(effects));
}

/// Gives the result to all of the group, which ends.
void CachedEffects::finish(Groups::iterator at, const Outputs& outputs,
                           std::vector<engine::Completion>& completions) {
    for (const engine::Effect& effect : at->second.members) {
        completions.push_back(completion_of(effect, outputs));
        members_.erase(key_of(effect));
    }
    member_count_.store(members_.size(), std::memory_order_release);
    groups_.erase(at);
}

void CachedEffects::abort(std::span<const engine::Abort> aborts) {
    if (aborts.empty()) return;
    if (member_count_.load(std::memory_order_acquire) == 0) return parts_.executor.abort(aborts);
    std::vector<engine::Completion> dropped;
    std::vector<engine::Abort> others;
    {
        const std::scoped_lock lock{mutex_};
        for (const engine::Abort& abort : aborts) {
            const AttemptKey member{abort.id, abort.run, abort.attempt};
            const auto found = members_.find(member);
            const Group* group = found == members_.end() ? nullptr : &groups_.at(found->second);
            const bool is_made = group != nullptr && group->stage == Stage::performing &&
                                 key_of(group->members.front()) == member;
            if (group == nullptr || is_made) {
                others.push_back(abort);
            } else {
                leave(member, dropped);
            }
        }
    }
    parts_.executor.abort(others);
    if (!dropped.empty()) parts_.done(dropped);
}

/// One that waits gives up; whoever is being made, or looked up, goes on for the others.
void CachedEffects::leave(const AttemptKey& member, std::vector<engine::Completion>& completions) {
    const auto found = members_.find(member);
    const auto at = groups_.find(found->second);
    std::deque<engine::Effect>& waiting = at->second.members;
    const auto effect = std::ranges::find(waiting, member, key_of);
    completions.push_back(failed(*effect, canceled_failure()));
    waiting.erase(effect);
    members_.erase(found);
    member_count_.store(members_.size(), std::memory_order_release);
    if (waiting.empty()) groups_.erase(at);
}

void CachedEffects::completed(std::span<const engine::Completion> completions) {
    if (member_count_.load(std::memory_order_acquire) == 0) return;
    std::vector<engine::Completion> others;
    {
        const std::scoped_lock lock{mutex_};
        for (const engine::Completion& completion : completions) {
            const AttemptKey leader{completion.id, completion.run, completion.attempt};
            const auto found = members_.find(leader);
            if (found == members_.end()) continue;
            const auto at = groups_.find(found->second);
            members_.erase(found);
            if (std::holds_alternative<Outputs>(completion.outcome)) {
                succeed(completion, at, others);
            } else {
                at->second.members.pop_front();
                if (at->second.members.empty()) {
                    groups_.erase(at);
                } else if (!stopping_) {
                    lead(at->second);
                }
            }
            member_count_.store(members_.size(), std::memory_order_release);
        }
        wake();
    }
    if (!others.empty()) parts_.done(others);
}

void CachedEffects::succeed(const engine::Completion& completion, Groups::iterator group,
                            std::vector<engine::Completion>& others) {
    const Outputs& outputs = std::get<Outputs>(completion.outcome);
    // The engine knows the note of that attempt only, so its result cannot stand for others.
    const bool is_whole = completion.note.is_null();
    if (group->second.keeps && is_whole) keep(*group->second.members.front().cache, outputs);
    group->second.members.pop_front();
    if (is_whole) {
        finish(group, outputs, others);
    } else if (group->second.members.empty()) {
        groups_.erase(group);
    } else {
        lead(group->second);
    }
}

void CachedEffects::keep(const engine::CacheRequest& request, const Outputs& outputs) {
    const std::size_t weight = weight_of(outputs);
    if (weight > options_.result_bytes_max) return;
    const core::Time expires_at = now_ + request.ttl;
    front_.put({request.key, request.workflow_id, request.node_id, request.tags, now_, expires_at,
                std::make_shared<const Outputs>(outputs), 0});
    // A store that does not keep up, or fails, must not fill the memory.
    if (unwritten_bytes_ + weight > options_.unwritten_bytes_max) return;
    store::CachedResult result{request.key, request.workflow_id, request.node_id,      request.tags,
                               now_,        expires_at,          pack_outputs(outputs)};
    if (unwritten_.empty()) write_at_ = parts_.clock.monotonic() + write_delay;
    unwritten_bytes_ += result.bytes.size();
    unwritten_.push_back(std::move(result));
}

core::Result<std::uint64_t> CachedEffects::clear(const store::CacheFilter& filter) {
    {
        const std::scoped_lock lock{mutex_};
        ++clears_;
        front_.clear(filter);
        std::erase_if(unwritten_, [&](const store::CachedResult& result) {
            const bool is_chosen = matches(filter, result);
            if (is_chosen) unwritten_bytes_ -= result.bytes.size();
            return is_chosen;
        });
        for (auto& [key, group] : groups_)
            if (matches(filter, *group.members.front().cache)) group.keeps = false;
    }
    const std::scoped_lock writing{parts_.writing};
    return parts_.results.clear(filter);
}

// ---- The thread -----------------------------------------------------------------------------

void CachedEffects::work() {
    block_signals();
    std::unique_lock lock{mutex_};
    while (true) {
        if (!lookups_.empty() && !stopping_) {
            look_up(lock);
        } else if (is_to_write()) {
            write(lock);
        } else if (stopping_) {
            return;
        } else if (unwritten_.empty()) {
            has_work_.wait(lock);
        } else {
            parts_.clock.wait(lock, has_work_, write_at_);
        }
    }
}

bool CachedEffects::is_to_write() const {
    if (unwritten_.empty()) return false;
    return stopping_ || unwritten_.size() >= results_at_once ||
           parts_.clock.monotonic() >= write_at_;
}

void CachedEffects::look_up(std::unique_lock<std::mutex>& lock) {
    const std::string key = std::move(lookups_.front());
    lookups_.pop_front();
    if (!groups_.contains(key)) return;
    const std::uint64_t clears = clears_;
    lock.unlock();
    const auto stored = parts_.results.find(key);
    std::optional<Outputs> outputs;
    if (stored && *stored) outputs = unpack_outputs((*stored)->bytes);
    if (!stored) report(stored.error(), "a kept result could not be looked up; the call is made");
    std::vector<engine::Completion> hits;
    lock.lock();
    const auto at = groups_.find(key);
    // All may have left meanwhile, and others have come, who are looked up for themselves.
    if (at == groups_.end() || at->second.stage != Stage::looking) return;
    // What was read before a clearing is forgotten with it.
    const bool is_valid = outputs && clears == clears_ && (*stored)->expires_at > now_ &&
                          (*stored)->stored_at + shortest_ttl(at->second.members) > now_;
    if (!is_valid) return lead(at->second);
    const store::CachedResult& result = **stored;
    front_.put({result.key, result.workflow_id, result.node_id, result.tags, result.stored_at,
                result.expires_at, std::make_shared<const Outputs>(*outputs), 0});
    finish(at, *outputs, hits);
    lock.unlock();
    parts_.done(hits);
    lock.lock();
}

void CachedEffects::write(std::unique_lock<std::mutex>& lock) {
    const std::vector<store::CachedResult> results = std::move(unwritten_);
    unwritten_.clear();
    unwritten_bytes_ = 0;
    const core::Time now = now_;
    const std::uint64_t clears = clears_;
    lock.unlock();
    core::Result<> written;
    {
        const std::scoped_lock writing{parts_.writing};
        // A clearing counts before it takes this lock: what it should have met is dropped whole,
        // which costs calls and nothing else.
        if (clears == clears_) written = parts_.results.put(results, options_.stored_bytes, now);
    }
    if (!written) {
        report(written.error(), "results could not be kept; their calls will be made again");
        if (written.error().is(store::StoreErrc::outcome_unknown)) parts_.distrust(written.error());
    }
    lock.lock();
    if (written) store_fails_ = false;
}

/// Once for failures in a row; the thread's own.
void CachedEffects::report(const core::Error& error, std::string_view message) {
    if (std::exchange(store_fails_, true)) return;
    parts_.log.write(LogLevel::warning, message,
                     {{"code", std::string{error.code()}}, {"error", error.message()}});
}

}  // namespace millrace::runtime
