// SPDX-License-Identifier: Apache-2.0
#include "http/oauth_tokens.hpp"

#include <utility>

namespace millrace::runtime {

std::optional<OauthTokens::Taken> OauthTokens::take(const std::string& key,
                                                    const std::string& basis, core::Duration now,
                                                    const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait(lock, stop, [&] { return !entries_[key].is_fetched; })) return std::nullopt;
    Entry& entry = entries_[key];
    const bool is_current =
        now < entry.until && (basis == entry.basis || basis == entry.next_basis);
    if (is_current && !entry.token.empty()) return Taken{entry.token};
    if (is_current && entry.failure) return Taken{.token = {}, .failure = entry.failure};
    entry = {};
    entry.is_fetched = true;
    return Taken{.token = {}, .is_to_fetch = true};
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
    if (at != entries_.end() && !at->second.is_fetched && at->second.token == token) {
        entries_.erase(at);
    }
}

}  // namespace millrace::runtime
