// SPDX-License-Identifier: Apache-2.0
#include "webhooks/webhook_answer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "api/answer.hpp"
#include "http/text.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/nodes/response_headers.hpp"
#include "millrace/runtime/runtime.hpp"
#include "webhooks/webhook.hpp"

namespace millrace::server {
namespace {

using core::Value;

/// Whatever a document says, `sealed` writes these.
constexpr std::array<std::string_view, 2> sealed_headers{"content-security-policy",
                                                         "x-content-type-options"};

/// Also asked of what a journal holds: another build may have written it.
bool is_own(std::string_view name) {
    return nodes::is_reserved_response_header(name) ||
           std::ranges::any_of(sealed_headers,
                               [&](auto own) { return equal_ignoring_case(name, own); });
}

Response sealed(Response response, const std::optional<core::ExecutionId>& id) {
    response.headers.set("Content-Security-Policy", "sandbox");
    response.headers.set("X-Content-Type-Options", "nosniff");
    if (response.headers.find("Cache-Control") == nullptr)
        response.headers.add("Cache-Control", "no-store");
    if (id) response.headers.set("Millrace-Execution-Id", id->text());
    return response;
}

void set_body(Response& response, const Value& body) {
    std::string_view type;
    switch (body.kind()) {
        case Value::Kind::null: return;
        case Value::Kind::string:
            response.body = body.as_string();
            type = "text/plain; charset=utf-8";
            break;
        case Value::Kind::bytes: {
            const auto bytes = body.as_bytes();
            response.body.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            type = "application/octet-stream";
            break;
        }
        case Value::Kind::boolean:
        case Value::Kind::integer:
        case Value::Kind::number:
        case Value::Kind::array:
        case Value::Kind::object:
            response.body = core::to_json(body);
            type = "application/json";
            break;
    }
    if (response.headers.find("Content-Type") == nullptr)
        response.headers.add("Content-Type", std::string{type});
}

Response started(core::ExecutionId id, std::string_view status) {
    Response response;
    response.status = 202;
    response.body.append(R"({"execution_id":")").append(id.text());
    response.body.append(R"(","status":")").append(status).append(R"("})");
    return sealed(std::move(response), id);
}

}  // namespace

Response webhook_accepted(core::ExecutionId id) {
    return started(id, "pending");
}

Response webhook_removed(core::ExecutionId id) {
    return started(id, "removed");
}

Response webhook_outputs(core::ExecutionId id, const Value& outputs) {
    return sealed(json_response(outputs), id);
}

Response webhook_response(core::ExecutionId id, const Value& given) {
    Response response;
    const Value* const status = given.find("status");
    if (status != nullptr && status->is_integer())
        response.status =
            static_cast<int>(std::clamp<std::int64_t>(status->as_integer(), 200, 599));
    if (const Value* const headers = given.find("headers");
        headers != nullptr && headers->is_object()) {
        for (const core::Member& header : headers->as_object()) {
            if (is_own(header.key) || !header.value.is_string()) continue;
            response.headers.add(header.key, std::string{header.value.as_string()});
        }
    }
    if (const Value* const body = given.find("body")) set_body(response, *body);
    return sealed(std::move(response), id);
}

Response webhook_nothing(core::ExecutionId id) {
    return sealed(empty_response(), id);
}

Response webhook_failed(core::ExecutionId id, const std::optional<core::Failure>& failure,
                        const Request& request) {
    const Problem made = problem(
        "execution_failed",
        "execution " + id.text() + (failure ? " has failed: " + failure->code : " was canceled"));
    return sealed(to_response(made, request), id);
}

Response webhook_timed_out(core::ExecutionId id, core::Duration after, const Request& request) {
    const Problem made =
        problem("timed_out", "execution " + id.text() + " has not answered within " +
                                 core::to_text(after) + "; it goes on");
    return sealed(to_response(made, request), id);
}

Response webhook_problem(const Problem& problem, const Request& request) {
    Response response = sealed(to_response(problem, request), std::nullopt);
    response.is_explained = problem.code == webhook_misconfigured;
    return response;
}

Problem webhook_start_problem(const core::Error& error) {
    using engine::StartErrc;
    if (error.is(StartErrc::bad_input)) return problem("invalid", error.message());
    const bool is_broken = error.is(StartErrc::bad_variable) ||
                           error.is(StartErrc::unknown_trigger) ||
                           error.is(runtime::RuntimeErrc::bad_workflow);
    if (is_broken) {
        return problem(webhook_misconfigured, "the workflow of this webhook cannot start as it is");
    }
    Problem made = problem_of(error);
    if (made.status == 429 || made.status == 503) made.headers.set("Retry-After", "1");
    return made;
}

}  // namespace millrace::server
