// SPDX-License-Identifier: Apache-2.0
#include "phase.hpp"

#include <array>
#include <cstddef>

namespace millrace::engine {
namespace {

constexpr std::size_t phase_count = static_cast<std::size_t>(phase_last) + 1;

constexpr std::uint16_t set() {
    return 0;
}
template <class... Rest>
constexpr std::uint16_t set(Phase first, Rest... rest) {
    return static_cast<std::uint16_t>(1u << static_cast<unsigned>(first) | set(rest...));
}

using enum Phase;
// Every phase but `done` may end: an execution that fails or is canceled ends all of its runs.
constexpr std::array<std::uint16_t, phase_count> successors = {
    /* blocked           */ set(ready, recovering, done),
    /* ready             */ set(attempting, recovering, done),
    /* attempting        */
    set(attempting, succeeded, recovering, delaying, containing, ready, done),
    /* succeeded         */ set(done),
    /* recovering        */ set(backing_off, awaiting_fallback, ready, done),
    /* backing_off       */ set(ready, recovering, done),
    /* delaying          */ set(succeeded, recovering, ready, done),
    /* awaiting_fallback */ set(done),
    /* done              */ set(),
    /* containing        */ set(recovering, done),
};

constexpr std::array<std::string_view, phase_count> names = {
    "blocked",     "ready",    "attempting",        "succeeded", "recovering",
    "backing_off", "delaying", "awaiting_fallback", "done",      "containing"};

}  // namespace

std::string_view to_text(Phase phase) {
    return names[static_cast<std::size_t>(phase)];
}

bool may_follow(Phase from, Phase to) {
    return (successors[static_cast<std::size_t>(from)] >> static_cast<unsigned>(to) & 1u) != 0;
}

}  // namespace millrace::engine
