// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

namespace millrace::server {

using SpanAttribute = std::pair<std::string, std::variant<std::string, std::int64_t, bool>>;

struct SpanEvent {
    std::string name;
    core::Time at;
    std::vector<SpanAttribute> attributes;
};

/// A piece of work in a trace, as OpenTelemetry has it.
struct Span {
    /// The numbers are those of OTLP.
    enum class Kind : std::uint8_t { internal = 1, server = 2, client = 3, consumer = 5 };
    enum class Status : std::uint8_t { unset = 0, ok = 1, error = 2 };

    std::string trace_id;
    std::string span_id;
    std::string parent_id;  ///< empty: it is the first of its trace
    std::string trace_state;
    std::string name;
    Kind kind = Kind::internal;
    core::Time start;
    core::Time end;
    Status status = Status::unset;
    std::string message;  ///< of an error
    std::vector<SpanAttribute> attributes;
    std::vector<SpanEvent> events;
};

/// Who made the spans.
struct SpanSource {
    std::string service_name;
    std::string version;
};

/// The body of an OTLP request over HTTP, as JSON: `ExportTraceServiceRequest`.
std::string otlp_request(std::span<const Span> spans, const SpanSource& source);

/// How many spans a receiver has refused, by the body of its answer; and why.
struct OtlpRefusal {
    std::int64_t spans = 0;
    std::string message;
};
OtlpRefusal read_otlp_answer(std::string_view body);

}  // namespace millrace::server
