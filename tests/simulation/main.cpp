// SPDX-License-Identifier: Apache-2.0
// Runs the production engine in simulated worlds: `simulation --seeds 2000`, or one of them again:
// `simulation --seed 41 crashes duplicates`.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "dice.hpp"
#include "faults.hpp"
#include "world.hpp"

namespace millrace::simulation {
namespace {

struct Request {
    std::uint64_t first = 1;
    std::uint64_t count = 100;
    std::optional<Faults> faults;
};

int usage() {
    std::string names;
    for (const std::string_view name : Faults::names())
        names.append(" ").append(name);
    std::fprintf(stderr,
                 "usage: simulation [--seeds COUNT] [--first SEED] [--seed SEED] [none|FAULT…]\n"
                 "faults:%s\n",
                 names.c_str());
    return 2;
}

bool read_number(std::string_view text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

bool read_request(int count, char** words, Request& request) {
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--seeds" || word == "--first" || word == "--seed") {
            std::uint64_t number = 0;
            if (++i == count || !read_number(words[i], number)) return false;
            if (word == "--seeds") {
                request.count = number;
            } else {
                request.first = number;
                if (word == "--seed") request.count = 1;
            }
            continue;
        }
        if (!request.faults) request.faults.emplace();
        if (word != "none" && !request.faults->set(word)) return false;
    }
    return true;
}

/// The same world in each mode must commit the same bytes.
std::size_t run_seed(std::uint64_t seed, const std::optional<Faults>& chosen, KindCounts& kinds) {
    const Faults faults = chosen ? *chosen : Faults::from_bits(Dice{seed}.bits());
    const std::string words = faults.text();
    set_command("simulation --seed " + std::to_string(seed) + " " +
                (words.empty() ? "none" : words));
    SimulatedWorld plain{seed, faults, Mode::plain};
    SimulatedWorld again{seed, faults, Mode::plain};
    SimulatedWorld rebuilt{seed, faults, Mode::rebuild};
    const std::uint64_t expected = plain.run();
    if (again.run() != expected)
        violated("the same seed gives another history: " +
                 plain.history().difference(again.history()));
    if (rebuilt.run() != expected)
        violated("a World that is rebuilt and shuffled between frames decides otherwise: " +
                 plain.history().difference(rebuilt.history()));
    count_kinds(plain.history(), kinds);
    return plain.rows();
}

}  // namespace
}  // namespace millrace::simulation

int main(int word_count, char** words) {
    using namespace millrace::simulation;
    Request request;
    if (!read_request(word_count, words, request)) return usage();
    std::size_t rows = 0;
    KindCounts kinds;
    for (std::uint64_t seed = request.first; seed < request.first + request.count; ++seed)
        rows += run_seed(seed, request.faults, kinds);
    std::printf("%llu seeds passed, %zu journal rows checked\n",
                static_cast<unsigned long long>(request.count), rows);
    for (const auto& [kind, count] : kinds)
        std::printf("  %-20s %zu\n", std::string{kind}.c_str(), count);
    constexpr std::uint64_t seeds_for_all_kinds = 500;
    if (request.count >= seeds_for_all_kinds && !request.faults &&
        kinds.size() < std::variant_size_v<millrace::engine::RecordBody>) {
        std::fprintf(stderr, "simulation: some kinds of record never occurred\n");
        return 1;
    }
    return 0;
}
