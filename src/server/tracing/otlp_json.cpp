// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "millrace/core/json.hpp"
#include "tracing/span.hpp"

namespace millrace::server {
namespace {

using core::Value;

// JSON of OTLP: names in lowerCamelCase, ids in hexadecimal, 64-bit numbers as texts, enumerators
// as numbers.

std::string nanoseconds(core::Time time) {
    // Before 1970 is nothing that OTLP can say.
    return time.ms <= 0 ? "0" : std::to_string(time.ms) + "000000";
}

Value attribute_value(const SpanAttribute& attribute) {
    if (const auto* const text = std::get_if<std::string>(&attribute.second))
        return Value::object({{"stringValue", *text}});
    if (const auto* const number = std::get_if<std::int64_t>(&attribute.second))
        return Value::object({{"intValue", std::to_string(*number)}});
    return Value::object({{"boolValue", std::get<bool>(attribute.second)}});
}

Value attributes_value(const std::vector<SpanAttribute>& attributes) {
    std::vector<Value> list;
    list.reserve(attributes.size());
    for (const SpanAttribute& attribute : attributes)
        list.push_back(
            Value::object({{"key", attribute.first}, {"value", attribute_value(attribute)}}));
    return Value::array(std::move(list));
}

Value event_value(const SpanEvent& event) {
    core::ObjectBuilder object;
    object.set("timeUnixNano", nanoseconds(event.at)).set("name", event.name);
    if (!event.attributes.empty()) object.set("attributes", attributes_value(event.attributes));
    return std::move(object).build();
}

Value span_value(const Span& span) {
    core::ObjectBuilder object;
    object.set("traceId", span.trace_id).set("spanId", span.span_id);
    if (!span.parent_id.empty()) object.set("parentSpanId", span.parent_id);
    if (!span.trace_state.empty()) object.set("traceState", span.trace_state);
    object.set("name", span.name)
        .set("kind", static_cast<std::int64_t>(span.kind))
        .set("startTimeUnixNano", nanoseconds(span.start))
        .set("endTimeUnixNano", nanoseconds(span.end))
        .set("attributes", attributes_value(span.attributes));
    if (!span.events.empty()) {
        std::vector<Value> events;
        for (const SpanEvent& event : span.events)
            events.push_back(event_value(event));
        object.set("events", Value::array(std::move(events)));
    }
    core::ObjectBuilder status;
    status.set("code", static_cast<std::int64_t>(span.status));
    if (!span.message.empty()) status.set("message", span.message);
    object.set("status", std::move(status).build());
    return std::move(object).build();
}

}  // namespace

std::string otlp_request(std::span<const Span> spans, const SpanSource& source) {
    std::vector<Value> list;
    list.reserve(spans.size());
    for (const Span& span : spans)
        list.push_back(span_value(span));
    const Value resource = Value::object(
        {{"attributes", attributes_value({{"service.name", source.service_name},
                                          {"service.version", source.version},
                                          {"telemetry.sdk.name", std::string{"millrace"}},
                                          {"telemetry.sdk.language", std::string{"cpp"}},
                                          {"telemetry.sdk.version", source.version}})}});
    const Value scope = Value::object(
        {{"scope", Value::object({{"name", "millrace"}, {"version", source.version}})},
         {"spans", Value::array(std::move(list))}});
    return core::to_json(Value::object(
        {{"resourceSpans",
          Value::array(
              {Value::object({{"resource", resource}, {"scopeSpans", Value::array({scope})}})})}}));
}

OtlpRefusal read_otlp_answer(std::string_view body) {
    OtlpRefusal refusal;
    const auto answer = core::parse_json(body);
    if (!answer) return refusal;
    const Value* const partial = answer->find("partialSuccess");
    if (partial == nullptr) return refusal;
    if (const Value* const message = partial->find("errorMessage"); message && message->is_string())
        refusal.message = message->as_string();
    const Value* const rejected = partial->find("rejectedSpans");
    if (rejected == nullptr) return refusal;
    // A 64-bit number, which may be written either way.
    if (rejected->kind() == Value::Kind::integer) refusal.spans = rejected->as_integer();
    if (rejected->is_string()) {
        const std::string_view text = rejected->as_string();
        std::from_chars(text.data(), text.data() + text.size(), refusal.spans);
    }
    return refusal;
}

}  // namespace millrace::server
