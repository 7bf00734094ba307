// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/document_check.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <tuple>
#include <utility>
#include <vector>

#include "documents/suspicion.hpp"
#include "millrace/format/canonical.hpp"
#include "millrace/format/schema.hpp"

namespace millrace::server {
namespace {

/// In the order of the text. What is wrong with both ends of a connection at once is told once.
void sort_by_place(core::Problems& problems) {
    std::ranges::stable_sort(problems, {}, [](const core::Problem& problem) {
        return std::tuple{problem.line, problem.column};
    });
    const auto is_same = [](const core::Problem& a, const core::Problem& b) {
        return a.code == b.code && a.line == b.line && a.column == b.column && a.path == b.path &&
               a.message == b.message;
    };
    problems.erase(std::unique(problems.begin(), problems.end(), is_same), problems.end());
}

/// `source` is null for a document without text.
CheckedDocument check(format::DocumentRead read, const format::SourceText* source,
                      const engine::NodeLibrary& library) {
    CheckedDocument checked{std::move(read.document), std::move(read.problems),
                            std::move(read.warnings)};
    const auto& readable = checked.document ? checked.document : read.draft;
    if (!readable) return checked;
    engine::CompileResult compiled =
        engine::compile(*readable, {readable->id, 1, format::document_hash(*readable)}, library,
                        format::compile_schema);
    // A person mends a document in one go when told all at once, but is not told what follows.
    compiled.problems = format::independent(std::move(compiled.problems), checked.problems);
    compiled.warnings = format::independent(std::move(compiled.warnings), checked.problems);
    if (compiled.plan && checked.problems.empty()) {
        checked.plan = compiled.plan;
        std::ranges::move(suspicions(*checked.document, *checked.plan),
                          std::back_inserter(compiled.warnings));
    }
    if (source != nullptr) {
        format::locate(*source, compiled.problems);
        format::locate(*source, compiled.warnings);
    }
    std::ranges::move(compiled.problems, std::back_inserter(checked.problems));
    std::ranges::move(compiled.warnings, std::back_inserter(checked.warnings));
    sort_by_place(checked.problems);
    sort_by_place(checked.warnings);
    return checked;
}

core::Value list_of(const core::Problems& problems, const core::Value& tree) {
    std::vector<core::Value> items;
    for (const core::Problem& problem : problems)
        items.push_back(problem_value(problem, tree));
    return core::Value::array(std::move(items));
}

}  // namespace

CheckedDocument check_document(const format::SourceText& source,
                               const engine::NodeLibrary& library) {
    return check(format::read_document(source), &source, library);
}

CheckedDocument check_document(const core::Value& value, const engine::NodeLibrary& library) {
    return check(format::read_document(value), nullptr, library);
}

std::string node_of(const core::Value& tree, std::string_view path) {
    constexpr std::string_view prefix = "/nodes/";
    const core::Value* const nodes = tree.find("nodes");
    if (nodes == nullptr || !nodes->is_array() || !path.starts_with(prefix)) return {};
    path.remove_prefix(prefix.size());
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), index);
    const bool is_whole = end == path.data() + path.size() || *end == '/';
    if (error != std::errc{} || !is_whole || index >= nodes->size()) return {};
    const core::Value* const id = nodes->as_array()[index].find("id");
    return id != nullptr && id->is_string() ? std::string{id->as_string()} : std::string{};
}

core::Value problem_value(const core::Problem& problem, const core::Value& tree) {
    core::ObjectBuilder object;
    object.set("code", core::to_text(problem.code))
        .set("path", problem.path)
        .set("message", problem.message);
    const std::string node_id = node_of(tree, problem.path);
    if (!node_id.empty()) object.set("node_id", node_id);
    if (problem.line > 0) object.set("line", problem.line).set("column", problem.column);
    if (!problem.suggestion.empty()) object.set("suggestion", problem.suggestion);
    return std::move(object).build();
}

core::Value validation_value(const CheckedDocument& checked, const core::Value& tree) {
    return core::Value::object({{"valid", checked.problems.empty()},
                                {"errors", list_of(checked.problems, tree)},
                                {"warnings", list_of(checked.warnings, tree)}});
}

}  // namespace millrace::server
