// SPDX-License-Identifier: Apache-2.0
#include "routes/executions/execution_problems.hpp"

#include <utility>

#include "millrace/engine/frame.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

using engine::CommandErrc;
using engine::StartErrc;

/// The member of a start's body that an error is about; empty: none.
std::string_view start_member(const core::Error& error) {
    if (error.is(StartErrc::unknown_trigger) || error.is(StartErrc::no_trigger) ||
        error.is(StartErrc::ambiguous_trigger))
        return "/trigger";
    if (error.is(StartErrc::bad_input)) return "/input";
    if (error.is(StartErrc::bad_variable) || error.is(CommandErrc::bad_variable))
        return "/variables";
    return {};
}

}  // namespace

Problem invalid_member(std::string path, std::string message) {
    Problem made = problem("invalid", path + ": " + message);
    ProblemDetail detail;
    detail.path = std::move(path);
    detail.code = "bad_value";
    detail.message = std::move(message);
    made.errors.push_back(std::move(detail));
    return made;
}

Problem start_problem(const core::Error& error, std::string_view pointer) {
    if (const std::string_view member = start_member(error); !member.empty()) {
        Problem made = invalid_member(std::string{pointer}.append(member), error.message());
        made.errors.front().code = error.code();
        return made;
    }
    // The message names the pin or the breakpoint.
    if (error.is(CommandErrc::bad_option) || error.is(CommandErrc::unknown_node)) {
        Problem made = invalid_member(std::string{pointer}, error.message());
        made.detail = error.message();
        made.errors.front().code = error.code();
        return made;
    }
    Problem made = problem_of(error);
    if (error.is(CommandErrc::too_many_executions)) made.headers.set("Retry-After", "1");
    return made;
}

Problem command_problem(const core::Error& error) {
    if (error.is(CommandErrc::unknown_node)) return problem("not_found", error.message());
    if (error.is(CommandErrc::bad_variable)) return start_problem(error);
    return problem_of(error);
}

std::expected<core::ExecutionId, Problem> execution_id_of(const Request& request) {
    const std::string& text = request.parameter("id");
    if (const auto id = core::ExecutionId::parse(text)) return *id;
    return std::unexpected(
        problem("not_found", "there is no execution " + text + "; ids are UUIDs as text"));
}

core::Value item_problem(const Problem& problem) {
    return core::Value::object(
        {{"status", problem.status}, {"code", problem.code}, {"detail", problem.detail}});
}

}  // namespace millrace::server
