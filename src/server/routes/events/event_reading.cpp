// SPDX-License-Identifier: Apache-2.0
#include "routes/events/event_reading.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include "api/answer.hpp"
#include "api/request_body.hpp"
#include "http/target.hpp"
#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/percent.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/format/schema.hpp"
#include "tracing/trace_context.hpp"

namespace millrace::server {
namespace {

using core::Value;

constexpr std::string_view cloud_event_body_schema = R"({
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 255},
        "source": {"type": "string", "minLength": 1, "maxLength": 1024},
        "type": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        "time": {"type": "string"},
        "subject": {"type": "string", "minLength": 1, "maxLength": 1024},
        "datacontenttype": {"type": "string"},
        "data_base64": {"type": "string"}
    },
    "not": {"required": ["data", "data_base64"]}
})";

std::shared_ptr<const core::SchemaCheck> compiled(std::string_view schema) {
    auto check = format::compile_schema(schema_of(schema));
    MR_CHECK(check.has_value());
    return *std::move(check);
}

std::string media_type(const Request& request) {
    const std::string_view header = request.header("Content-Type");
    std::string type{header.substr(0, header.find(';'))};
    while (type.ends_with(' '))
        type.pop_back();
    std::ranges::transform(type, type.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return type;
}

std::unexpected<Problem> wrong(const std::string& path, std::string message) {
    Problem made = problem("invalid", message);
    ProblemDetail& error = made.errors.emplace_back();
    error.path = path;
    error.code = "bad_value";
    error.message = std::move(message);
    return std::unexpected(std::move(made));
}

/// Without an id of its own the key of the request names the event, so that a repetition does.
std::string new_id(const Request& request) {
    if (request.repeat_id) return request.repeat_id->text();
    static thread_local std::random_device device;
    const auto word = [] { return (std::uint64_t{device()} << 32) | device(); };
    const std::uint64_t high = word();
    return core::Uuid::v7(request.received_at, high, word()).text();
}

/// Reads the members that all forms share from an object that fits its schema.
std::expected<SentEvent, Problem> read_event(const Request& request, const Value& body,
                                             const std::string& pointer) {
    const auto text = [&](std::string_view key) {
        const Value* const found = body.find(key);
        return found == nullptr ? std::string{} : std::string{found->as_string()};
    };
    SentEvent sent;
    GivenEvent& event = sent.event;
    event.id = text("id");
    sent.has_id = !event.id.empty() || request.repeat_id.has_value();
    if (event.id.empty()) event.id = new_id(request);
    event.type = text("type");
    event.source = text("source");
    if (event.source.empty()) event.source = "api";
    event.subject = text("subject");
    event.since = request.received_at;
    event.time = request.received_at;
    event.trace = trace_of(request);
    if (const std::string time = text("time"); !time.empty()) {
        const auto read = core::Time::parse(time);
        if (!read)
            return wrong(core::pointer_child(pointer, "time"),
                         "the time is not one such as 2026-01-31T23:59:59Z");
        event.time = *read;
    }
    if (const Value* const data = body.find("data")) event.data = *data;
    const bool is_source_own = !reserved_name({}, event.source).empty();
    if (auto reserved = reserved_name(event.type, event.source); !reserved.empty())
        return wrong(core::pointer_child(pointer, is_source_own ? "source" : "type"),
                     std::move(reserved));
    return sent;
}

std::expected<SentEvent, Problem> read_cloud_event(const Request& request, const Value& body,
                                                   const std::string& pointer) {
    static const std::shared_ptr<const core::SchemaCheck> check = compiled(cloud_event_body_schema);
    if (auto checked = check_body(body, *check); !checked) {
        for (ProblemDetail& error : checked.error().errors)
            error.path = pointer + error.path;
        return std::unexpected(std::move(checked.error()));
    }
    auto sent = read_event(request, body, pointer);
    const Value* const packed = body.find("data_base64");
    if (!sent || packed == nullptr) return sent;
    const auto bytes = core::parse_base64(packed->as_string());
    if (!bytes) return wrong(core::pointer_child(pointer, "data_base64"), "it is not Base64");
    sent->event.data =
        Value::bytes({reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()});
    return sent;
}

/// The attributes are in headers that begin with `ce-`, the body is the data.
std::expected<SentEvent, Problem> read_binary_event(const Request& request) {
    core::ObjectBuilder attributes;
    for (const std::string_view name :
         {"specversion", "id", "source", "type", "time", "subject", "datacontenttype"}) {
        const std::string_view value = request.header("ce-" + std::string{name});
        if (!value.empty())
            attributes.set(name, decode_percent(value, false).value_or(std::string{value}));
    }
    const std::string type = media_type(request);
    if (type == "application/json" || type.ends_with("+json")) {
        auto data = read_body(request.body, format::Syntax::json);
        if (!data) return std::unexpected(std::move(data.error()));
        attributes.set("data", *std::move(data));
    } else if (type.starts_with("text/")) {
        attributes.set("data", request.body);
    } else if (!request.body.empty()) {
        attributes.set("data",
                       Value::bytes({reinterpret_cast<const std::uint8_t*>(request.body.data()),
                                     request.body.size()}));
    }
    return read_cloud_event(request, std::move(attributes).build(), {});
}

std::expected<SentEvents, Problem> read_batch(const Request& request) {
    const auto body = read_body(request.body, format::Syntax::json);
    if (!body) return std::unexpected(body.error());
    if (!body->is_array()) return wrong({}, "a batch is an array of events");
    if (body->size() > events_at_once_max)
        return wrong({}, "a batch has at most 1,000 events; send several");
    SentEvents all;
    all.is_batch = true;
    for (const Value& one : body->as_array()) {
        auto sent = read_cloud_event(request, one, core::pointer_child({}, all.events.size()));
        if (!sent) return std::unexpected(std::move(sent.error()));
        all.events.push_back(*std::move(sent));
    }
    return all;
}

std::expected<SentEvent, Problem> read_own(const Request& request) {
    static const std::shared_ptr<const core::SchemaCheck> check = compiled(sent_event_schema);
    const auto syntax = body_syntax(request);
    if (!syntax) {
        Problem refused = syntax.error();
        refused.detail += "; CloudEvents are taken as " + std::string{cloud_type} + " or " +
                          std::string{cloud_batch_type};
        return std::unexpected(std::move(refused));
    }
    const auto body = read_body(request.body, *syntax);
    if (!body) return std::unexpected(body.error());
    if (const auto checked = check_body(*body, *check); !checked)
        return std::unexpected(checked.error());
    return read_event(request, *body, {});
}

}  // namespace

