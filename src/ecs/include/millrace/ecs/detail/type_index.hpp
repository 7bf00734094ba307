// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace millrace::ecs::detail {

template <class Family>
inline constinit std::atomic<std::uint32_t> type_counter{0};

/// A small dense number per type and family, the same in every World of this process. It only
/// finds an entry in a per-World table: it depends on which code ran first, so it must never order
/// anything. Assigned on first use inside a function, hence independent of static initialisation.
template <class Family, class T>
[[nodiscard]] std::uint32_t type_index() noexcept {
    static const std::uint32_t index = type_counter<Family>.fetch_add(1, std::memory_order_relaxed);
    return index;
}

template <class... T>
struct TypeList {};

}  // namespace millrace::ecs::detail
