// SPDX-License-Identifier: Apache-2.0
#include "api/problem.hpp"

#include <array>
#include <utility>

#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/format/schema.hpp"
#include "millrace/nodes/registry.hpp"
#include "millrace/runtime/credential_types.hpp"
#include "millrace/runtime/rehearsal.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/runtime/vault.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

/// Of one room's errors; a code that is not listed is the server's own mistake.
template <class E, std::size_t N>
std::string_view choose(const core::Error& error,
                        const std::array<std::pair<E, std::string_view>, N>& choices) {
    for (const auto& [code, problem_code] : choices) {
        if (error.is(code)) return problem_code;
    }
    return {};
}

std::string_view of_store(const core::Error& error) {
    using enum store::StoreErrc;
    static constexpr auto choices = std::to_array<std::pair<store::StoreErrc, std::string_view>>({
        {io, "unavailable"},
        {full, "unavailable"},
        {read_only, "unavailable"},
        {locked, "unavailable"},
        {outcome_unknown, "unavailable"},
        {stale_epoch, "stopped"},
        {timed_out, "timed_out"},
        {not_found, "not_found"},
        {conflict, "conflict"},
        {bad_argument, "bad_request"},
    });
    return choose(error, choices);
}

std::string_view of_runtime(const core::Error& error) {
    using enum runtime::RuntimeErrc;
    static constexpr auto choices =
        std::to_array<std::pair<runtime::RuntimeErrc, std::string_view>>({
            {unavailable, "unavailable"},
            {busy, "busy"},
            {stopped, "stopped"},
            {not_live, "conflict"},
            {bad_workflow, "invalid"},
            {timed_out, "timed_out"},
            {bad_option, "invalid"},
        });
    return choose(error, choices);
}

std::string_view of_engine(const core::Error& error) {
    using enum engine::CommandErrc;
    static constexpr auto commands =
        std::to_array<std::pair<engine::CommandErrc, std::string_view>>({
            {not_found, "not_found"},
            {already_exists, "conflict"},
            {already_finished, "already_finished"},
            {too_large, "too_large"},
            {not_allowed, "not_allowed"},
            {unknown_node, "not_found"},
            {bad_variable, "invalid"},
            {bad_option, "invalid"},
            {too_many_executions, "too_many_executions"},
        });
    if (const std::string_view code = choose(error, commands); !code.empty()) return code;
    using engine::StartErrc;
    static constexpr auto starts = std::to_array<std::pair<StartErrc, std::string_view>>({
        {StartErrc::unknown_trigger, "invalid"},
        {StartErrc::no_trigger, "invalid"},
        {StartErrc::ambiguous_trigger, "invalid"},
        {StartErrc::bad_input, "invalid"},
        {StartErrc::bad_variable, "invalid"},
    });
    return choose(error, starts);
}

std::string_view of_shell(const core::Error& error) {
    using runtime::VaultErrc;
    static constexpr auto vault = std::to_array<std::pair<VaultErrc, std::string_view>>({
        {VaultErrc::no_key, "unavailable"},
        {VaultErrc::bad_key, "unavailable"},
        {VaultErrc::wrong_key, "unavailable"},
        {VaultErrc::io, "unavailable"},
    });
    if (const std::string_view code = choose(error, vault); !code.empty()) return code;
    using runtime::CredentialErrc;
    static constexpr auto credentials = std::to_array<std::pair<CredentialErrc, std::string_view>>({
        {CredentialErrc::unknown_type, "invalid"},
        {CredentialErrc::bad_field, "invalid"},
        {CredentialErrc::bad_name, "invalid"},
    });
    if (const std::string_view code = choose(error, credentials); !code.empty()) return code;
    using runtime::RehearsalErrc;
    static constexpr auto rehearsal = std::to_array<std::pair<RehearsalErrc, std::string_view>>({
        {RehearsalErrc::did_not_end, "invalid"},
        {RehearsalErrc::refused, "invalid"},
        {RehearsalErrc::effect_timed_out, "timed_out"},
        {RehearsalErrc::bad_option, "invalid"},
    });
    return choose(error, rehearsal);
}

std::string_view of_others(const core::Error& error) {
    using nodes::RegistryErrc;
    static constexpr auto registry = std::to_array<std::pair<RegistryErrc, std::string_view>>({
        {RegistryErrc::bad_descriptor, "invalid"},
        {RegistryErrc::already_registered, "conflict"},
        {RegistryErrc::not_registered, "not_found"},
    });
    if (const std::string_view code = choose(error, registry); !code.empty()) return code;
    if (error.is(core::JsonErrc::syntax)) return "malformed_json";
    if (error.is(core::JsonErrc::limit)) return "too_large";
    if (error.is(core::DurationErrc::bad_duration)) return "bad_request";
    if (error.is(format::SchemaErrc::bad_schema)) return "invalid";
    return {};
}

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

Problem problem_of(const core::Error& error) {
    for (const auto& of : {of_store, of_runtime, of_engine, of_shell, of_others}) {
        if (const std::string_view code = of(error); !code.empty())
            return problem(code, error.message());
    }
    return problem("internal", error.message());
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
    body.set("type", "/problems/" + problem.code)
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
