// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/route.hpp"
#include "millrace/core/value.hpp"

namespace millrace::server {

/// The whole API as an OpenAPI 3.1 document: routes by path, with what they take and answer, each
/// problem among them, and the schemas. The same table gives the same document.
core::Value openapi_document(const RouteTable& table, std::string_view version,
                             std::string_view public_url);

/// `GET /api/v1/openapi.json`.
Route openapi_route(Handler handler);

/// Codes of the problems that a route may answer, those of every route among them; sorted by
/// status, then by name.
std::vector<std::string_view> problems_of(const Route& route);

/// What a group of routes is about; empty when nothing is written about it.
std::string_view tag_description(std::string_view tag);

/// The schema of this name that was added last; null pointer when there is none.
const core::Value* find_schema(const RouteTable& table, std::string_view name);

}  // namespace millrace::server
