// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include "millrace/format/document.hpp"

namespace millrace::format {

namespace {

using core::Problem;
using core::ProblemCode;

bool is_at_or_below(std::string_view path, std::string_view top) {
    return path.starts_with(top) && (path.size() == top.size() || path[top.size()] == '/');
}

/// Can who is connected to whom not be told from the draft?
bool hides_graph(const Problem& form) {
    return form.path.empty() || form.path == "/nodes" || form.code == ProblemCode::limit ||
           form.code == ProblemCode::missing_key || form.code == ProblemCode::duplicate_id ||
           is_at_or_below(form.path, "/connections") || form.path.ends_with("/id") ||
           form.path.ends_with("/fallback");
}

bool hides_names(const Problem& form) {
    return is_at_or_below(form.path, "/variables") || is_at_or_below(form.path, "/inputs");
}

/// Problems that can be judged by the node alone.
bool is_local(const Problem& problem) {
    return is_at_or_below(problem.path, "/nodes") &&
           (problem.code == ProblemCode::unknown_type ||
            problem.code == ProblemCode::not_supported || problem.code == ProblemCode::schema ||
            problem.code == ProblemCode::unknown_key);
}

}  // namespace

core::Problems independent(core::Problems found, const core::Problems& form) {
    const bool graph_hidden = std::ranges::any_of(form, hides_graph);
    const bool names_hidden = std::ranges::any_of(form, hides_names);
    std::erase_if(found, [&](const Problem& problem) {
        if (graph_hidden && !is_local(problem)) return true;
        if (names_hidden && problem.code == ProblemCode::bad_expression) return true;
        return std::ranges::any_of(form, [&](const Problem& first) {
            // A missing key stands at the object that lacks it.
            return is_at_or_below(problem.path, first.path) && !first.path.empty();
        });
    });
    return found;
}

}  // namespace millrace::format
