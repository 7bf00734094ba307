// SPDX-License-Identifier: Apache-2.0
#include "memory/parts.hpp"

#include <algorithm>
#include <limits>

#include "dead_letter_rules.hpp"
#include "millrace/store/store.hpp"
#include "part_rules.hpp"
#include "secret_rules.hpp"

namespace millrace::store::memory {

namespace {

constexpr std::int64_t last_place = std::numeric_limits<std::int64_t>::max();

}  // namespace

// ---- Dead letters ---------------------------------------------------------------------------

void MemoryDeadLetters::write(const engine::DeadLetterRow& row) {
    const std::scoped_lock lock{mutex_};
    const auto [at, is_new] = by_run_.try_emplace({row.id, row.path}, last_number_ + 1);
    if (is_new) ++last_number_;
    letters_[at->second] = {at->second, row, DeadLetterStatus::open, {}, {}};
}

std::uint64_t MemoryDeadLetters::open_count() {
    const std::scoped_lock lock{mutex_};
    return static_cast<std::uint64_t>(std::ranges::count_if(letters_, [](const auto& letter) {
        return letter.second.status == DeadLetterStatus::open;
    }));
}

bool MemoryDeadLetters::has_open(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    auto at = by_run_.lower_bound({id, {}});
    for (; at != by_run_.end() && at->first.first == id; ++at)
        if (letters_.at(at->second).status == DeadLetterStatus::open) return true;
    return false;
}

void MemoryDeadLetters::erase(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    auto at = by_run_.lower_bound({id, {}});
    while (at != by_run_.end() && at->first.first == id) {
        letters_.erase(at->second);
        at = by_run_.erase(at);
    }
}

core::Result<DeadLetterPage> MemoryDeadLetters::list(const DeadLetterFilter& filter,
                                                     std::size_t limit, const std::string& cursor) {
    const auto start = list_start(limit, cursor, dead_letter_cursor, "dead letters");
    if (!start) return std::unexpected(start.error());
    const std::scoped_lock lock{mutex_};
    const std::int64_t below = *start ? (*start)->first : last_place;
    DeadLetterPage page;
    auto at = letters_.lower_bound(static_cast<std::uint64_t>(below));
    while (at != letters_.begin()) {
        const DeadLetter& letter = (--at)->second;
        if (!matches(filter, letter)) continue;
        if (page.items.size() == limit) {
            const auto last = static_cast<std::int64_t>(page.items.back().number);
            page.next_cursor = list_cursor(dead_letter_cursor, {last, 0});
            break;
        }
        page.items.push_back(letter);
    }
    return page;
}

core::Result<DeadLetter> MemoryDeadLetters::find(std::uint64_t number) {
    const std::scoped_lock lock{mutex_};
    const auto found = letters_.find(number);
    if (found == letters_.end()) return std::unexpected(dead_letter_not_found(number));
    return found->second;
}

core::Result<> MemoryDeadLetters::mark_replayed(std::uint64_t number, core::ExecutionId as,
                                                core::Time now) {
    return decide(number, DeadLetterStatus::replayed, now, as);
}

core::Result<> MemoryDeadLetters::discard(std::uint64_t number, core::Time now) {
    return decide(number, DeadLetterStatus::discarded, now, std::nullopt);
}

core::Result<> MemoryDeadLetters::decide(std::uint64_t number, DeadLetterStatus status,
                                         core::Time now, std::optional<core::ExecutionId> as) {
    const std::scoped_lock lock{mutex_};
    const auto found = letters_.find(number);
    if (found == letters_.end()) return std::unexpected(dead_letter_not_found(number));
    DeadLetter& letter = found->second;
    if (letter.status != DeadLetterStatus::open)
        return std::unexpected(dead_letter_is_decided(letter));
    letter.status = status;
    letter.replayed_as = as;
    letter.decided_at = now;
    letter.row.input = {};
    return {};
}

// ---- Result cache ---------------------------------------------------------------------------

core::Result<std::optional<CachedResult>> MemoryResultCache::find(const std::string& key) {
    const std::scoped_lock lock{mutex_};
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    return results_.at(found->second);
}

MemoryResultCache::Results::iterator MemoryResultCache::erase(Results::iterator at) {
    bytes_ -= cached_size(at->second);
    by_key_.erase(at->second.key);
    return results_.erase(at);
}

core::Result<> MemoryResultCache::put(std::span<const CachedResult> results,
                                      std::uint64_t bytes_max, core::Time now) {
    const std::scoped_lock lock{mutex_};
    for (const CachedResult& result : results) {
        if (const auto old = by_key_.find(result.key); old != by_key_.end())
            erase(results_.find(old->second));
        const std::uint64_t place = results_.empty() ? 1 : results_.rbegin()->first + 1;
        results_.emplace(place, result);
        by_key_.emplace(result.key, place);
        bytes_ += cached_size(result);
    }
    if (bytes_ <= bytes_max) return {};
    for (auto at = results_.begin(); at != results_.end();)
        at = at->second.expires_at <= now ? erase(at) : std::next(at);
    if (bytes_ <= bytes_max) return {};
    while (bytes_ > bytes_after_eviction(bytes_max))
        erase(results_.begin());
    return {};
}

core::Result<std::uint64_t> MemoryResultCache::clear(const CacheFilter& filter) {
    const std::scoped_lock lock{mutex_};
    const std::size_t before = results_.size();
    for (auto at = results_.begin(); at != results_.end();)
        at = matches(filter, at->second) ? erase(at) : std::next(at);
    return before - results_.size();
}

core::Result<CachePage> MemoryResultCache::list(const CacheFilter& filter, std::size_t limit,
                                                const std::string& cursor) {
    const auto start = list_start(limit, cursor, cache_cursor, "cached results");
    if (!start) return std::unexpected(start.error());
    const std::scoped_lock lock{mutex_};
    auto at =
        *start ? results_.lower_bound(static_cast<std::uint64_t>((*start)->first)) : results_.end();
    CachePage page;
    std::int64_t last = 0;
    while (at != results_.begin()) {
        --at;
        if (!matches(filter, at->second)) continue;
        if (page.items.size() == limit) {
            page.next_cursor = list_cursor(cache_cursor, {last, 0});
            break;
        }
        page.items.push_back(entry_of(at->second));
        last = static_cast<std::int64_t>(at->first);
    }
    return page;
}

core::Result<CacheTotals> MemoryResultCache::totals() {
    const std::scoped_lock lock{mutex_};
    return CacheTotals{results_.size(), bytes_};
}

// ---- Secrets --------------------------------------------------------------------------------

core::Result<std::vector<SealedSecret>> MemorySecrets::list(std::optional<SecretKind> kind) {
    const std::scoped_lock lock{mutex_};
    std::vector<SealedSecret> all;
    for (const auto& [name, secret] : secrets_)
        if (!kind || secret.kind == *kind) all.push_back(secret);
    return all;
}

core::Result<SealedSecret> MemorySecrets::find(SecretKind kind, const std::string& name) {
    const std::scoped_lock lock{mutex_};
    const auto found = secrets_.find({kind, name});
    if (found == secrets_.end()) return std::unexpected(secret_not_found(kind, name));
    return found->second;
}

core::Result<> MemorySecrets::put(const SealedSecret& secret) {
    const std::scoped_lock lock{mutex_};
    const auto [at, is_new] = secrets_.try_emplace({secret.kind, secret.name}, secret);
    if (is_new) return {};
    const core::Time created_at = at->second.created_at;
    at->second = secret;
    at->second.created_at = created_at;
    return {};
}

core::Result<> MemorySecrets::remove(SecretKind kind, const std::string& name) {
    const std::scoped_lock lock{mutex_};
    if (secrets_.erase({kind, name}) == 0) return std::unexpected(secret_not_found(kind, name));
    return {};
}

core::Result<> MemorySecrets::replace_all(std::span<const SealedSecret> secrets) {
    const std::scoped_lock lock{mutex_};
    decltype(secrets_) replaced;
    for (const SealedSecret& secret : secrets) {
        const auto found = secrets_.find({secret.kind, secret.name});
        if (found == secrets_.end()) return std::unexpected(secrets_have_changed());
        SealedSecret& kept = replaced[found->first] = secret;
        kept.created_at = found->second.created_at;
    }
    if (replaced.size() != secrets_.size()) return std::unexpected(secrets_have_changed());
    secrets_ = std::move(replaced);
    return {};
}

}  // namespace millrace::store::memory
