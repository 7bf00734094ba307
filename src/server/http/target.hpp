// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "api/message.hpp"

namespace millrace::server {

/// Puts the path, its segments and the query of a request target into `request`. The error says
/// what cannot be understood. `http://host/path` is taken too; its authority goes before the
/// header `Host`, as HTTP demands, and is written over it.
std::expected<void, std::string> read_target(std::string_view target, Request& request);

/// The path as logs may keep it: without the tokens of links, whose readers answer for somebody,
/// and of test URLs, wherever below a proxy's path and however they are spelled.
std::string_view path_for_logs(std::string_view path);

/// The text with `%XX` decoded; the error says what is wrong. With `plus_is_space`, as forms are
/// encoded. Only UTF-8 without control characters comes out.
std::expected<std::string, std::string> decode_percent(std::string_view text, bool plus_is_space);

}  // namespace millrace::server
