// SPDX-License-Identifier: Apache-2.0
#include "moments.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace millrace::testing {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

std::uint64_t kill_seed() {
    const std::uint64_t seed = number_from("MILLRACE_SEED", std::random_device{}());
    std::cout << "kill seed " << seed << "; repeat with MILLRACE_SEED=" << seed << std::endl;
    return seed;
}

std::size_t kill_count(std::size_t normally) {
    return number_from("MILLRACE_KILLS", normally);
}

std::vector<Moment> random_moments(std::uint64_t seed, std::size_t count, std::size_t effects) {
    // An effect takes about a millisecond, a start about twenty.
    constexpr unsigned within_effect_us = 3'000;
    constexpr unsigned within_start_us = 40'000;
    std::mt19937_64 random{seed};
    std::vector<Moment> moments(count);
    for (Moment& moment : moments) {
        moment.effects = random() % effects;
        moment.after_start = random() % 3 != 0;
        moment.later = std::chrono::microseconds{
            random() % (moment.after_start ? within_effect_us : within_start_us)};
    }
    std::ranges::stable_sort(moments, {}, &Moment::effects);
    return moments;
}

}  // namespace millrace::testing
