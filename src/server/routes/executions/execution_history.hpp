// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/runtime/runtime.hpp"

namespace millrace::server {

/// An execution as its journal tells it, for those who look through many.
struct ExecutionHistory {
    engine::ExecutionView view;
    core::Time last_progress;            ///< of the last record
    std::optional<core::Time> last_due;  ///< the latest time that something waits or waited for
    std::size_t bytes = 0;               ///< of the journal
};

/// `scope` as in `engine::ExecutionView`.
core::Result<ExecutionHistory> read_history(runtime::Runtime& runtime,
                                            const engine::ExecutionRow& row,
                                            std::string scope = {});

}  // namespace millrace::server
