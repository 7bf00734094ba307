// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string_view>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "api/route.hpp"
#include "millrace/core/schema_check.hpp"
#include "millrace/core/value.hpp"
#include "millrace/format/document.hpp"

namespace millrace::server {

/// Which language the body is written in, by Content-Type; 415 for all but JSON and YAML. For
/// handlers of raw bodies.
std::expected<format::Syntax, Problem> body_syntax(const Request& request);

/// The body as data; 400 `malformed_json` or `malformed_yaml` with line and column of what is
/// wrong: mistakes of form, repeated keys, invalid UTF-8, more than 100 levels.
std::expected<core::Value, Problem> read_body(std::string_view text, format::Syntax syntax);

/// 422 `invalid` with every place at which the body does not fit.
std::expected<void, Problem> check_body(const core::Value& body, const core::SchemaCheck& schema);

}  // namespace millrace::server
