// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "millrace/core/value.hpp"

namespace millrace::nodes {

/// What is wrong with a URL to call, as one clause; empty when it looks right. The HTTP client
/// has the last word.
std::string url_mistake(std::string_view url);

/// `a=1&b=x%20y` of an object of strings, numbers, booleans and arrays of them; null is left out.
/// The error names the member.
std::expected<std::string, std::string> form_encoded(const core::Value& members);

/// The URL with more at the end of its query, before its fragment.
std::string with_query(std::string_view url, std::string_view query);

/// Up to the query: what messages may show.
std::string_view without_query(std::string_view url);

}  // namespace millrace::nodes
