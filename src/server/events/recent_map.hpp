// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

namespace millrace::server {

/// Holds what was used last: between half of `weight_max` and all of it, once that much was put in;
/// without other weights that is a number of entries. Two halves take turns, which needs no order
/// among the entries.
template <class Key, class Value>
class RecentMap {
public:
    explicit RecentMap(std::size_t weight_max) : half_{weight_max / 2 + 1} {}

    /// Null when it is not there. Valid until the next call.
    Value* find(const Key& key) {
        if (const auto at = young_.find(key); at != young_.end()) return &at->second.value;
        const auto at = old_.find(key);
        if (at == old_.end()) return nullptr;
        Entry entry = std::move(at->second);
        old_.erase(at);
        return &put(key, std::move(entry.value), entry.weight);
    }
    Value& put(const Key& key, Value value, std::size_t weight = 1) {
        erase(key);
        if (young_weight_ >= half_) {
            old_ = std::move(young_);
            young_ = Map{};
            young_weight_ = 0;
        }
        young_weight_ += weight;
        return young_.emplace(key, Entry{std::move(value), weight}).first->second.value;
    }
    /// What is there no longer afterwards, if it was.
    std::optional<Value> take(const Key& key) {
        auto node = young_.extract(key);
        if (node) {
            young_weight_ -= node.mapped().weight;
        } else {
            node = old_.extract(key);
        }
        if (!node) return std::nullopt;
        return std::move(node.mapped().value);
    }
    void erase(const Key& key) { take(key); }
    void clear() {
        young_ = Map{};
        old_ = Map{};
        young_weight_ = 0;
    }
    std::size_t size() const { return young_.size() + old_.size(); }

private:
    struct Entry {
        Value value;
        std::size_t weight;
    };
    using Map = std::unordered_map<Key, Entry>;

    std::size_t half_;
    std::size_t young_weight_ = 0;
    Map young_;
    Map old_;
};

}  // namespace millrace::server
