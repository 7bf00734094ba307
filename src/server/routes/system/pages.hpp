// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "api/message.hpp"
#include "api/problem.hpp"

// The few pages that the server itself shows to people.

namespace millrace::server {

/// Where `/` leads until somebody opens something better.
/// `base` is what the public URL has before all paths.
std::string start_page(std::string_view version, std::string_view base);
/// What a code means.
std::string problem_page(const ProblemKind& kind, std::string_view base);
/// All codes.
std::string problems_page(std::string_view base);

/// The page with what keeps it harmless: no scripts, no frames, nothing from elsewhere.
Response html_response(std::string page);

/// Whether somebody would rather read a page than data: `Accept` names `text/html`.
bool wants_page(const Request& request);

}  // namespace millrace::server
