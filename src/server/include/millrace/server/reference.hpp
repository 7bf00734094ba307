// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

// What the API is, for documents; no server need run.

namespace millrace::server {

/// The OpenAPI 3.1 document as JSON for people, as `GET /api/v1/openapi.json` gives it.
std::string openapi_text(std::string_view version);

/// The same as a page of Markdown.
std::string api_page();

}  // namespace millrace::server
