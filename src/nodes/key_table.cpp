// SPDX-License-Identifier: Apache-2.0
#include "key_table.hpp"

#include <string_view>

#include "millrace/core/check.hpp"
#include "millrace/core/hash.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

/// Where the program was loaded differs from run to run; places do not depend on the hash.
std::uint64_t seed() {
    static const char anchor = 0;
    return reinterpret_cast<std::uintptr_t>(&anchor);
}

/// Below `levels` only kinds and sizes count, which bounds the stack.
std::uint64_t hash_of(const Value& value, int levels) {
    switch (value.kind()) {
        case Value::Kind::null:
        case Value::Kind::boolean:
        case Value::Kind::integer:
        case Value::Kind::number: return core::hash_combine(seed(), value.hash());
        case Value::Kind::string: return core::hash_bytes(value.as_string(), seed());
        case Value::Kind::bytes: {
            const std::span<const std::uint8_t> bytes = value.as_bytes();
            return core::hash_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                    seed() + 1);
        }
        case Value::Kind::array: {
            std::uint64_t hash = core::hash_combine(seed(), value.element_count());
            if (levels == 0) return hash;
            for (const Value& element : value.as_array())
                hash = core::hash_combine(hash, hash_of(element, levels - 1));
            return hash;
        }
        case Value::Kind::object: {
            std::uint64_t sum = value.element_count();  // does not depend on the order of the keys
            if (levels == 0) return sum;
            for (const core::Member& member : value.as_object()) {
                sum += core::hash_combine(core::hash_bytes(member.key, seed()),
                                          hash_of(member.value, levels - 1));
            }
            return core::hash_combine(seed(), sum);
        }
    }
    return 0;
}

std::uint64_t hash_of(const Value& value) {
    constexpr int levels_max = 64;
    return hash_of(value, levels_max);
}

}  // namespace

std::size_t KeyTable::slot_of(const Value& key, std::uint64_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at] != free_slot) {
        const std::uint32_t place = slots_[at];
        if (hashes_[place] == hash && keys_[place] == key) break;
        at = (at + 1) & mask;
    }
    return at;
}

void KeyTable::grow() {
    constexpr std::size_t slots_min = 16;
    MR_CHECK(keys_.size() < free_slot / 4);
    slots_.assign(slots_.empty() ? slots_min : slots_.size() * 2, free_slot);
    const std::size_t mask = slots_.size() - 1;
    for (std::uint32_t place = 0; place < keys_.size(); ++place) {
        std::size_t at = hashes_[place] & mask;
        while (slots_[at] != free_slot)
            at = (at + 1) & mask;
        slots_[at] = place;
    }
}

KeyTable::Added KeyTable::add(const Value& key) {
    if (slots_.size() <= keys_.size() * 2) grow();
    const std::uint64_t hash = hash_of(key);
    std::uint32_t& slot = slots_[slot_of(key, hash)];
    if (slot != free_slot) return {slot, false};
    slot = static_cast<std::uint32_t>(keys_.size());
    keys_.push_back(key);
    hashes_.push_back(hash);
    return {slot, true};
}

std::optional<std::size_t> KeyTable::find(const Value& key) const {
    if (keys_.empty()) return std::nullopt;
    const std::uint32_t place = slots_[slot_of(key, hash_of(key))];
    if (place == free_slot) return std::nullopt;
    return place;
}

}  // namespace millrace::nodes
