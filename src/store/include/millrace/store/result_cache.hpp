// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::store {

/// A node's result that is kept for equal calls.
struct CachedResult {
    std::string key;  ///< digest of all that the result depends on
    std::string workflow_id;
    std::string node_id;
    std::vector<std::string> tags;
    core::Time stored_at;
    core::Time expires_at;
    std::string bytes;  ///< the packed outputs
};

/// One of them without its bytes.
struct CachedEntry {
    std::string key;
    std::string workflow_id;
    std::string node_id;
    std::vector<std::string> tags;
    core::Time stored_at;
    core::Time expires_at;
    std::size_t size = 0;

    friend bool operator==(const CachedEntry&, const CachedEntry&) = default;
};

/// Chooses by all that is given; nothing given: all.
struct CacheFilter {
    std::optional<std::string> workflow_id;
    std::optional<std::string> node_id;
    std::optional<std::string> tag;
};

struct CachePage {
    std::vector<CachedEntry> items;  ///< stored last first
    std::optional<std::string> next_cursor;
};

struct CacheTotals {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;  ///< with keys and names
};

/// Kept results. Losing some is no harm: what is written here is in order, but not durable before
/// the next frame is. Part of a Store and used like it.
class ResultCache {
public:
    virtual ~ResultCache() = default;

    /// None when there is none; one that has expired is still found until it is evicted.
    virtual core::Result<std::optional<CachedResult>> find(const std::string& key) = 0;
    /// Newer results take the places of those of the same keys. Afterwards no more than `bytes_max`
    /// are kept: what has expired by `now` goes first; where that is not enough, what was stored
    /// first, until a tenth is free.
    virtual core::Result<> put(std::span<const CachedResult> results, std::uint64_t bytes_max,
                               core::Time now) = 0;
    /// How many it deleted.
    virtual core::Result<std::uint64_t> clear(const CacheFilter& filter) = 0;
    /// At most `limit` (1 to 1,000) that follow `cursor`; empty: from the newest.
    virtual core::Result<CachePage> list(const CacheFilter& filter, std::size_t limit,
                                         const std::string& cursor) = 0;
    virtual core::Result<CacheTotals> totals() = 0;
};

}  // namespace millrace::store
