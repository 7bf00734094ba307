// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/breaker_view.hpp"
#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/store/dead_letters.hpp"
#include "millrace/store/result_cache.hpp"
#include "millrace/store/waits.hpp"

// What is stored, in the form that the API answers and `--json` prints.

namespace millrace::server {

core::Value text_or_null(const std::optional<std::string>& text);
core::Value time_or_null(const std::optional<core::Time>& time);

/// The body of a list.
core::Value list_body(std::vector<core::Value> items,
                      const std::optional<std::string>& next_cursor = {});

/// An execution in a list; `GET /executions/{id}` has all of it.
core::Value execution_row_value(const engine::ExecutionRow& row);
/// One run of a node: what an execution's `nodes` holds, with its `id`, `path` and `type`.
core::Value run_value(const engine::NodeView& node, const engine::Plan& plan);
/// The input, which may be large, is left out of lists.
core::Value dead_letter_value(const store::DeadLetter& letter, bool with_input);
core::Value cached_entry_value(const store::CachedEntry& entry);
core::Value breaker_value(const engine::BreakerView& breaker);
/// Nothing in it lets anybody answer.
core::Value wait_value(const store::Wait& wait);

}  // namespace millrace::server
