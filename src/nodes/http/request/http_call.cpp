// SPDX-License-Identifier: Apache-2.0
#include "http/request/http_call.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "field.hpp"
#include "http/request/multipart.hpp"
#include "http/request/url_text.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"
#include "millrace/core/size.hpp"
#include "millrace/engine/node.hpp"

namespace millrace::nodes {
namespace {

using core::Value;
using Done = std::expected<void, core::Failure>;

constexpr core::ByteSize max_response_max{1u << 30};

constexpr std::array<std::string_view, 7> methods = {"GET",    "POST", "PUT",    "PATCH",
                                                     "DELETE", "HEAD", "OPTIONS"};
/// How a message is framed is for the HTTP client alone to say.
constexpr std::array<std::string_view, 9> framing_headers = {
    "connection", "content-length",    "expect", "keep-alive", "proxy-connection", "te",
    "trailer",    "transfer-encoding", "upgrade"};

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::unexpected<core::Failure> refuse(std::string code, std::string message) {
    return std::unexpected{engine::validation_failure(std::move(code), std::move(message))};
}

const Value& member(const Value& data, std::string_view name) {
    static const Value null;
    const Value* found = data.find(name);
    return found == nullptr ? null : *found;
}

bool is_token(std::string_view text) {
    const auto fits = [](char c) {
        const bool alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return alphanumeric || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string::npos;
    };
    return !text.empty() && std::ranges::all_of(text, fits);
}

/// Empty when a header of this name may be sent.
std::string header_mistake(std::string_view name) {
    if (!is_token(name)) return "is no valid header name";
    if (std::ranges::find(framing_headers, lower(name)) != framing_headers.end()) {
        return "is set by the HTTP client and cannot be given";
    }
    return {};
}

bool has_header(const engine::HttpCall& call, std::string_view lower_name) {
    return std::ranges::any_of(call.headers, [lower_name](const auto& header) {
        return lower(header.first) == lower_name;
    });
}

Done set_method(const Value& data, engine::HttpCall& call) {
    const Value& method = member(data, "method");
    if (method.is_null()) return {};
    if (method.is_string() && std::ranges::find(methods, method.as_string()) != methods.end()) {
        call.method = method.as_string();
        return {};
    }
    return refuse("bad_method",
                  "method must be GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS, in capitals");
}

Done set_url(const Value& data, engine::HttpCall& call) {
    const Value& url = member(data, "url");
    if (!url.is_string()) {
        return refuse("bad_url", "url must be a string, not " + std::string{core::kind_name(url)});
    }
    if (const std::string mistake = url_mistake(url.as_string()); !mistake.empty()) {
        return refuse("bad_url", "the url " + mistake);
    }
    call.url = url.as_string();
    const Value& query = member(data, "query");
    if (query.is_null()) return {};
    if (!query.is_object()) return refuse("bad_query", "query must be an object");
    const std::expected<std::string, std::string> encoded = form_encoded(query);
    if (!encoded) {
        return refuse("bad_query", "query parameter \"" + encoded.error() +
                                       "\" must be a string, a number, a boolean or an array of "
                                       "them");
    }
    call.url = with_query(call.url, *encoded);
    return {};
}

std::optional<std::string> header_text(const Value& value) {
    if (value.is_string()) return std::string{value.as_string()};
    if (value.is_bool()) return value.as_bool() ? "true" : "false";
    if (value.is_integer()) return core::number_text(value.as_integer());
    if (value.is_number()) return core::number_text(value.as_double());
    return std::nullopt;
}

Done set_headers(const Value& data, engine::HttpCall& call) {
    const Value& headers = member(data, "headers");
    if (headers.is_null()) return {};
    if (!headers.is_object()) return refuse("bad_header", "headers must be an object");
    for (const core::Member& header : headers.as_object()) {
        if (header.value.is_null()) continue;
        const std::string named = "header \"" + header.key + "\" ";
        if (const std::string mistake = header_mistake(header.key); !mistake.empty()) {
            return refuse("bad_header", named + mistake);
        }
        const std::optional<std::string> text = header_text(header.value);
        if (!text) {
            return refuse("bad_header", named + "must be a string, a number or a boolean");
        }
        // Line breaks would let a value begin headers of its own.
        const auto is_control = [](char c) {
            const auto byte = static_cast<unsigned char>(c);
            return (byte < 0x20 && byte != '\t') || byte == 0x7f;
        };
        if (std::ranges::any_of(*text, is_control)) {
            return refuse("bad_header", named + "contains a line break or control character");
        }
        call.headers.emplace_back(header.key, *text);
    }
    return {};
}

std::string_view content_type(const engine::HttpCall& call) {
    for (const auto& [name, value] : call.headers) {
        if (lower(name) == "content-type") return value;
    }
    return {};
}

enum class BodyType : std::uint8_t { automatic, json, form, multipart };

std::expected<BodyType, core::Failure> body_type(const Value& data, const engine::HttpCall& call) {
    constexpr std::array<std::pair<std::string_view, BodyType>, 4> types = {
        {{"auto", BodyType::automatic},
         {"json", BodyType::json},
         {"form", BodyType::form},
         {"multipart", BodyType::multipart}}};
    const Value& type = member(data, "body_type");
    const bool says_form =
        member(data, "body").is_object() &&
        lower(content_type(call)).starts_with("application/x-www-form-urlencoded");
    if (type.is_null()) return says_form ? BodyType::form : BodyType::automatic;
    for (const auto& [name, known] : types) {
        if (type != Value{name}) continue;
        return known == BodyType::automatic && says_form ? BodyType::form : known;
    }
    return refuse("bad_body_type", "body_type must be auto, json, form or multipart");
}

/// The type to announce; the body is in the call.
std::expected<std::string, core::Failure> set_form(const Value& body, engine::HttpCall& call) {
    if (!body.is_object()) return refuse("bad_body", "a form is made of an object");
    const std::expected<std::string, std::string> encoded = form_encoded(body);
    if (!encoded) {
        return refuse("bad_body", "form field \"" + encoded.error() +
                                      "\" must be a string, a number, a boolean or an array "
                                      "of them");
    }
    call.body = *encoded;
    return "application/x-www-form-urlencoded";
}

std::expected<std::string, core::Failure> set_multipart(const Value& body, engine::HttpCall& call) {
    // The boundary within it is this function's to choose.
    if (has_header(call, "content-type")) {
        return refuse("bad_header", "content-type is set by body_type: multipart");
    }
    std::expected<Multipart, std::string> made = make_multipart(body);
    if (!made) return refuse("bad_body", made.error());
    call.body = std::move(made->body);
    return std::move(made->content_type);
}

std::expected<std::string, core::Failure> set_automatic(const Value& body, engine::HttpCall& call) {
    if (body.is_string()) {
        call.body = body.as_string();
        return "text/plain; charset=utf-8";
    }
    if (body.is_bytes()) {
        call.body.assign(body.as_bytes().begin(), body.as_bytes().end());
        return "application/octet-stream";
    }
    call.body = core::to_json(body);
    return "application/json";
}

Done set_body(const Value& data, engine::HttpCall& call) {
    const Value& body = member(data, "body");
    const std::expected<BodyType, core::Failure> wanted = body_type(data, call);
    if (!wanted) return std::unexpected{wanted.error()};
    if (body.is_null() && *wanted != BodyType::json) return {};
    std::expected<std::string, core::Failure> type = "application/json";
    switch (*wanted) {
        case BodyType::automatic: type = set_automatic(body, call); break;
        case BodyType::json: call.body = core::to_json(body); break;
        case BodyType::form: type = set_form(body, call); break;
        case BodyType::multipart: type = set_multipart(body, call); break;
    }
    if (!type) return std::unexpected{std::move(type.error())};
    if (!has_header(call, "content-type")) call.headers.emplace_back("Content-Type", *type);
    return {};
}

Done set_flag(const Value& data, std::string_view name, bool& flag) {
    const Value& value = member(data, name);
    if (value.is_null()) return {};
    if (!value.is_bool()) {
        return refuse("bad_" + std::string{name}, std::string{name} + " must be true or false");
    }
    flag = value.as_bool();
    return {};
}

Done set_response(const Value& data, engine::HttpCall& call) {
    using enum engine::BodyReading;
    constexpr std::array<std::pair<std::string_view, engine::BodyReading>, 4> readings = {
        {{"auto", automatic}, {"json", json}, {"text", text}, {"bytes", bytes}}};
    const Value& response = member(data, "response");
    if (!response.is_null()) {
        const auto found = std::ranges::find_if(readings, [&response](const auto& reading) {
            return response.is_string() && response.as_string() == reading.first;
        });
        if (found == readings.end()) {
            return refuse("bad_response", "response must be auto, json, text or bytes");
        }
        call.response = found->second;
    }
    const Value& most = member(data, "max_response");
    if (most.is_null()) return {};
    if (!most.is_string()) {
        return refuse("bad_max_response", "max_response must be a size such as 16MiB");
    }
    const core::Result<core::ByteSize> size = core::parse_size(most.as_string());
    if (!size) return refuse("bad_max_response", "max_response: " + size.error().message());
    if (*size > max_response_max) {
        return refuse("bad_max_response",
                      "max_response can be " + core::to_text(max_response_max) + " at most");
    }
    call.max_response = *size;
    return {};
}

Done set_fail_on(const Value& data, engine::HttpCall& call) {
    const Value& fail_on = member(data, "fail_on");
    if (fail_on.is_null()) return {};
    if (!fail_on.is_array()) return refuse("bad_fail_on", "fail_on must be a list");
    call.fail_on_4xx = false;
    call.fail_on_5xx = false;
    for (const Value& range : fail_on.as_array()) {
        const std::string_view text = range.is_string() ? range.as_string() : "";
        if (text != "4xx" && text != "5xx") {
            return refuse("bad_fail_on", "fail_on can contain 4xx and 5xx");
        }
        (text == "4xx" ? call.fail_on_4xx : call.fail_on_5xx) = true;
    }
    return {};
}

}  // namespace

std::expected<engine::HttpCall, core::Failure> make_call(const Value& data) {
    engine::HttpCall call;
    constexpr std::array steps = {set_method, set_url,      set_headers,
                                  set_body,   set_response, set_fail_on};
    for (const auto& step : steps) {
        if (Done done = step(data, call); !done) return std::unexpected{std::move(done.error())};
    }
    Done flags = set_flag(data, "follow_redirects", call.follow_redirects);
    if (flags) flags = set_flag(data, "verify_tls", call.verify_tls);
    if (!flags) return std::unexpected{std::move(flags.error())};
    call.send_idempotency_key = call.method != "GET" && !has_header(call, "idempotency-key");
    return call;
}

void check_call_data(const Value& data, const std::string& pointer, core::Problems& problems) {
    using core::ProblemCode;
    if (const Value& url = member(data, "url"); url.is_string() && !is_template(url)) {
        if (const std::string mistake = url_mistake(url.as_string()); !mistake.empty()) {
            add_problem(problems, ProblemCode::bad_value, core::pointer_child(pointer, "url"),
                        "the url " + mistake);
        }
    }
    if (const Value& headers = member(data, "headers"); headers.is_object()) {
        const std::string place = core::pointer_child(pointer, "headers");
        for (const core::Member& header : headers.as_object()) {
            const std::string mistake = header_mistake(header.key);
            if (mistake.empty()) continue;
            add_problem(problems, ProblemCode::bad_value, core::pointer_child(place, header.key),
                        "header \"" + header.key + "\" " + mistake);
        }
    }
    if (const std::optional<std::string_view> text = fixed_text(data, "max_response")) {
        engine::HttpCall call;
        if (const Done done = set_response(Value::object({{"max_response", *text}}), call); !done) {
            add_problem(problems, ProblemCode::bad_value,
                        core::pointer_child(pointer, "max_response"), done.error().message);
        }
    }
}

}  // namespace millrace::nodes
