// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "millrace/engine/effect.hpp"
#include "millrace/engine/frame.hpp"

namespace millrace::runtime {

/// The header `traceparent` of W3C Trace Context; empty when the context names no trace or no span.
std::string traceparent(const engine::TraceContext& trace);

/// Lets whoever is called go on with the trace, unless the call has such a header of its own.
void add_trace(engine::HttpCall& call, const engine::TraceContext& trace);

}  // namespace millrace::runtime
