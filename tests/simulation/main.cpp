// SPDX-License-Identifier: Apache-2.0
// Runs the production engine in simulated worlds: `simulation --seeds 2000`, or one of them again:
// `simulation --seed 41 crashes duplicates`. `simulation --every-point` does everything that people
// may do to a few workflows at every point of their runs.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "dice.hpp"
#include "every_point.hpp"
#include "faults.hpp"
#include "world.hpp"

namespace millrace::simulation {
namespace {

struct Request {
    std::uint64_t first = 1;
    std::optional<std::uint64_t> count;  ///< of seeds; 100, or 5 at every point
    std::optional<Faults> faults;
    bool every_point = false;
    std::uint64_t run = 0;
    PointCase point;
};

int usage() {
    std::string names;
    for (const std::string_view name : Faults::names())
        names.append(" ").append(name);
    std::string words;
    for (const auto& [word, operation] : operations)
        words.append(" ").append(word);
    std::string documents;
    for (const PointDocument& document : point_documents())
        documents.append(" ").append(document.name);
    std::fprintf(stderr,
                 "usage: simulation [--seeds COUNT] [--first SEED] [--seed SEED] [none|FAULT…]\n"
                 "       simulation --every-point [--seeds COUNT] [--first SEED]\n"
                 "       simulation --document DOCUMENT --do OPERATION --at FRAME [--run N] "
                 "[--seed SEED]\n"
                 "--trace tells what happens\n"
                 "faults:%s\noperations:%s\ndocuments:%s\n",
                 names.c_str(), words.c_str(), documents.c_str());
    return 2;
}

bool read_number(std::string_view text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

bool read_operation(std::string_view text, Operation& operation) {
    const auto found =
        std::ranges::find(operations, text, [](const auto& entry) { return entry.first; });
    if (found != operations.end()) operation = found->second;
    return found != operations.end();
}

bool read_document(std::string_view text, const PointDocument*& document) {
    const auto found = std::ranges::find(point_documents(), text, &PointDocument::name);
    if (found != point_documents().end()) document = &*found;
    return document != nullptr;
}

/// An option with a value.
bool read_option(std::string_view option, std::string_view value, Request& request) {
    if (option == "--document") return read_document(value, request.point.document);
    if (option == "--do") return read_operation(value, request.point.appointment.operation);
    if (option == "--at") return read_number(value, request.point.appointment.frame);
    if (option == "--run") return read_number(value, request.run);
    if (option == "--seeds") return read_number(value, request.count.emplace());
    if (option == "--seed") request.count = 1;
    return read_number(value, request.first);
}

bool read_request(int count, char** words, Request& request) {
    constexpr std::string_view options[] = {"--seeds", "--first", "--seed", "--document",
                                            "--do",    "--at",    "--run"};
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (std::ranges::find(options, word) != std::end(options)) {
            if (++i == count || !read_option(word, words[i], request)) return false;
        } else if (word == "--every-point") {
            request.every_point = true;
        } else if (word == "--trace") {
            set_tracing(true);
        } else {
            if (!request.faults) request.faults.emplace();
            if (word != "none" && !request.faults->set(word)) return false;
        }
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
    add_counts(plain.history().kinds(), kinds);
    return plain.history().row_count();
}

/// False when a kind never occurred.
bool print_kinds(const KindCounts& kinds, bool must_be_all) {
    for (const auto& [kind, count] : kinds)
        std::printf("  %-20s %zu\n", std::string{kind}.c_str(), count);
    constexpr std::size_t all = std::variant_size_v<engine::RecordBody> + 1;  // and parking
    if (!must_be_all || kinds.size() == all) return true;
    std::fprintf(stderr, "simulation: some kinds of record never occurred\n");
    return false;
}

int run(const Request& request) {
    KindCounts kinds;
    if (request.point.document != nullptr) {
        PointCase point = request.point;
        point.seed = request.first;
        point.appointment.run = static_cast<std::uint32_t>(request.run);
        std::printf("passed, with %zu runs open at that point\n", run_point(point, kinds));
        return 0;
    }
    const std::uint64_t end = request.first + request.count.value_or(request.every_point ? 5 : 100);
    if (request.every_point) {
        std::size_t cases = 0;
        for (std::uint64_t seed = request.first; seed < end; ++seed)
            cases += run_every_point(seed, kinds);
        print_kinds(kinds, false);
        std::printf("[  PASSED  ] %zu tests: operations at every point\n", cases);
        return 0;
    }
    std::size_t rows = 0;
    for (std::uint64_t seed = request.first; seed < end; ++seed)
        rows += run_seed(seed, request.faults, kinds);
    constexpr std::uint64_t seeds_for_all_kinds = 500;
    const std::uint64_t seeds = end - request.first;
    if (!print_kinds(kinds, seeds >= seeds_for_all_kinds && !request.faults)) return 1;
    std::printf("%zu journal rows checked\n[  PASSED  ] %llu tests: seeds\n", rows,
                static_cast<unsigned long long>(seeds));
    return 0;
}

}  // namespace
}  // namespace millrace::simulation

int main(int word_count, char** words) {
    using namespace millrace::simulation;
    Request request;
    if (!read_request(word_count, words, request)) return usage();
    return run(request);
}
