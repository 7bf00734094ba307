// SPDX-License-Identifier: Apache-2.0
#include "remote/api_problem.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "body.hpp"
#include "millrace/format/json.hpp"
#include "remote/api_client.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t details_max = 20;

RemoteErrc kind_of(int status, std::string_view code) {
    switch (status) {
        case 400: return RemoteErrc::bad_request;
        case 401:
        case 403: return RemoteErrc::unauthorized;
        case 404: return RemoteErrc::not_found;
        case 409:
        case 412:
        case 428: return RemoteErrc::conflict;
        case 422: return RemoteErrc::invalid;
        case 429:
        case 503: return RemoteErrc::busy;
        default: break;
    }
    return code.empty() ? RemoteErrc::bad_answer : RemoteErrc::refused;
}

/// ` (/nodes/1/data/url, line 7: missing_key: …)` for each thing that is wrong.
std::string details_of(const core::Value& problem) {
    const std::string detail = text_at(problem, "detail");
    const auto errors = array_at(problem, "errors");
    std::string text;
    std::size_t count = 0;
    for (const core::Value& error : errors) {
        // Where there is one only, the detail may say it already.
        const bool is_told = errors.size() == 1 && !text_at(error, "message").empty() &&
                             detail.find(text_at(error, "message")) != std::string::npos;
        if (is_told) break;
        if (++count > details_max) return text + "; and more";
        const std::string path = text_at(error, "path");
        std::string place = path;
        if (const auto line = number_at(error, "line"))
            place += (place.empty() ? "line " : ", line ") + std::to_string(*line);
        text += "; " + place + (place.empty() ? "" : ": ") + text_at(error, "code") + ": " +
                text_at(error, "message");
        if (const std::string better = text_at(error, "suggestion"); !better.empty())
            text += " (did you mean \"" + better + "\"?)";
    }
    return text;
}

/// What was asked for does not exist, rather than what was given being wrong.
bool is_wrong_use(const core::Value& problem) {
    constexpr std::array<std::string_view, 6> codes{"unknown_trigger",   "no_trigger",
                                                    "ambiguous_trigger", "bad_variable",
                                                    "unknown_node",      "bad_option"};
    return std::ranges::any_of(array_at(problem, "errors"), [&](const core::Value& error) {
        return std::ranges::find(codes, text_at(error, "code")) != codes.end();
    });
}

std::string_view remedy_of(std::string_view code, int status) {
    if (status == 401)
        return "; give the token of the server in $MILLRACE_TOKEN: it lies in the file token of "
               "its "
               "data folder";
    if (code == "managed_by_file") return "; change the file that the server keeps it from";
    if (status == 503 || status == 429) return "; try again in a moment";
    return "";
}

}  // namespace

core::Error problem_error(int status, std::string_view body, std::string_view url) {
    const auto read = format::read_json(body);
    const core::Value problem = read && read->is_object() ? *read : core::Value{};
    const std::string code = text_at(problem, "code");
    std::string message;
    if (code.empty()) {
        message = std::string{url} + " answers with status " + std::to_string(status) +
                  " and no reason; is it a Millrace server?";
    } else {
        message = text_at(problem, "detail");
        if (message.empty()) message = text_at(problem, "title");
        message += details_of(problem) + " [" + code + "]";
    }
    message += remedy_of(code, status);
    const RemoteErrc kind =
        status == 422 && is_wrong_use(problem) ? RemoteErrc::bad_request : kind_of(status, code);
    return core::Error{kind, std::move(message)};
}

}  // namespace millrace::cli
