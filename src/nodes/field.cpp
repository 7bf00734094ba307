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

void add_problem(core::Problems& problems, core::ProblemCode code, std::string path,
                 std::string message) {
    core::Problem problem;
    problem.code = code;
    problem.path = std::move(path);
    problem.message = std::move(message);
    problems.push_back(std::move(problem));
}

}  // namespace millrace::nodes
