// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "millrace/core/time.hpp"
#include "millrace/engine/effect.hpp"

namespace millrace::runtime {

// The texts a mail is made of. What they are given has no line breaks unless said otherwise.

/// RFC 5322: `Sun, 06 Nov 1994 08:49:37 +0000`.
std::string mail_date(core::Time at);

/// A header's words: as they are when they are printable ASCII, else as RFC 2047 encodes them.
/// Long ones are folded.
std::string header_words(std::string_view text);

/// `Name <address>, …`, folded.
std::string address_list(std::span<const engine::MailAddress> addresses);

/// A header parameter (`; filename="a.pdf"`), beyond ASCII in the form of RFC 2231.
std::string header_parameter(std::string_view name, std::string_view value);

/// RFC 2045; line breaks of any kind become CRLF.
std::string quoted_printable(std::string_view text);

/// In lines of 76 characters.
std::string base64_lines(std::string_view bytes);

}  // namespace millrace::runtime
