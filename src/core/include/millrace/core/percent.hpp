// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace millrace::core {

/// What RFC 3986 leaves unreserved besides letters and digits.
inline constexpr std::string_view unreserved_marks = "-._~";

/// All bytes but ASCII letters, digits and `marks` as %XX (RFC 3986, 2.1). As it is by default it
/// may stand in any segment of a path and in any name or value of a query.
std::string percent_encoded(std::string_view text, std::string_view marks = unreserved_marks);

}  // namespace millrace::core
