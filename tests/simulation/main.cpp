// SPDX-License-Identifier: Apache-2.0
// Runs the production engine in simulated worlds: `simulation --seeds 2000`, or one of them again:
// `simulation --seed 41 crashes duplicates`.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

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
std::size_t run_seed(std::uint64_t seed, const std::optional<Faults>& chosen) {
    const Faults faults = chosen ? *chosen : Faults::from_bits(Dice{seed}.bits());
    const std::string words = faults.text();
    set_command("simulation --seed " + std::to_string(seed) + " " +
                (words.empty() ? "none" : words));
    SimulatedWorld plain{seed, faults, Mode::plain};
    const std::uint64_t expected = plain.run();
    if (SimulatedWorld{seed, faults, Mode::plain}.run() != expected)
        violated("the same seed gives another history");
    if (SimulatedWorld{seed, faults, Mode::rebuild}.run() != expected)
        violated("a World that is rebuilt and shuffled between frames decides otherwise");
    return plain.records();
}

}  // namespace
}  // namespace millrace::simulation

int main(int count, char** words) {
    using namespace millrace::simulation;
    Request request;
    if (!read_request(count, words, request)) return usage();
    std::size_t rows = 0;
    for (std::uint64_t seed = request.first; seed < request.first + request.count; ++seed)
        rows += run_seed(seed, request.faults);
    std::printf("%llu seeds passed, %zu journal rows checked\n",
                static_cast<unsigned long long>(request.count), rows);
    return 0;
}
