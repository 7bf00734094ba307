// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace millrace::ecs {

/// Dense number of a component type within one World, given in order of registration or first use.
/// It finds columns and bits; it never decides an order that a program can observe.
enum class ComponentId : std::uint16_t {};

[[nodiscard]] constexpr std::size_t to_index(ComponentId id) noexcept {
    return static_cast<std::size_t>(id);
}

/// Component types that one World can hold.
inline constexpr std::size_t components_max = 256;

/// A set of component types: what an archetype holds, or what a query requires.
class Signature {
public:
    constexpr void set(ComponentId id) noexcept { word(id) |= bit(id); }
    constexpr void reset(ComponentId id) noexcept { word(id) &= ~bit(id); }
    [[nodiscard]] constexpr bool test(ComponentId id) const noexcept {
        return (words_[to_index(id) / 64] & bit(id)) != 0;
    }

    [[nodiscard]] constexpr bool contains(const Signature& other) const noexcept {
        for (std::size_t i = 0; i < words_.size(); ++i)
            if ((other.words_[i] & ~words_[i]) != 0) return false;
        return true;
    }
    [[nodiscard]] constexpr bool intersects(const Signature& other) const noexcept {
        for (std::size_t i = 0; i < words_.size(); ++i)
            if ((other.words_[i] & words_[i]) != 0) return true;
        return false;
    }
    [[nodiscard]] constexpr bool empty() const noexcept { return *this == Signature{}; }
    [[nodiscard]] constexpr std::size_t count() const noexcept {
        std::size_t total = 0;
        for (const std::uint64_t each : words_)
            total += static_cast<std::size_t>(std::popcount(each));
        return total;
    }

    [[nodiscard]] constexpr Signature with(const Signature& other) const noexcept {
        Signature result = *this;
        for (std::size_t i = 0; i < words_.size(); ++i)
            result.words_[i] |= other.words_[i];
        return result;
    }
    [[nodiscard]] constexpr Signature without(const Signature& other) const noexcept {
        Signature result = *this;
        for (std::size_t i = 0; i < words_.size(); ++i)
            result.words_[i] &= ~other.words_[i];
        return result;
    }

    [[nodiscard]] constexpr std::size_t hash() const noexcept {
        std::uint64_t result = 0x9E37'79B9'7F4A'7C15U;
        for (const std::uint64_t each : words_) {
            result = (result ^ each) * 0xBF58'476D'1CE4'E5B9U;
            result ^= result >> 29U;
        }
        return static_cast<std::size_t>(result);
    }

    /// Calls `visit` with each id in ascending order.
    template <class Visit>
    constexpr void for_each(Visit visit) const {
        for (std::size_t i = 0; i < words_.size(); ++i)
            for (std::uint64_t rest = words_[i]; rest != 0; rest &= rest - 1)
                visit(static_cast<ComponentId>(i * 64 +
                                               static_cast<std::size_t>(std::countr_zero(rest))));
    }

    friend constexpr bool operator==(const Signature&, const Signature&) = default;

private:
    static constexpr std::uint64_t bit(ComponentId id) noexcept {
        return std::uint64_t{1} << (to_index(id) % 64);
    }
    constexpr std::uint64_t& word(ComponentId id) noexcept { return words_[to_index(id) / 64]; }

    std::array<std::uint64_t, components_max / 64> words_{};
};

struct SignatureHash {
    std::size_t operator()(const Signature& signature) const noexcept { return signature.hash(); }
};

}  // namespace millrace::ecs
