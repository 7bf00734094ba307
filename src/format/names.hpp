// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/document.hpp"

namespace millrace::format {

/// `[a-z0-9][a-z0-9-]{0,62}`
bool is_workflow_id(std::string_view text);
/// `[A-Za-z_][A-Za-z0-9_]{0,63}`: node ids, ports, variables.
bool is_name(std::string_view text);
/// Names of letters, digits, `_` and `-`, joined by points, at most 128 characters.
bool is_type_name(std::string_view text);
/// `[a-z][a-z0-9_]{0,63}`: error classes and codes.
bool is_error_code(std::string_view text);
/// `[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}`: credentials, shared dependencies.
bool is_resource_name(std::string_view text);
/// Parts without blanks at their ends, joined by slashes; `.` and `..` are none.
bool is_folder(std::string_view text);

/// The nearest text that is a workflow id, a name, or one of a resource; empty when nothing is
/// left.
std::string suggest_workflow_id(std::string_view text);
std::string suggest_name(std::string_view text);
std::string suggest_resource_name(std::string_view text);

struct TypeRef {
    std::string type;
    std::uint32_t version = 1;
};
/// Reads `type` or `type@version`.
std::optional<TypeRef> parse_type(std::string_view text);

/// Reads `node` or `node.port`.
std::optional<core::PortRef> parse_port_ref(std::string_view text, std::string_view default_port);

std::string_view trimmed(std::string_view text);

}  // namespace millrace::format
