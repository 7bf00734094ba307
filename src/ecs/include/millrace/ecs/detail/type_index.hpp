// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace millrace::ecs::detail {

template <class Family>
inline constinit std::atomic<std::uint32_t> types_counted{0};

/// Of one type, from 1; 0 before its first use.
template <class Family, class T>
inline constinit std::atomic<std::uint32_t> type_number{0};

template <class Family>
[[gnu::noinline]] std::uint32_t count_type(std::atomic<std::uint32_t>& number) noexcept {
    std::uint32_t none = 0;
    const std::uint32_t next = types_counted<Family>.fetch_add(1, std::memory_order_relaxed) + 1;
    // When another thread was first, its number stays and this one is never used.
    return number.compare_exchange_strong(none, next, std::memory_order_relaxed) ? next : none;
}

/// A small dense number per type and family, the same in every World of this process. It only
/// finds an entry in a per-World table: it depends on which code ran first, so it must never order
/// anything. Assigned on first use, hence independent of static initialisation.
template <class Family, class T>
[[nodiscard]] std::uint32_t type_index() noexcept {
    std::atomic<std::uint32_t>& number = type_number<Family, T>;
    const std::uint32_t known = number.load(std::memory_order_relaxed);
    return (known != 0 ? known : count_type<Family>(number)) - 1;
}

template <class... T>
struct TypeList {};

}  // namespace millrace::ecs::detail
