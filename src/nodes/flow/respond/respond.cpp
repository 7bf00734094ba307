// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "behaviours.hpp"
#include "field.hpp"
#include "millrace/core/json.hpp"
#include "millrace/nodes/response_headers.hpp"

namespace millrace::nodes {
namespace {

using core::ProblemCode;
using core::Value;

constexpr std::int64_t status_min = 200;
constexpr std::int64_t status_max = 599;
constexpr std::size_t headers_max = 100;

/// What the connection writes itself.
constexpr std::array<std::string_view, 9> connection_headers{
    "connection", "content-encoding", "content-length",    "date",   "keep-alive",
    "server",     "trailer",          "transfer-encoding", "upgrade"};
/// What browsers understand as said of the whole origin.
constexpr std::array<std::string_view, 11> origin_headers{
    "accept-ch",       "alt-svc",   "clear-site-data",          "nel",
    "public-key-pins", "report-to", "service-worker-allowed",   "set-cookie",
    "set-cookie2",     "set-login", "strict-transport-security"};

std::string lower(std::string_view text) {
    std::string made{text};
    std::ranges::transform(made, made.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return made;
}

bool has(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

bool is_header_name(std::string_view name) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::ranges::all_of(name, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != marks.npos;
    });
}

/// Why a name cannot be that of an answer's header; empty: it can.
std::string name_mistake(std::string_view name) {
    if (!is_header_name(name)) return "is no name of a header";
    if (has(connection_headers, lower(name))) return "is the server's own affair";
    if (has(origin_headers, lower(name)))
        return "is not for answers of webhooks: browsers take it for all of the server";
    return {};
}

std::string text_of(const Value& value) {
    if (value.is_null()) return {};
    return value.is_string() ? std::string{value.as_string()} : core::to_json(value);
}

std::optional<std::int64_t> status_of(const Value& status) {
    if (status.is_null()) return 200;
    if (status.is_integer()) return status.as_integer();
    if (!status.is_string() || status.as_string().size() != 3) return std::nullopt;
    std::int64_t number = 0;
    for (const char c : status.as_string()) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    return number;
}

class FlowRespond final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        const Value* const headers = data.find("headers");
        if (headers == nullptr || !headers->is_object()) return;
        const std::string place = core::pointer_child(pointer, "headers");
        for (const core::Member& header : headers->as_object()) {
            if (const std::string mistake = name_mistake(header.key); !mistake.empty()) {
                add_problem(problems, ProblemCode::bad_value,
                            core::pointer_child(place, header.key),
                            "the header " + header.key + " " + mistake);
            }
        }
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        const auto status = status_of(call.field("status"));
        if (!status || *status < status_min || *status > status_max) {
            return engine::validation_failure("bad_response",
                                              "status must be a number from 200 to 599");
        }
        core::ObjectBuilder headers;
        const Value& given = call.field("headers");
        if (!given.is_null() && (!given.is_object() || given.size() > headers_max)) {
            return engine::validation_failure(
                "bad_response", "headers must be an object of at most 100 names and texts");
        }
        if (given.is_object()) {
            for (const core::Member& header : given.as_object()) {
                if (const std::string mistake = name_mistake(header.key); !mistake.empty()) {
                    return engine::validation_failure("bad_response",
                                                      "the header " + header.key + " " + mistake);
                }
                headers.set(lower(header.key), text_of(header.value));
            }
        }
        engine::Emit emit = engine::Emit::out(call.input());
        emit.response = Value::object({{"status", *status},
                                       {"headers", std::move(headers).build()},
                                       {"body", call.field("body")}});
        return emit;
    }
};

}  // namespace

bool is_reserved_response_header(std::string_view name) {
    const std::string key = lower(name);
    return has(connection_headers, key) || has(origin_headers, key);
}

Behaviour flow_respond() {
    return std::make_shared<FlowRespond>();
}

}  // namespace millrace::nodes