const std::string_view sent_event_schema = R"({
    "description": "An event for triggers and for runs that wait.",
    "type": "object",
    "required": ["type"],
    "additionalProperties": false,
    "properties": {
        "id": {"description": "Names the event within its source: sent again within a day, it starts nothing new. Else the answer names it.", "type": "string", "minLength": 1, "maxLength": 255},
        "type": {"description": "Such as `order.created`; visible ASCII. `execution.`, `node.`, `stream.` and `millrace.` begin types of the server's own.", "type": "string", "pattern": "^[!-~]{1,255}$"},
        "source": {"description": "Where it comes from; `api` unless it is said.", "type": "string", "minLength": 1, "maxLength": 1024},
        "time": {"description": "When it happened; else now.", "type": "string"},
        "subject": {"description": "What it is about.", "type": "string", "minLength": 1, "maxLength": 1024},
        "data": {"description": "The inputs of the executions that it starts; any JSON."}
    }
})";

std::expected<SentEvents, Problem> read_sent_events(const Request& request) {
    const std::string type = media_type(request);
    if (type == cloud_batch_type) return read_batch(request);
    std::expected<SentEvent, Problem> sent;
    if (type == cloud_type) {
        const auto body = read_body(request.body, format::Syntax::json);
        if (!body) return std::unexpected(body.error());
        sent = read_cloud_event(request, *body, {});
    } else if (!request.header("ce-specversion").empty()) {
        sent = read_binary_event(request);
    } else {
        sent = read_own(request);
    }
    if (!sent) return std::unexpected(std::move(sent.error()));
    SentEvents all;
    all.events.push_back(*std::move(sent));
    return all;
}

}  // namespace millrace::server
