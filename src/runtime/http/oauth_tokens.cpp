// SPDX-License-Identifier: Apache-2.0
#include "http/oauth_tokens.hpp"

#include <utility>

namespace millrace::runtime {

std::optional<OauthTokens::Taken> OauthTokens::take(const std::string& key, core::Duration now,
                                                    const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait(lock, stop, [&] { return !entries_[key].is_fetched; })) return std::nullopt;
    Entry& entry = entries_[key];
    if (!entry.token.empty() && now < entry.until) return Taken{entry.token};
    if (entry.failure && now < entry.until) return Taken{.token = {}, .failure = entry.failure};
    entry.failure.reset();
    entry.is_fetched = true;
    return Taken{.token = {}, .is_to_fetch = true};
}

void OauthTokens::keep(const std::string& key, std::string token, core::Duration until) {
    const std::scoped_lock lock{mutex_};
    entries_[key] = {std::move(token), until, false, {}};
    changed_.notify_all();
}

void OauthTokens::fail(const std::string& key, core::Failure failure, core::Duration until) {
    const std::scoped_lock lock{mutex_};
    entries_[key] = {{}, until, false, std::move(failure)};
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
