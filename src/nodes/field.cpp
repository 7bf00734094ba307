// SPDX-License-Identifier: Apache-2.0
#include "field.hpp"

#include <utility>

namespace millrace::nodes {

bool is_template(const core::Value& value) {
    if (!value.is_string()) return false;
    const std::string_view text = value.as_string();
    for (std::size_t at = text.find("{{"); at != std::string_view::npos;
         at = text.find("{{", at + 2)) {
        if (at == 0 || text[at - 1] != '\\') return true;
    }
    return false;
}

std::optional<std::string_view> fixed_text(const core::Value& data, std::string_view key) {
    const core::Value* value = data.find(key);
    if (value == nullptr || !value->is_string() || is_template(*value)) return std::nullopt;
    return value->as_string();
}

void check_goes_with(const core::Value& data, const std::string& pointer, std::string_view key,
                     std::string_view other, std::string_view wanted, std::string_view fallback,
                     core::Problems& problems) {
    if (data.find(key) == nullptr) return;
    const bool is_given = data.find(other) != nullptr;
    const auto word = is_given ? fixed_text(data, other) : std::optional{fallback};
    if (!word || *word == wanted) return;
    add_problem(problems, core::ProblemCode::bad_value, core::pointer_child(pointer, key),
                "`" + std::string{key} + "` goes with `" + std::string{other} + ": " +
                    std::string{wanted} + "` only; remove it");
}

void add_problem(core::Problems& problems, core::ProblemCode code, std::string path,
                 std::string message) {
    core::Problem problem;
    problem.code = code;
    problem.path = std::move(path);
    problem.message = std::move(message);
    problems.push_back(std::move(problem));
}

}  // namespace millrace::nodes
