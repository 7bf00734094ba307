// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::store {

/// The answer that a request under an idempotency key got.
struct KeptAnswer {
    std::string scope;    ///< method and path
    std::string key;      ///< the caller's
    std::string digest;   ///< of the request's body; never changes
    int status = 0;       ///< 0: the request is under way, or its process has died
    std::string headers;  ///< as the server wrote them
    std::string body;
    core::Time created_at;
};

/// First answers to requests, so that a repeated one is not done again. Part of a Store and used
/// like it: `begin` and `finish` are writing calls, durable when they return.
class Idempotency {
public:
    virtual ~Idempotency() = default;

    /// Notes the request as under way; what is known of it when there is one already.
    virtual core::Result<std::optional<KeptAnswer>> begin(const KeptAnswer& request) = 0;
    /// Keeps the answer; the request keeps the time at which it began.
    virtual core::Result<> finish(const KeptAnswer& answer) = 0;
    /// Forgets one that failed in a way that may be tried again.
    virtual core::Result<> forget(const std::string& scope, const std::string& key) = 0;
    virtual core::Result<std::optional<KeptAnswer>> find(const std::string& scope,
                                                         const std::string& key) = 0;
    /// Forgets at most `limit` that are older; how many.
    virtual core::Result<std::uint64_t> forget_before(core::Time before, std::size_t limit) = 0;
};

}  // namespace millrace::store
