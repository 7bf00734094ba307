// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>

namespace millrace::server {

/// Holds what was used last: between half of `entries_max` and all of it, once that much was put
/// in. Two halves take turns, which needs no order among the entries.
template <class Key, class Value>
class RecentMap {
public:
    explicit RecentMap(std::size_t entries_max) : half_{entries_max / 2 + 1} {}

    /// Null when it is not there. Valid until the next call.
    Value* find(const Key& key) {
        if (const auto at = young_.find(key); at != young_.end()) return &at->second;
        const auto at = old_.find(key);
        if (at == old_.end()) return nullptr;
        Value value = std::move(at->second);
        old_.erase(at);
        return &put(key, std::move(value));
    }
    Value& put(const Key& key, Value value) {
        old_.erase(key);
        if (young_.size() >= half_) {
            old_ = std::move(young_);
            young_ = Map{};
        }
        return young_.insert_or_assign(key, std::move(value)).first->second;
    }
    void erase(const Key& key) {
        young_.erase(key);
        old_.erase(key);
    }
    void clear() {
        young_ = Map{};
        old_ = Map{};
    }
    std::size_t size() const { return young_.size() + old_.size(); }

private:
    using Map = std::unordered_map<Key, Value>;

    std::size_t half_;
    Map young_;
    Map old_;
};

}  // namespace millrace::server
