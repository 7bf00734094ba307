// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "api/api.hpp"
#include "api/message.hpp"
#include "api/problem.hpp"
#include "millrace/core/time.hpp"

namespace millrace::server {

/// A request that was begun by a process that has died is done again after this time; at once when
/// its route is repeatable.
inline constexpr core::Duration idempotency_stale{60'000};

/// Gives a repeated request with the same Idempotency-Key the answer of the first one. Thread-safe.
/// Noted durably before the request is done, and its answer before it is given. Answers of 500 and
/// above, and 429, are not kept: the request may be tried again.
class IdempotentRequests : public std::enable_shared_from_this<IdempotentRequests> {
public:
    using WriteKeys = decltype(ApiParts::write_keys);
    using Work = decltype(ApiParts::work);
    IdempotentRequests(WriteKeys write_keys, Work work);

    /// Lets `run` do the request, or answers in its place: what the first one got, 422 for another
    /// body, 409 while it is under way. `run` is told what its work is to be known by. Called on a
    /// work thread: it waits for the store.
    using Run = std::function<void(const core::Uuid& repeat_id, Reply)>;
    void answer(std::shared_ptr<const Request> request, bool is_repeatable, Run run, Reply reply);

private:
    using Name = std::pair<std::string, std::string>;  ///< scope and key
    /// The requests of this process that are under way.
    struct UnderWay {
        std::mutex mutex;
        std::set<Name> names;
    };
    /// Holds one of them until its answer was given or will never be.
    class Claim;

    /// A request to do, or one that has been answered.
    struct Begun {
        core::Time since;  ///< when it was made first
        std::optional<store::KeptAnswer> answer;
    };
    std::expected<Begun, Problem> begin(const Request& request, const Name& name,
                                        bool is_repeatable) const;
    void keep(const Name& name, const Request& request, bool is_repeatable, core::Time since,
              const Response& response) const;

    const WriteKeys write_keys_;
    const Work work_;
    std::shared_ptr<UnderWay> under_way_;
};

}  // namespace millrace::server
