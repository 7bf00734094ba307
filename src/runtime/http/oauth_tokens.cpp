// SPDX-License-Identifier: Apache-2.0
#include "http/oauth_tokens.hpp"

#include <utility>

namespace millrace::runtime {

bool OauthTokens::Entry::is_current(const std::string& wanted, core::Duration now) const {
    return now < until && (wanted == basis || wanted == next_basis) && (!token.empty() || failure);
}

std::optional<OauthTokens::Taken> OauthTokens::take(const std::string& key,
                                                    const std::string& basis, core::Duration now,
                                                    const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait(lock, stop, [&] { return !entries_[key].is_fetched; })) return std::nullopt;
    Entry& entry = entries_[key];
    if (entry.is_current(basis, now)) return Taken{.token = entry.token, .failure = entry.failure};
    // What is there stays: a caller with another basis may have read an old one.
    entry.is_fetched = true;
    return Taken{.token = {}, .is_to_fetch = true};
}

OauthTokens::Taken OauthTokens::take_after_all(const std::string& key, const std::string& basis,
                                               core::Duration now) {
    const std::scoped_lock lock{mutex_};
    Entry& entry = entries_[key];
    if (!entry.is_current(basis, now)) return {.token = {}, .is_to_fetch = true};
    entry.is_fetched = false;
    changed_.notify_all();
    return {.token = entry.token, .failure = entry.failure};
}

void OauthTokens::keep(const std::string& key, std::string token, core::Duration until,
                       const std::string& basis, const std::string& next_basis) {
    const std::scoped_lock lock{mutex_};
    entries_[key] = {std::move(token), until, false, {}, basis, next_basis};
    changed_.notify_all();
}

void OauthTokens::fail(const std::string& key, core::Failure failure, core::Duration until,
                       const std::string& basis) {
    const std::scoped_lock lock{mutex_};
    entries_[key] = {{}, until, false, std::move(failure), basis, basis};
    changed_.notify_all();
}

void OauthTokens::give_up(const std::string& key) {
    const std::scoped_lock lock{mutex_};
    entries_.erase(key);
    changed_.notify_all();
}

void OauthTokens::forget(const std::string& key, const std::string& token) {
    const std::scoped_lock lock{mutex_};
    const auto at = entries_.find(key);
    if (at != entries_.end() && at->second.token == token) at->second.token.clear();
}

}  // namespace millrace::runtime
