// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "millrace/core/failure.hpp"
#include "millrace/core/time.hpp"

namespace millrace::runtime {

/// Tokens until they expire. Whoever needs one that is not there fetches it while others wait.
/// A token also has a basis: the refresh token that it was got with, empty where there is none.
/// Times are monotonic. Thread-safe.
class OauthTokens {
public:
    struct Taken {
        std::string token;
        /// There is none: the caller is to fetch one and then to call `keep`, `fail` or `give_up`,
        /// after it has asked `take_after_all`.
        bool is_to_fetch = false;
        /// Why there is none, where it could not be fetched a moment ago.
        std::optional<core::Failure> failure = {};
    };
    /// Nothing when it was asked to stop while another caller was fetching.
    std::optional<Taken> take(const std::string& key, const std::string& basis, core::Duration now,
                              const std::stop_token& stop);
    /// For who is to fetch, and has read the basis again: nobody else can have it replaced now. It
    /// may have been old before; with the newest there may be a token, and nothing to fetch.
    Taken take_after_all(const std::string& key, const std::string& basis, core::Duration now);
    /// `next_basis`: what the server has put in the place of the refresh token. Those who have
    /// waited with the old one get this token all the same.
    void keep(const std::string& key, std::string token, core::Duration until,
              const std::string& basis, const std::string& next_basis);
    /// Those who wait, and all others before `until`, get the failure, so that a server that is
    /// down is not asked by each of them in turn.
    void fail(const std::string& key, core::Failure failure, core::Duration until,
              const std::string& basis);
    /// The caller was stopped, which tells nothing: the next one fetches.
    void give_up(const std::string& key);
    /// The peer did not take it, so nobody shall get it again.
    void forget(const std::string& key, const std::string& token);

private:
    struct Entry {
        std::string token;
        core::Duration until;
        bool is_fetched = false;  // somebody is about to
        std::optional<core::Failure> failure = {};
        std::string basis = {};
        std::string next_basis = {};

        bool is_current(const std::string& wanted, core::Duration now) const;
    };
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<std::string, Entry> entries_;
};

}  // namespace millrace::runtime
