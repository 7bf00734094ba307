// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/problem.hpp"

#include <algorithm>
#include <array>

namespace millrace::core {
namespace {

// At the index of the enumerator.
constexpr std::array<std::string_view, 21> code_names{"syntax",
                                                      "bad_format_version",
                                                      "unknown_key",
                                                      "missing_key",
                                                      "bad_value",
                                                      "not_supported",
                                                      "schema",
                                                      "duplicate_id",
                                                      "unknown_type",
                                                      "unknown_node",
                                                      "unknown_port",
                                                      "wrong_port_kind",
                                                      "incompatible_types",
                                                      "missing_connection",
                                                      "ambiguous_fan_in",
                                                      "cycle",
                                                      "bad_scope",
                                                      "bad_expression",
                                                      "bad_duration",
                                                      "plain_secret",
                                                      "limit"};
static_assert(code_names[static_cast<std::size_t>(ProblemCode::limit)] == "limit");

/// Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b`, no part
/// being edited twice: Damerau, "A technique for computer detection and correction of spelling
/// errors" (1964), in the dynamic programming of Wagner and Fischer (1974). In bytes.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    // Rows i-2, i-1 and i of the table.
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before.swap(above);
        above.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row[b.size()];
}

}  // namespace

std::string_view to_text(ProblemCode code) {
    return code_names[static_cast<std::size_t>(code)];
}

std::string pointer_child(std::string_view pointer, std::string_view token) {
    std::string child{pointer};
    child.push_back('/');
    for (const char c : token) {
        if (c == '~') {
            child += "~0";
        } else if (c == '/') {
            child += "~1";
        } else {
            child.push_back(c);
        }
    }
    return child;
}

std::string pointer_child(std::string_view pointer, std::size_t index) {
    return std::string{pointer}.append("/").append(std::to_string(index));
}

std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
    // One typing mistake in three letters is still recognisable; a name that shares no letter
    // with the word never is.
    std::size_t allowed = std::max<std::size_t>(1, word.size() / 3);
    std::string_view best;
    for (const std::string_view candidate : candidates) {
        const auto [shorter, longer] = std::minmax({word.size(), candidate.size()});
        if (longer - shorter > allowed) continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance > allowed || distance >= longer) continue;
        best = candidate;
        if (distance == 0) break;
        allowed = distance - 1;
    }
    return std::string{best};
}

}  // namespace millrace::core
