// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "millrace/engine/effect.hpp"

namespace millrace::nodes {

/// Reads `ada@example.org`, `Ada Lovelace <ada@example.org>` and `"Lovelace, Ada" <…>`. The error
/// says what is wrong, as one clause.
std::expected<engine::MailAddress, std::string> read_mail_address(std::string_view text);

}  // namespace millrace::nodes
