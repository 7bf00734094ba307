// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/status.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/store/feed.hpp"

namespace millrace::runtime {

/// What one committed frame added to an execution's journal.
struct CommittedRow {
    core::ExecutionId id;
    std::uint64_t first_seq = 0;
    std::uint32_t count = 0;
    std::string bytes;                              ///< `engine::read_row` gives the records
    std::optional<core::ExecutionStatus> finished;  ///< present when this row ended the execution
    store::FeedPosition position;                   ///< of the row among all commits
    std::string workflow_id;  ///< present when this row is the execution's first
    /// Runs of it that wait for events now, and runs that wait for nothing any more.
    std::vector<engine::WaitRow> waits;
};

/// Watches what becomes durable, on the runtime's notifying thread. The engine never waits for it:
/// a watcher that is too slow is told so instead and catches up from the store's journal.
class Observer {
public:
    virtual ~Observer() = default;
    /// How long it may be left untold: waking a thread for each frame costs more than most
    /// observers do.
    virtual core::Duration patience() const { return core::Duration{0}; }
    /// Rows in the order of their commits.
    virtual void on_committed(std::span<const CommittedRow> rows) = 0;
    /// `rows` that followed the last ones told were left out.
    virtual void on_lagged(std::uint64_t rows) = 0;
};

}  // namespace millrace::runtime
