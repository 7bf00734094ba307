// SPDX-License-Identifier: Apache-2.0
#include "routes/workflows/document_body.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/answer.hpp"
#include "api/request_body.hpp"
#include "millrace/server/document_check.hpp"

namespace millrace::server {
namespace {

/// More are no help to anybody.
constexpr std::size_t problems_max = 1'000;

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string lower(std::string_view text) {
    std::string lowered{text};
    std::ranges::transform(lowered, lowered.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lowered;
}

/// `q` of one part of Accept; 1 where it is not said.
double quality_of(std::string_view parameters) {
    double quality = 1.0;
    while (!parameters.empty()) {
        const std::size_t end = parameters.find(';');
        const std::string_view one = trimmed(parameters.substr(0, end));
        if (one.starts_with("q=") || one.starts_with("Q=")) {
            quality = 0.0;
            std::from_chars(one.data() + 2, one.data() + one.size(), quality);
        }
        parameters.remove_prefix(end == std::string_view::npos ? parameters.size() : end + 1);
    }
    return quality;
}

}  // namespace

std::expected<format::SourceText, Problem> document_source(const Request& request) {
    const auto syntax = body_syntax(request);
    if (!syntax) return std::unexpected(syntax.error());
    return format::SourceText{"the body", request.body, *syntax};
}

std::expected<core::Document, Problem> given_document(const Request& request,
                                                      const engine::NodeLibrary& library) {
    const auto source = document_source(request);
    if (!source) return std::unexpected(source.error());
    const auto tree = read_body(source->text, source->syntax);
    if (!tree) return std::unexpected(tree.error());
    CheckedDocument checked = check_document(*source, library);
    if (checked.problems.empty() && checked.document) return std::move(*checked.document);
    return std::unexpected(document_problem(checked.problems, *tree));
}

std::expected<core::Document, Problem> given_draft(const Request& request) {
    const auto source = document_source(request);
    if (!source) return std::unexpected(source.error());
    const auto tree = read_body(source->text, source->syntax);
    if (!tree) return std::unexpected(tree.error());
    format::DocumentRead read = format::read_document(*source);
    if (read.document) return std::move(*read.document);
    return std::unexpected(document_problem(read.problems, *tree));
}

Problem document_problem(const core::Problems& problems, const core::Value& tree) {
    const std::size_t count = problems.size();
    const core::Problems told{
        problems.begin(),
        problems.begin() + static_cast<std::ptrdiff_t>(std::min(count, problems_max))};
    Problem made = problem_of(told, "the document has " + std::to_string(count) +
                                        (count == 1 ? " problem" : " problems"));
    for (std::size_t i = 0; i < told.size(); ++i)
        made.errors[i].node_id = node_of(tree, told[i].path);
    return made;
}

std::expected<format::Syntax, Problem> wanted_syntax(const Request& request) {
    std::string_view accept = request.header("Accept");
    if (trimmed(accept).empty()) return format::Syntax::json;
    double json = 0.0;
    double yaml = 0.0;
    double any = 0.0;
    while (!accept.empty()) {
        const std::size_t comma = accept.find(',');
        const std::string_view part = accept.substr(0, comma);
        const std::size_t semicolon = part.find(';');
        const std::string type = lower(trimmed(part.substr(0, semicolon)));
        const double quality =
            semicolon == std::string_view::npos ? 1.0 : quality_of(part.substr(semicolon + 1));
        if (type == "application/json") json = std::max(json, quality);
        if (type == "application/yaml" || type == "application/x-yaml" || type == "text/yaml")
            yaml = std::max(yaml, quality);
        if (type == "*/*" || type == "application/*") any = std::max(any, quality);
        accept.remove_prefix(comma == std::string_view::npos ? accept.size() : comma + 1);
    }
    // What takes everything gets JSON, unless it asks for YAML by name.
    if (yaml > json) return format::Syntax::yaml;
    if (json > 0.0 || any > 0.0) return format::Syntax::json;
    return std::unexpected(problem(
        "not_acceptable", "there are application/json and application/yaml of this document"));
}

Body document_body(std::string description) {
    Body body;
    body.description = std::move(description);
    body.schema = schema_ref("Workflow");
    body.is_raw = true;
    return body;
}

core::Value yaml_schema() {
    return core::Value::object({{"type", "string"}});
}

Response yaml_response(std::string text, int status) {
    Response response;
    response.status = status;
    response.headers.set("Content-Type", "application/yaml");
    response.body = std::move(text);
    return response;
}

}  // namespace millrace::server
