// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/message.hpp"
#include "millrace/engine/frame.hpp"

// W3C Trace Context, as callers send it.

namespace millrace::server {

/// Of the headers `traceparent` and `tracestate`; none when the first is not valid, which is then
/// as if there were no trace. A `tracestate` that is not valid is left out.
std::optional<engine::TraceContext> read_trace_context(std::string_view parent,
                                                       std::string_view state);

/// Of a request's headers.
std::optional<engine::TraceContext> trace_of(const Request& request);

}  // namespace millrace::server
