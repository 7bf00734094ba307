// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::core {

/// Offset of the first byte that is not part of well-formed UTF-8; `text.size()` when all is well.
/// Surrogates, overlong forms and code points beyond U+10FFFF are not well-formed.
std::size_t valid_utf8_prefix(std::string_view text) noexcept;
inline bool is_valid_utf8(std::string_view text) noexcept {
    return valid_utf8_prefix(text) == text.size();
}

/// Replaces each maximal ill-formed part by U+FFFD, as the WHATWG Encoding Standard decodes.
std::string replace_invalid_utf8(std::string_view text);

/// Appends the code point; a surrogate or anything beyond U+10FFFF becomes U+FFFD.
void append_utf8(std::string& out, char32_t code_point);

}  // namespace millrace::core
