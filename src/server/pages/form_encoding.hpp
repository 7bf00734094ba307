// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::server {

/// Names and values of a form that was sent, in order.
using FormTexts = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t form_texts_max = 2'000;

/// Reads `application/x-www-form-urlencoded`. Line ends become `\n`. The error says what is wrong:
/// a broken `%`, what is no UTF-8, a control character, or too many fields.
std::expected<FormTexts, std::string> read_form(std::string_view body);

/// The first value of this name; empty when there is none.
std::string_view form_text(const FormTexts& texts, std::string_view name);
bool has_form_text(const FormTexts& texts, std::string_view name);

}  // namespace millrace::server
