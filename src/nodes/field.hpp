// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/problem.hpp"
#include "millrace/core/value.hpp"

namespace millrace::nodes {

/// Whether the string at a field may still change when it is evaluated. Only the rest can be
/// judged before the run.
bool is_template(const core::Value& value);

/// The string in a member of `data` that no template will change, if there is one.
std::optional<std::string_view> fixed_text(const core::Value& data, std::string_view key);

void add_problem(core::Problems& problems, core::ProblemCode code, std::string path,
                 std::string message);

}  // namespace millrace::nodes
