// SPDX-License-Identifier: Apache-2.0
#include "api/problem.hpp"

#include <utility>

#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"

namespace millrace::server {
namespace {

core::Value detail_value(const ProblemDetail& detail) {
    core::ObjectBuilder value;
    value.set("path", detail.path).set("code", detail.code).set("message", detail.message);
    if (!detail.node_id.empty()) value.set("node_id", detail.node_id);
    if (detail.line) value.set("line", *detail.line);
    if (detail.column) value.set("column", *detail.column);
    if (!detail.suggestion.empty()) value.set("suggestion", detail.suggestion);
    return std::move(value).build();
}

}  // namespace

Problem problem(std::string_view code, std::string detail) {
    const ProblemKind* const kind = find_problem_code(code);
    MR_CHECK(kind != nullptr);
    Problem made{kind->status, std::string{code}, std::move(detail), {}, {}};
    if (code == "busy" || code == "idempotency_in_progress") made.headers.add("Retry-After", "1");
    return made;
}

Problem problem_of(const core::Problems& problems, std::string detail) {
    Problem made = problem("invalid", std::move(detail));
    made.errors.reserve(problems.size());
    for (const core::Problem& one : problems) {
        ProblemDetail& error = made.errors.emplace_back();
        error.path = one.path;
        error.code = core::to_text(one.code);
        error.message = one.message;
        error.suggestion = one.suggestion;
        if (one.line != 0) {
            error.line = one.line;
            error.column = one.column;
        }
    }
    return made;
}

Response to_response(const Problem& problem, const Request& request) {
    const ProblemKind* const kind = find_problem_code(problem.code);
    MR_CHECK(kind != nullptr);
    core::ObjectBuilder body;
    body.set("type", request.base + "/problems/" + problem.code)
        .set("title", kind->title)
        .set("status", problem.status)
        .set("detail", problem.detail)
        .set("code", problem.code);
    if (!request.id.empty()) body.set("instance", "urn:millrace:request:" + request.id);
    if (!problem.errors.empty()) {
        std::vector<core::Value> errors;
        errors.reserve(problem.errors.size());
        for (const ProblemDetail& error : problem.errors)
            errors.push_back(detail_value(error));
        body.set("errors", core::Value::array(std::move(errors)));
    }
    Response response;
    response.status = problem.status;
    response.headers = problem.headers;
    response.headers.set("Content-Type", "application/problem+json");
    response.headers.set("Cache-Control", "no-store");
    response.body = core::to_json(std::move(body).build());
    return response;
}

}  // namespace millrace::server
