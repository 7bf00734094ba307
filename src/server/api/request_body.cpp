// SPDX-License-Identifier: Apache-2.0
#include "api/request_body.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "millrace/core/utf8.hpp"
#include "millrace/format/json.hpp"

namespace millrace::server {
namespace {

/// More are no help to anybody, and the answer must not be larger than the request.
constexpr std::size_t body_errors_max = 100;

std::string lower(std::string_view text) {
    std::string lowered{text};
    std::ranges::transform(lowered, lowered.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lowered;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Of `text/x; charset="UTF-8"`: utf-8; empty when none is named.
std::string charset_of(std::string_view content_type) {
    const std::string text = lower(content_type);
    const std::size_t found = text.find("charset=");
    if (found == std::string::npos) return {};
    std::string_view charset = std::string_view{text}.substr(found + 8);
    charset = trimmed(charset.substr(0, charset.find(';')));
    if (charset.size() > 1 && charset.front() == '"' && charset.back() == '"')
        charset = charset.substr(1, charset.size() - 2);
    return std::string{charset};
}

Problem malformed(std::string_view code, std::string_view language, const core::Problems& found) {
    Problem made = problem_of(found, {});
    const Problem kind = problem(code, {});
    made.status = kind.status;
    made.code = kind.code;
    made.detail = "the body is no " + std::string{language};
    if (!found.empty()) {
        const core::Problem& first = found.front();
        if (first.line != 0) {
            made.detail +=
                ": line " + std::to_string(first.line) + ", column " + std::to_string(first.column);
        }
        made.detail += ": " + first.message;
    }
    return made;
}

}  // namespace

std::expected<format::Syntax, Problem> body_syntax(const Request& request) {
    const std::string_view content_type = request.header("Content-Type");
    const std::string type = lower(trimmed(content_type.substr(0, content_type.find(';'))));
    const std::string taken = "application/json or application/yaml";
    const std::string charset = charset_of(content_type);
    if (!charset.empty() && charset != "utf-8") {
        return std::unexpected(problem("unsupported_media_type",
                                       "the body must be UTF-8, not " + charset.substr(0, 100)));
    }
    const std::string packing = lower(trimmed(request.header("Content-Encoding")));
    if (!packing.empty() && packing != "identity") {
        Problem refused = problem("unsupported_media_type",
                                  "the body is packed (Content-Encoding); send it as it is");
        refused.headers.add("Accept-Encoding", "identity");
        return std::unexpected(std::move(refused));
    }
    if (type == "application/json") return format::Syntax::json;
    if (type == "application/yaml" || type == "application/x-yaml") return format::Syntax::yaml;
    Problem refused = problem(
        "unsupported_media_type",
        type.empty()
            ? "the body has no Content-Type; send " + taken
            : "the body is " + core::replace_invalid_utf8(type.substr(0, 100)) + "; send " + taken);
    refused.headers.add("Accept-Post", "application/json, application/yaml");
    return std::unexpected(std::move(refused));
}

std::expected<core::Value, Problem> read_body(std::string_view text, format::Syntax syntax) {
    const bool is_json = syntax == format::Syntax::json;
    core::JsonLimits limits;
    limits.bytes_max = std::numeric_limits<std::size_t>::max();  // the connection has bounded it
    limits.duplicate_keys = false;
    std::string message;
    if (is_json) {
        auto value = format::read_json(text, limits);
        if (value) return *std::move(value);
        message = value.error().message();
    }
    // YAML, or bad JSON, whose mistakes this reader places.
    format::DocumentLimits tree_limits;
    tree_limits.bytes_max = limits.bytes_max;
    const format::TreeRead read =
        format::read_tree({"the body", std::string{text}, syntax}, tree_limits);
    if (read.value && message.empty()) return *read.value;
    core::Problems found = read.problems;
    if (found.empty()) found.emplace_back().message = message;
    return std::unexpected(
        malformed(is_json ? "malformed_json" : "malformed_yaml", is_json ? "JSON" : "YAML", found));
}

std::expected<void, Problem> check_body(const core::Value& body, const core::SchemaCheck& schema) {
    const std::vector<core::SchemaViolation> violations = schema.violations(body);
    if (violations.empty()) return {};
    const core::SchemaViolation& first = violations.front();
    std::string detail = "the body does not fit: ";
    if (!first.path.empty()) detail += first.path + ": ";
    Problem made = problem("invalid", detail + first.message);
    for (const core::SchemaViolation& violation : violations) {
        if (made.errors.size() == body_errors_max) break;
        ProblemDetail& error = made.errors.emplace_back();
        error.path = violation.path;
        error.code = "schema";
        error.message = violation.message;
    }
    return std::unexpected(std::move(made));
}

}  // namespace millrace::server
