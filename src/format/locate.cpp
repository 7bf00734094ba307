// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "millrace/format/document.hpp"
#include "source_reader.hpp"

namespace millrace::format {

namespace {

bool points_at_key(core::ProblemCode code) {
    return code == core::ProblemCode::unknown_key || code == core::ProblemCode::not_supported;
}

/// For each connection of the document, the index of the text's entry that made it.
std::vector<std::size_t> connection_sources(const core::Value& root) {
    std::vector<std::size_t> sources;
    const core::Value* connections = root.find("connections");
    if (connections == nullptr || !connections->is_array()) return sources;
    const std::span<const core::Value> entries = connections->as_array();
    for (std::size_t i = 0; i < entries.size(); ++i) {
        std::size_t count = 1;
        if (entries[i].is_string()) {
            const std::string_view text = entries[i].as_string();
            count = 0;
            for (std::size_t at = text.find("->"); at != std::string_view::npos;
                 at = text.find("->", at + 2)) {
                ++count;
            }
        }
        sources.insert(sources.end(), count, i);
    }
    return sources;
}

/// Changes `/connections/<of the document>/…` to `/connections/<of the text>/…`. An entry in the
/// short form has nothing below it that a path could name.
void count_entries(std::string& path, const core::Value& root,
                   const std::vector<std::size_t>& sources) {
    constexpr std::string_view prefix = "/connections/";
    if (!path.starts_with(prefix)) return;
    std::string_view rest = std::string_view{path}.substr(prefix.size() - 1);
    const std::string token = next_token(rest);
    std::size_t index = 0;
    for (const char c : token) {
        if (c < '0' || c > '9' || index > sources.size()) return;
        index = index * 10 + static_cast<std::size_t>(c - '0');
    }
    if (token.empty() || index >= sources.size()) return;
    const std::size_t entry = sources[index];
    const bool is_short = root.find("connections")->as_array()[entry].is_string();
    path = core::pointer_child("/connections", entry) + (is_short ? "" : std::string{rest});
}

TreeRead read_marked(const SourceText& source, PathMarks& marks) {
    // The text was read before, under limits that it kept.
    const DocumentLimits generous{.bytes_max = std::numeric_limits<std::size_t>::max(),
                                  .depth_max = 1000,
                                  .nodes_max = 0,
                                  .alias_values_max = 100'000'000};
    if (source.syntax == Syntax::yaml) return read_yaml(source.text, generous, &marks);
    TreeRead read = read_json_tree(source.text, generous);
    if (read.value) mark_json(source.text, marks);
    return read;
}

}  // namespace

void place_problems(const SourceText& source, core::Problems& problems) {
    PathMarks marks;
    for (const core::Problem& problem : problems) {
        if (problem.line == 0) marks.want(problem.path);
    }
    read_marked(source, marks);
    for (core::Problem& problem : problems) {
        if (problem.line != 0) continue;
        const core::TextPosition at = marks.place(problem.path, points_at_key(problem.code));
        problem.line = static_cast<std::uint32_t>(at.line);
        problem.column = static_cast<std::uint32_t>(at.column);
    }
    std::ranges::stable_sort(problems, {}, [](const core::Problem& problem) {
        return std::tuple{problem.line, problem.column};
    });
}

void locate(const SourceText& source, core::Problems& problems) {
    const auto is_placed = [](const core::Problem& problem) { return problem.line != 0; };
    if (std::ranges::all_of(problems, is_placed)) return;
    const TreeRead read = read_tree(source);
    if (!read.value) return;
    const std::vector<std::size_t> sources = connection_sources(*read.value);
    for (core::Problem& problem : problems) {
        if (!is_placed(problem)) count_entries(problem.path, *read.value, sources);
    }
    place_problems(source, problems);
}

}  // namespace millrace::format
