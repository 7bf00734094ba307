// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "millrace/core/value.hpp"

namespace millrace::nodes {

/// Distinct values, numbered in the order in which they were added. 1 and "1" are two values; NaN
/// equals itself. The hash is keyed, so that strangers who choose the values cannot make it slow.
class KeyTable {
public:
    struct Added {
        std::size_t place;
        bool is_new;
    };
    Added add(const core::Value& key);
    std::optional<std::size_t> find(const core::Value& key) const;

    std::size_t size() const { return keys_.size(); }
    std::span<const core::Value> keys() const { return keys_; }
    std::vector<core::Value> take_keys() && { return std::move(keys_); }

private:
    static constexpr std::uint32_t free_slot = 0xffff'ffff;

    /// The slot that names `key`, or the free one where it belongs. There is a free one.
    std::size_t slot_of(const core::Value& key, std::uint64_t hash) const;
    void grow();

    std::vector<core::Value> keys_;
    std::vector<std::uint64_t> hashes_;
    std::vector<std::uint32_t> slots_;  // open addressing, at most half full
};

}  // namespace millrace::nodes
