// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/message.hpp"
#include "api/route.hpp"
#include "millrace/core/value.hpp"

// The answers and parameters that most routes share.

namespace millrace::server {

Response json_response(const core::Value& body, int status = 200);
/// 204.
Response empty_response();
/// `{"items": […], "next_cursor": …}`; an empty cursor is null: there is no further page.
Response list_response(std::vector<core::Value> items, std::string_view next_cursor);
/// 304, for routes that answer `not_modified`.
PossibleAnswer unchanged_answer();
core::Value list_value(std::vector<core::Value> items, std::string_view next_cursor);

// Parameters as OpenAPI tells them. Checked before a handler runs, so reading them cannot fail.

Parameter path_parameter(std::string name, std::string description);
Parameter text_parameter(std::string name, std::string description);
Parameter choice_parameter(std::string name, std::string description,
                           std::vector<std::string_view> choices);
/// RFC 3339, such as `2026-01-31T23:59:59Z`.
Parameter time_parameter(std::string name, std::string description);
/// A number with its unit, such as `30s`.
Parameter duration_parameter(std::string name, std::string description);
Parameter header_parameter(std::string name, std::string description);

/// `limit`, 1 to 200, else 50, and `cursor`; an opaque text of an earlier answer.
std::vector<Parameter> page_parameters();
std::size_t page_limit(const Request& request);
std::string page_cursor(const Request& request);

/// A schema by its name in RouteTable::schemas: `{"$ref": "#/components/schemas/NAME"}`.
core::Value schema_ref(std::string_view name);
/// `{"items": [NAME…], "next_cursor": …}`.
core::Value list_schema(std::string_view name);
/// A schema written as JSON in the source; what is malformed ends the program.
core::Value schema_of(std::string_view json);

}  // namespace millrace::server
