// SPDX-License-Identifier: Apache-2.0
#include "http/request/http_answer.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/request/retry_after.hpp"
#include "http/request/url_text.hpp"
#include "json_text.hpp"
#include "millrace/core/utf8.hpp"
#include "millrace/engine/node.hpp"

namespace millrace::nodes {
namespace {

using core::Value;
using engine::BodyReading;

constexpr std::size_t excerpt_bytes_max = 4096;

std::string_view header(const engine::HttpAnswer& answer, std::string_view name) {
    for (const auto& [key, value] : answer.headers) {
        if (key == name) return value;
    }
    return {};
}

/// Repeated headers are one list, but cookies, which may contain commas, are an array.
Value headers_value(const engine::HttpAnswer& answer) {
    std::vector<core::Member> members;
    std::map<std::string_view, std::string> joined;
    std::vector<Value> cookies;
    for (const auto& [name, value] : answer.headers) {
        if (name == "set-cookie") cookies.emplace_back(value);
        const auto [place, is_new] = joined.try_emplace(name, value);
        if (is_new) {
            members.push_back({name, {}});
        } else {
            place->second.append(", ").append(value);
        }
    }
    for (core::Member& member : members) {
        const bool is_cookies = member.key == "set-cookie";
        member.value = is_cookies ? Value::array(cookies) : Value{joined.at(member.key)};
    }
    return Value::object(std::move(members));
}

Value bytes_value(std::string_view body) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(body.data());
    return Value::bytes(std::span{data, body.size()});
}

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

struct MediaType {
    std::string type;  // without parameters
    bool latin1 = false;

    bool is_json() const { return type.ends_with("/json") || type.ends_with("+json"); }
    bool is_text() const {
        constexpr std::array<std::string_view, 6> texts = {
            "application/xml",  "application/javascript", "application/x-www-form-urlencoded",
            "application/yaml", "application/graphql",    "application/x-ndjson"};
        return type.starts_with("text/") || type.ends_with("+xml") || type.ends_with("+yaml") ||
               std::ranges::find(texts, type) != texts.end();
    }
};

MediaType media_type(const engine::HttpAnswer& answer) {
    const std::string text = lower(header(answer, "content-type"));
    const std::size_t end = text.find_first_of("; \t");
    const bool latin1 = text.find("charset=iso-8859-1") != std::string::npos ||
                        text.find("charset=\"iso-8859-1") != std::string::npos ||
                        text.find("charset=latin1") != std::string::npos;
    return {.type = text.substr(0, end), .latin1 = latin1};
}

std::string from_latin1(std::string_view body) {
    std::string text;
    for (const char c : body) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xc0 | byte >> 6);
            text += static_cast<char>(0x80 | (byte & 0x3f));
        }
    }
    return text;
}

Value text_value(std::string_view body, const MediaType& type) {
    if (type.latin1) return from_latin1(body);
    return body;
}

core::Result<Value> parsed(std::string_view body) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
    // How much may come is max_response's to say, and it has been said.
    return read_json_text(body, std::numeric_limits<std::size_t>::max());
}

core::Failure no_json(const engine::HttpCall& call, const core::Error& error) {
    const std::string_view fault = is_json_limit(error) ? " answered with JSON beyond a limit: "
                                                        : " did not answer with JSON: ";
    return json_failure(error, call.method + " " + std::string{without_query(call.url)} +
                                   std::string{fault} + error.message());
}

std::expected<Value, core::Failure> automatic_body(const engine::HttpCall& call,
                                                   const engine::HttpAnswer& answer) {
    if (answer.body.empty()) return Value{};
    const MediaType type = media_type(answer);
    if (type.is_json()) {
        core::Result<Value> value = parsed(answer.body);
        if (value) return *std::move(value);
        // A body that calls itself JSON and is none stays what it is; one that is only too deep
        // must not change its kind.
        if (is_json_limit(value.error())) return std::unexpected{no_json(call, value.error())};
    }
    const bool readable = type.latin1 || core::is_valid_utf8(answer.body);
    if ((type.is_json() || type.is_text()) && readable) return text_value(answer.body, type);
    return bytes_value(answer.body);
}

std::expected<Value, core::Failure> body_value(const engine::HttpCall& call,
                                               const engine::HttpAnswer& answer) {
    switch (call.response) {
        case BodyReading::automatic: return automatic_body(call, answer);
        case BodyReading::text: return text_value(answer.body, media_type(answer));
        case BodyReading::bytes: return bytes_value(answer.body);
        case BodyReading::json: break;
    }
    // There is nothing to read where the protocol says so.
    if (answer.body.empty() && (answer.status == 204 || call.method == "HEAD")) return Value{};
    core::Result<Value> value = parsed(answer.body);
    if (value) return *std::move(value);
    return std::unexpected{no_json(call, value.error())};
}

/// The beginning of a body for people; cut between characters.
Value excerpt(std::string_view body) {
    constexpr std::size_t cut_character_max = 3;
    const std::string_view begin = body.substr(0, excerpt_bytes_max);
    const std::size_t valid = core::valid_utf8_prefix(begin);
    const bool is_cut = begin.size() < body.size() && begin.size() - valid <= cut_character_max;
    if (valid == begin.size() || is_cut) return begin.substr(0, valid);
    return bytes_value(begin);
}

core::Failure status_failure(const engine::HttpCall& call, const engine::HttpAnswer& answer) {
    constexpr std::array<std::int32_t, 3> worth_another_try = {408, 425, 429};
    const bool server = answer.status >= 500;
    core::Failure failure;
    failure.code = "http_" + std::to_string(answer.status);
    failure.error_class = server ? core::ErrorClass::http_5xx : core::ErrorClass::http_4xx;
    failure.message = call.method + " " + std::string{without_query(call.url)} + " answered " +
                      std::to_string(answer.status);
    failure.recoverable =
        server || std::ranges::find(worth_another_try, answer.status) != worth_another_try.end();
    failure.details = Value::object({{"status", answer.status}, {"body", excerpt(answer.body)}});
    failure.retry_after_ms = retry_after_ms(header(answer, "retry-after"), header(answer, "date"));
    return failure;
}

}  // namespace

std::expected<Value, core::Failure> read_answer(const engine::HttpCall& call,
                                                const engine::HttpAnswer& answer) {
    const bool client_error = answer.status >= 400 && answer.status < 500;
    const bool server_error = answer.status >= 500;
    if ((client_error && call.fail_on_4xx) || (server_error && call.fail_on_5xx)) {
        return std::unexpected{status_failure(call, answer)};
    }
    std::expected<Value, core::Failure> body = body_value(call, answer);
    if (!body) return std::unexpected{std::move(body.error())};
    return Value::object({{"status", answer.status},
                          {"headers", headers_value(answer)},
                          {"body", *std::move(body)}});
}

}  // namespace millrace::nodes
