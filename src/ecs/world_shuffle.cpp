// SPDX-License-Identifier: Apache-2.0
// The test aid that permutes rows.
#include <algorithm>

#include "millrace/ecs/world.hpp"

namespace millrace::ecs {
namespace {

/// SplitMix64: a pure function of the seed, the same on every machine.
std::uint64_t next(std::uint64_t& state) noexcept {
    state += 0x9E37'79B9'7F4A'7C15U;
    std::uint64_t z = state;
    z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EBU;
    return z ^ (z >> 31U);
}

}  // namespace

void World::shuffle_rows(std::uint64_t seed) {
    check_structural();
    for (const auto& each : archetypes_) {
        std::size_t largest = 0;
        for (const detail::Column& column : each->columns())
            largest = std::max<std::size_t>(largest, column.size);
        detail::Arena arena;
        std::byte* const scratch = arena.allocate(largest);
        for (std::uint32_t row = each->size(); row > 1; --row) {
            const auto other = static_cast<std::uint32_t>(next(seed) % row);
            if (other == row - 1) continue;
            each->swap_rows(row - 1, other, scratch, rows_.version);
            rows_.entities.set_row(each->entity(row - 1), row - 1);
            rows_.entities.set_row(each->entity(other), other);
        }
    }
}

}  // namespace millrace::ecs
