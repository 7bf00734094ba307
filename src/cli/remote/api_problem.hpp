// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "millrace/core/result.hpp"

namespace millrace::cli {

/// What an answer above 399 says, as an error: its detail and what exactly is wrong, and the way
/// out where there is a usual one. `body` need not be a problem document.
core::Error problem_error(int status, std::string_view body, std::string_view url);

}  // namespace millrace::cli
