// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/ids.hpp"
#include "millrace/engine/fwd.hpp"

// Names of spans are functions of what they stand for, so that nobody has to remember them.

namespace millrace::engine {

/// Of an execution that belongs to no trace from outside: the 32 hexadecimal digits of its id.
std::string own_trace_id(core::ExecutionId id);

/// The execution's own span: 16 hexadecimal digits, never all zero.
std::string execution_span(core::ExecutionId id);
/// The span of one attempt of a run; attempt 0: of the run as a whole.
std::string run_span(core::ExecutionId id, std::string_view path, std::uint32_t generation,
                     std::uint32_t attempt);

/// What the attempt passes on: its `parent_span` is the attempt's own. Made when it is asked for,
/// since most effects tell nobody.
TraceContext trace_of(const Effect& effect);

}  // namespace millrace::engine
