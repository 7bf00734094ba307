// SPDX-License-Identifier: Apache-2.0
#include "http/trace_headers.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <string_view>

namespace millrace::runtime {
namespace {

constexpr std::size_t trace_id_digits = 32;
constexpr std::size_t span_id_digits = 16;

bool has(const engine::HttpCall& call, const char* name) {
    return std::ranges::any_of(call.headers, [name](const auto& header) {
        return curl_strequal(header.first.c_str(), name) != 0;
    });
}

}  // namespace

std::string traceparent(const engine::TraceContext& trace) {
    const bool is_named =
        trace.trace_id.size() == trace_id_digits && trace.parent_span.size() == span_id_digits;
    if (!is_named) return {};
    return "00-" + trace.trace_id + "-" + trace.parent_span + (trace.is_sampled ? "-01" : "-00");
}

void add_trace(engine::HttpCall& call, const engine::TraceContext& trace) {
    // Whoever sets one of the two speaks of another trace.
    if (has(call, "traceparent") || has(call, "tracestate")) return;
    std::string parent = traceparent(trace);
    if (parent.empty()) return;
    call.headers.emplace_back("traceparent", std::move(parent));
    if (!trace.state.empty()) call.headers.emplace_back("tracestate", trace.state);
}

}  // namespace millrace::runtime
