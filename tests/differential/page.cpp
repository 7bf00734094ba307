// SPDX-License-Identifier: Apache-2.0
#include "page.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "integration/documentation.hpp"
#include "millrace/core/json.hpp"
#include "node_peer.hpp"

namespace millrace::differential {
namespace {

using testing::Row;

// What only Millrace has.
constexpr auto own_names =
    std::to_array<std::string_view>({"$date", "$hash", "$uuid", "$jsonpath", "now()"});
// Results that Millrace gives in place of JavaScript's.
constexpr auto own_results =
    std::to_array<std::string_view>({"bigint_overflow", "fuel_exhausted", "not_native"});
constexpr auto errors = std::to_array<std::string_view>(
    {"range_error", "syntax_error", "type_error", "undefined_property", "uri_error"});

bool is_shared(const Row& row) {
    const auto is_in = [&](std::string_view name) {
        return row.first.find(name) != std::string::npos;
    };
    return row.heading == "gives" && std::ranges::none_of(own_names, is_in) &&
           std::ranges::find(own_results, row.second) == own_results.end();
}

std::vector<Scoped> scope_of(const std::string& text) {
    std::vector<Scoped> scope;
    for (const testing::Block& block : testing::blocks_of(text)) {
        if (block.info != "json context") continue;
        const auto context = core::parse_json(block.text);
        if (!context || !context->is_object()) continue;
        for (const core::Member& member : context->as_object())
            scope.push_back({member.key, core::to_json(member.value)});
    }
    return scope;
}

}  // namespace

int compare_page(const std::string& path) {
    const std::string text = testing::page(path);
    std::vector<Row> rows = testing::rows_of(text);
    std::erase_if(rows, [](const Row& row) { return !is_shared(row); });
    std::vector<std::string> sources;
    for (const Row& row : rows)
        sources.push_back(row.first);
    NodePeer node{MILLRACE_SOURCE_DIR "/tests/differential/evaluate.mjs", scope_of(text)};
    std::optional<std::vector<std::string>> answers;
    if (node.ask(sources)) answers = node.answer();
    if (!answers || answers->size() != rows.size()) {
        std::printf("Node.js did not answer about %s; is `node` installed?\n", path.c_str());
        return 2;
    }
    int status = 0;
    std::size_t unknown = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string& answer = (*answers)[i];
        const bool throws = std::ranges::find(errors, rows[i].second) != errors.end();
        // Methods that are newer than this Node.js.
        const bool is_unknown = !throws && answer.ends_with("is not a function");
        unknown += static_cast<std::size_t>(is_unknown);
        if (is_unknown) continue;
        if (throws ? answer.starts_with('!') : answer == rows[i].second) continue;
        status = 1;
        std::printf("%s:%d: `%s` gives `%s` there and `%s` in Node.js\n", path.c_str(),
                    rows[i].line, sources[i].c_str(), rows[i].second.c_str(), answer.c_str());
    }
    std::printf("%s: %zu expressions compared, %zu unknown to this Node.js\n", path.c_str(),
                rows.size() - unknown, unknown);
    return status;
}

}  // namespace millrace::differential
