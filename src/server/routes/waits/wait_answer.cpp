// SPDX-License-Identifier: Apache-2.0
#include "routes/waits/wait_answer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "http/text.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/server/wait_answers.hpp"
#include "pages/wait_pages.hpp"
#include "webhooks/call_judge.hpp"

namespace millrace::server {
namespace {

using core::Value;

constexpr std::size_t name_bytes_max = 800;
constexpr std::size_t reason_bytes_max = 20'000;

ProblemDetail detail(std::string path, std::string message) {
    ProblemDetail made;
    made.path = std::move(path);
    made.code = "bad_value";
    made.message = std::move(message);
    return made;
}

std::string text_at(const Value& body, std::string_view key, std::vector<ProblemDetail>& wrong) {
    const Value* const found = body.find(key);
    if (found == nullptr || found->is_null()) return {};
    if (found->is_string()) return std::string{found->as_string()};
    wrong.push_back(detail("/" + std::string{key}, "must be a text"));
    return {};
}

Problem invalid(std::vector<ProblemDetail> wrong) {
    Problem made = problem("invalid", wrong.front().path + ": " + wrong.front().message);
    made.errors = std::move(wrong);
    return made;
}

}  // namespace

std::expected<Value, std::vector<FormMessage>> approval_answer(const store::Wait& wait,
                                                               const Decision& decision,
                                                               core::Time at) {
    std::vector<FormMessage> messages;
    const std::vector<std::string> approvers = approvers_of(wait);
    const std::string by{trimmed(decision.by)};
    if (by.empty()) {
        messages.push_back(
            {std::string{by_field}, approvers.empty() ? "Enter your name" : "Choose who you are"});
    } else if (!approvers.empty() && std::ranges::find(approvers, by) == approvers.end()) {
        messages.push_back({std::string{by_field}, "This is not for " + by + " to decide"});
    } else if (by.size() > name_bytes_max) {
        messages.push_back({std::string{by_field}, "Your name is too long"});
    } else if (by.find('\n') != by.npos || by.find('\r') != by.npos) {
        messages.push_back({std::string{by_field}, "Your name must be on one line"});
    }
    if (decision.reason.size() > reason_bytes_max)
        messages.push_back({std::string{reason_field}, "The reason is too long"});
    const auto form = decision.is_approved ? approval_form(wait) : std::nullopt;
    const Value values = decision.values.is_object() ? decision.values : Value::object({});
    if (form) {
        for (FormMessage& message : judge_values(*form, values))
            messages.push_back(std::move(message));
    }
    if (!messages.empty()) return std::unexpected(std::move(messages));
    core::ObjectBuilder answer;
    answer.set("approved", decision.is_approved).set("by", by);
    answer.set("reason", decision.reason.empty() ? Value{} : Value{decision.reason});
    answer.set("at", at.text());
    if (form) answer.set("values", values);
    return std::move(answer).build();
}

std::expected<Decision, Problem> read_decision(const Value& body) {
    constexpr std::array<std::string_view, 4> known{"approved", "by", "reason", "values"};
    if (!body.is_object())
        return std::unexpected(invalid({detail("", "must be an object {approved, by}")}));
    std::vector<ProblemDetail> wrong;
    for (const core::Member& member : body.as_object()) {
        if (std::ranges::find(known, member.key) == known.end()) {
            wrong.push_back(detail(core::pointer_child("", member.key),
                                   "there is no such member; there are approved, by, reason and "
                                   "values"));
        }
    }
    Decision decision;
    const Value* const approved = body.find("approved");
    if (approved == nullptr || !approved->is_bool()) {
        wrong.push_back(detail("/approved", "must be true or false"));
    } else {
        decision.is_approved = approved->as_bool();
    }
    decision.by = text_at(body, "by", wrong);
    decision.reason = text_at(body, "reason", wrong);
    if (const Value* const values = body.find("values"); values != nullptr && !values->is_null()) {
        if (!values->is_object()) wrong.push_back(detail("/values", "must be an object"));
        decision.values = *values;
    }
    if (!wrong.empty()) return std::unexpected(invalid(std::move(wrong)));
    return decision;
}

Problem decision_problem(const std::vector<FormMessage>& messages) {
    std::vector<ProblemDetail> wrong;
    for (const FormMessage& message : messages) {
        const bool is_own = message.field == by_field || message.field == reason_field;
        const std::string path = is_own                  ? "/" + message.field.substr(1)
                                 : message.field.empty() ? std::string{"/values"}
                                                         : "/values/" + message.field;
        wrong.push_back(detail(path, message.text));
    }
    return invalid(std::move(wrong));
}

std::expected<Value, Problem> judged_answer(const store::Wait& wait, const Value& body,
                                            const std::string& by, core::Time at) {
    using store::WaitWhat;
    switch (wait.what) {
        case WaitWhat::signal:
        case WaitWhat::event: return body;
        case WaitWhat::webhook:
            return Value::object({{"body", body},
                                  {"headers", Value::object({})},
                                  {"query", Value::object({})},
                                  {"method", "POST"}});
        case WaitWhat::approval: {
            auto decision = read_decision(body);
            if (!decision) return std::unexpected(decision.error());
            if (decision->by.empty()) decision->by = by;
            auto answer = approval_answer(wait, *decision, at);
            if (!answer) return std::unexpected(decision_problem(answer.error()));
            return *std::move(answer);
        }
        case WaitWhat::child: break;
    }
    return std::unexpected(problem(
        "not_allowed",
        wait.path + " waits for the execution " + wait.name + " to end; nobody else can answer"));
}

std::expected<Value, std::string> operator_answer(const store::Wait& wait, const Value& body,
                                                  const std::string& by, core::Time at) {
    auto answer = judged_answer(wait, body, by, at);
    if (!answer) return std::unexpected(answer.error().detail);
    return *std::move(answer);
}

std::expected<Value, Problem> call_answer(const Request& request) {
    const WebhookRequest call{
        request.method_text, request.headers.all(), request.query, {}, request.body};
    auto body = read_call_body(call);
    if (!body) return std::unexpected(std::move(body).error());
    return Value::object({{"body", *std::move(body)},
                          {"headers", headers_value(call.headers, {})},
                          {"query", fields_value(call.query)},
                          {"method", request.method_text}});
}

}  // namespace millrace::server
