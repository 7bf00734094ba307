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
#include "generator.hpp"
#include "millrace/core/json.hpp"
#include "node_peer.hpp"
#include "page.hpp"

// Asks Node.js whether expressions mean what Millrace makes of them. A seed stands for one random
// expression.

namespace millrace::differential {
namespace {

struct Request {
    std::uint64_t first = 1;
    std::uint64_t expressions = 10'000;
    std::uint64_t failures_max = 1;
    std::string page;  ///< of the documentation, whose tables are compared too
};

struct Counts {
    std::uint64_t compared = 0;
    std::uint64_t threw = 0;
    std::uint64_t out_of_reach = 0;
    std::uint64_t disagreed = 0;
};

constexpr std::uint64_t batch_size = 1'000;

class Differential {
public:
    explicit Differential(const Request& request)
        : request_{request},
          roots_{core::Value::object({{"inputs", *core::parse_json(inputs_json())}})},
          scope_{{"inputs", inputs_maker()}},
          node_{MILLRACE_SOURCE_DIR "/tests/differential/evaluate.mjs", scope_} {}

    /// The program's exit status.
    int run();

private:
    static std::string inputs_maker();
    bool compare_batch(std::uint64_t first, std::uint64_t count);
    void report(std::uint64_t seed, const Tree& tree);
    Tree shrunk(Tree tree);
    std::optional<std::string> asked(const std::string& source);
    bool disagrees(const Tree& tree, bool compiles);

    Request request_;
    core::Value roots_;
    std::vector<Scoped> scope_;
    NodePeer node_;
    Counts counts_;
};

std::string Differential::inputs_maker() {
    std::string maker = "(() => { const inputs = JSON.parse(";
    core::append_json_string(maker, inputs_json());
    return maker + "); inputs.big = 9007199254740993n; return inputs; })()";
}

std::optional<std::string> Differential::asked(const std::string& source) {
    if (!node_.ask(std::span{&source, 1})) return std::nullopt;
    auto answer = node_.answer();
    if (!answer || answer->empty()) return std::nullopt;
    return answer->front();
}

bool Differential::disagrees(const Tree& tree, bool compiles) {
    const std::string source = tree.text();
    const Native native = evaluated(source, roots_);
    if (native.compiles != compiles) return false;
    const auto node = asked(source);
    return node && !agree(native, *node);
}

Tree Differential::shrunk(Tree tree) {
    constexpr int tries_max = 3'000;
    const bool compiles = evaluated(tree.text(), roots_).compiles;
    int tries = 0;
    for (bool progress = true; progress && tries < tries_max;) {
        progress = false;
        for (Tree& less : smaller(tree)) {
            if (++tries > tries_max) break;
            if (!disagrees(less, compiles)) continue;
            tree = std::move(less);
            progress = true;
            break;
        }
    }
    return tree;
}

void Differential::report(std::uint64_t seed, const Tree& tree) {
    const std::string source = shrunk(tree).text();
    const Native native = evaluated(source, roots_);
    std::printf("\nseed %llu: Millrace and Node.js disagree on\n  %s\n",
                static_cast<unsigned long long>(seed), source.c_str());
    std::printf("  Millrace: %s %s\n", native.result.c_str(), native.message.c_str());
    std::printf("  Node.js:  %s\n", asked(source).value_or("gone").c_str());
    std::printf("before it was made smaller:\n  %s\n", tree.text().c_str());
    std::printf("again: differential --seed %llu --expressions 1\n",
                static_cast<unsigned long long>(seed));
}

/// False when Node.js has gone.
bool Differential::compare_batch(std::uint64_t first, std::uint64_t count) {
    std::vector<Tree> trees;
    std::vector<std::string> sources;
    for (std::uint64_t i = 0; i < count; ++i) {
        trees.push_back(random_expression(first + i));
        sources.push_back(trees.back().text());
    }
    if (!node_.ask(sources)) return false;
    std::vector<Native> natives;
    for (const std::string& source : sources)
        natives.push_back(evaluated(source, roots_));
    const auto answers = node_.answer();
    if (!answers || answers->size() != sources.size()) return false;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        ++counts_.compared;
        counts_.threw += static_cast<std::uint64_t>((*answers)[i].starts_with('!'));
        counts_.out_of_reach += static_cast<std::uint64_t>(natives[i].is_out_of_reach);
        if (agree(natives[i], (*answers)[i])) continue;
        ++counts_.disagreed;
        if (counts_.disagreed <= request_.failures_max) report(first + i, trees[i]);
    }
    return true;
}

int Differential::run() {
    const std::uint64_t end = request_.first + request_.expressions;
    for (std::uint64_t first = request_.first; first < end; first += batch_size) {
        const bool answered = compare_batch(first, std::min(batch_size, end - first));
        if (!answered) {
            std::printf("Node.js did not answer about seeds %llu and up; is `node` installed?\n",
                        static_cast<unsigned long long>(first));
            return 2;
        }
        if (counts_.disagreed >= request_.failures_max) break;
    }
    std::printf("%llu expressions compared, %llu threw, %llu beyond the limits, %llu disagree\n",
                static_cast<unsigned long long>(counts_.compared),
                static_cast<unsigned long long>(counts_.threw),
                static_cast<unsigned long long>(counts_.out_of_reach),
                static_cast<unsigned long long>(counts_.disagreed));
    return counts_.disagreed == 0 ? 0 : 1;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<Request> requested(std::span<char*> arguments) {
    Request request;
    for (std::size_t i = 1; i + 1 < arguments.size(); i += 2) {
        const std::string_view name = arguments[i];
        const auto number = number_of(arguments[i + 1]);
        if (name == "--page") {
            request.page = arguments[i + 1];
        } else if (number && name == "--expressions") {
            request.expressions = *number;
        } else if (number && name == "--seed") {
            request.first = *number;
        } else if (number && name == "--failures") {
            request.failures_max = *number;
        } else {
            return std::nullopt;
        }
    }
    return arguments.size() % 2 == 1 ? std::optional{request} : std::nullopt;
}

}  // namespace
}  // namespace millrace::differential

int main(int count, char** arguments) {
    using namespace millrace::differential;
    const auto request = requested({arguments, static_cast<std::size_t>(count)});
    if (!request) {
        std::printf(
            "usage: differential [--expressions N] [--seed N] [--failures N] "
            "[--page docs/expressions.md]\n");
        return 2;
    }
    int status = request->page.empty() ? 0 : compare_page(request->page);
    if (status == 0) status = Differential{*request}.run();
    return status;
}
