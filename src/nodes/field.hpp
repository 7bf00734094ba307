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

/// Reports a field that has no effect, because the word at `other`, or `fallback` where that is
/// missing, is not `wanted`.
void check_goes_with(const core::Value& data, const std::string& pointer, std::string_view key,
                     std::string_view other, std::string_view wanted, std::string_view fallback,
                     core::Problems& problems);

void add_problem(core::Problems& problems, core::ProblemCode code, std::string path,
                 std::string message);

}  // namespace millrace::nodes
