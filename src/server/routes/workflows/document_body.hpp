// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "api/route.hpp"
#include "millrace/core/document.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/format/document.hpp"

// Workflow documents as requests bring them and answers give them: JSON or YAML.

namespace millrace::server {

/// The body as a document's text: 415 when Content-Type says neither JSON nor YAML.
std::expected<format::SourceText, Problem> document_source(const Request& request);

/// The body as a document that can run: 400 when it is no JSON or YAML, 422 with everything that
/// is wrong with it.
std::expected<core::Document, Problem> given_document(const Request& request,
                                                      const engine::NodeLibrary& library);
/// The same without asking whether its node types and expressions are right.
std::expected<core::Document, Problem> given_draft(const Request& request);

/// 422 with everything that is wrong. `tree` is the document as data, to name its nodes.
Problem document_problem(const core::Problems& problems, const core::Value& tree);

/// In which language a document is to be given, by Accept; 406 when neither will do.
std::expected<format::Syntax, Problem> wanted_syntax(const Request& request);

/// The body that a route takes, for the API's description.
Body document_body(std::string description);

/// Of an answer in YAML.
core::Value yaml_schema();

/// `application/yaml`.
Response yaml_response(std::string text, int status = 200);

}  // namespace millrace::server
