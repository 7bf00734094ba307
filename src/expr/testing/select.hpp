// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace millrace::expr {

/// What the path selects from a JSON text, as a JSON array; or the failure's or error's code.
std::string selected(std::string_view path, std::string_view json_text);
/// Why the path is refused; empty when it is not.
std::string refusal(std::string_view path);

}  // namespace millrace::expr
