// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/engine/effect.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/store/result_cache.hpp"

namespace millrace::runtime {

using Outputs = std::vector<engine::PortValue>;

/// What a run gave at its ports, as it is stored; versioned.
std::string pack_outputs(const Outputs& outputs);
/// None: the bytes are damaged or of a later version.
std::optional<Outputs> unpack_outputs(std::string_view bytes);
/// Bytes that the outputs take in memory, about.
std::size_t weight_of(const Outputs& outputs);

/// The results that were used last, in memory, bounded by bytes. One thread at a time.
class ResultFront {
public:
    struct Entry {
        std::string key;
        std::string workflow_id;
        std::string node_id;
        std::vector<std::string> tags;
        core::Time stored_at;
        core::Time expires_at;
        std::shared_ptr<const Outputs> outputs;
        std::size_t bytes = 0;
    };

    explicit ResultFront(std::size_t bytes_max) : bytes_max_{bytes_max} {}

    /// Null pointer: there is none, it has expired, or it is older than `ttl` allows who asks.
    std::shared_ptr<const Outputs> find(const std::string& key, core::Time now, core::Duration ttl);
    /// Takes the place of one of the same key; what does not fit at all is not kept.
    void put(Entry entry);
    void clear(const store::CacheFilter& filter);

    std::size_t size() const { return entries_.size(); }
    std::size_t bytes() const { return bytes_; }

private:
    using Entries = std::list<Entry>;  // used last first
    void erase(Entries::iterator at);

    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    Entries entries_;
    std::unordered_map<std::string_view, Entries::iterator> by_key_;  // views into the entries
};

}  // namespace millrace::runtime
