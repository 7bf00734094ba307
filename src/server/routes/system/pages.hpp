// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "api/message.hpp"
#include "api/problem.hpp"

// The pages that tell of the server itself. `base` is what the public URL has before all paths.

namespace millrace::server {

/// Where `/` leads until somebody opens something better.
Response start_page(std::string_view version, std::string_view base);
/// What a code means.
Response problem_page(const ProblemKind& kind, std::string_view base);
/// All codes.
Response problems_page(std::string_view base);

}  // namespace millrace::server
