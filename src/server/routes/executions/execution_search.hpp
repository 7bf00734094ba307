// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {

/// Which executions somebody looks for.
struct ExecutionSearch {
    store::ExecutionFilter filter;
    /// A part of the id, or a text in labels, inputs, outputs or error, whatever the case of ASCII
    /// letters; empty: all.
    std::string text;
    /// Unfinished, not paused, without a step for that long, and with nothing due.
    std::optional<core::Duration> stuck_for;
    core::Time now;
};

/// One page looks into no more journals than this; fewer may be found, and the cursor goes on.
inline constexpr std::size_t searched_executions_max = 500;
inline constexpr std::size_t searched_bytes_max = 32u << 20;

/// At most `limit` that follow `cursor`. What the row does not tell is looked up in the journal.
core::Result<store::ExecutionPage> find_executions(runtime::Runtime& runtime,
                                                   const ExecutionSearch& search, std::size_t limit,
                                                   const std::string& cursor);

/// Whether `text` contains `part`, whatever the case of ASCII letters.
bool contains_text(std::string_view text, std::string_view part);

}  // namespace millrace::server
