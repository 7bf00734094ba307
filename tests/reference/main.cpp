// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "comparison.hpp"
#include "compiling.hpp"
#include "engine_run.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/document_value.hpp"
#include "random_document.hpp"
#include "shrinking.hpp"
#include "statistics.hpp"

// Runs random documents in the engine and asks the naive interpreter whether that is what they
// mean. A seed stands for a document, its input, the world's answers and all timing.

namespace millrace::reference {
namespace {

struct Request {
    std::uint64_t first = 1;
    std::uint64_t documents = 1'000;
    std::uint64_t failures_max = 1;
    bool shrinks = true;
};

struct Trial {
    bool compiles = false;
    std::vector<std::string> problems;
    std::optional<EngineRun> run;
    Expectation expected;
};

Trial tried(const core::Document& document, const RandomCase& made, std::uint64_t seed) {
    Trial trial;
    const engine::CompileResult result = compiled(document);
    for (const core::Problem& problem : result.problems)
        trial.problems.push_back(problem.path + ": " + problem.message);
    if (!result.plan) return trial;
    trial.compiles = true;
    const Effects effects{seed, made.failing_percent};
    trial.run = run_in_engine(result.plan, made.input, effects, seed);
    AsObserved timing{trial.run->seen};
    trial.expected = interpret(document, made.input, effects, timing);
    if (trial.run->problem.empty()) {
        trial.problems = differences(document, trial.expected, *trial.run);
    } else {
        trial.problems = {trial.run->problem};
    }
    return trial;
}

void print_lines(const std::vector<std::string>& lines) {
    constexpr std::size_t lines_max = 12;
    for (std::size_t i = 0; i < lines.size() && i < lines_max; ++i)
        std::printf("  %s\n", lines[i].c_str());
    if (lines.size() > lines_max) std::printf("  and %zu more\n", lines.size() - lines_max);
}

void print_document(const core::Document& document) {
    std::printf("%s\n", core::to_json(format::to_value(document)).c_str());
}

void report(const RandomCase& made, std::uint64_t seed, const Trial& trial, bool shrinks) {
    std::printf("\nseed %llu: the engine and the interpreter disagree\n",
                static_cast<unsigned long long>(seed));
    print_lines(trial.problems);
    core::Document document = made.document;
    if (shrinks) {
        document = shrunk(document, [&](const core::Document& less) {
            const Trial again = tried(less, made, seed);
            return again.compiles && !again.problems.empty();
        });
        std::printf("the same with less:\n");
        print_lines(tried(document, made, seed).problems);
    }
    std::printf("input %s\n", core::to_json(made.input).c_str());
    print_document(document);
    std::printf("again: reference --documents 1 --first %llu\n",
                static_cast<unsigned long long>(seed));
}

int run(const Request& request) {
    Statistics statistics;
    std::uint64_t compared = 0;
    std::uint64_t discarded = 0;
    std::uint64_t failures = 0;
    for (std::uint64_t seed = request.first; seed < request.first + request.documents; ++seed) {
        const RandomCase made = random_case(seed);
        const Trial trial = tried(made.document, made, seed);
        if (!trial.compiles) {
            if (++discarded == 1) {
                std::printf("seed %llu does not compile\n", static_cast<unsigned long long>(seed));
                print_lines(trial.problems);
                print_document(made.document);
            }
            continue;
        }
        ++compared;
        statistics.count(made.document, trial.expected, *trial.run);
        if (trial.problems.empty()) continue;
        if (failures < request.failures_max) report(made, seed, trial, request.shrinks);
        ++failures;
    }
    std::printf("%llu documents compared, %llu disagree; %llu more did not compile\n",
                static_cast<unsigned long long>(compared),
                static_cast<unsigned long long>(failures),
                static_cast<unsigned long long>(discarded));
    statistics.print(compared);
    constexpr std::uint64_t documents_for_all = 1'000;
    const std::string rare = statistics.rare(compared);
    if (compared >= documents_for_all && !rare.empty()) {
        std::printf("too rare to prove anything: %s\n", rare.c_str());
        return 1;
    }
    return failures > 0 || discarded * 20 > request.documents ? 1 : 0;
}

bool read_number(const char* text, std::uint64_t& number) {
    const std::string_view all{text};
    return std::from_chars(all.data(), all.data() + all.size(), number).ptr ==
           all.data() + all.size();
}

bool read_request(std::span<const char* const> words, Request& request) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string_view word{words[i]};
        if (word == "--no-shrinking") {
            request.shrinks = false;
            continue;
        }
        if (++i == words.size()) return false;
        std::uint64_t* const number = word == "--documents"  ? &request.documents
                                      : word == "--first"    ? &request.first
                                      : word == "--failures" ? &request.failures_max
                                                             : nullptr;
        if (number == nullptr || !read_number(words[i], *number)) return false;
    }
    return true;
}

}  // namespace
}  // namespace millrace::reference

int main(int word_count, char** words) {
    millrace::reference::Request request;
    if (!millrace::reference::read_request({words, static_cast<std::size_t>(word_count)},
                                           request)) {
        std::fprintf(stderr,
                     "usage: reference [--documents N] [--first SEED] [--failures N] "
                     "[--no-shrinking]\n");
        return 2;
    }
    return millrace::reference::run(request);
}
