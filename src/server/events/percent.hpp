// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace millrace::server {

/// As a segment or a query's value in a URI: all but letters, digits and `-._~` as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace millrace::server
