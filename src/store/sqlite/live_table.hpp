// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "sqlite/connection.hpp"

namespace millrace::store::sqlite {

/// The writing side of the list of executions that are neither finished nor parked. An index of
/// them would cost every execution two entries (measured: 9 % of a commit's work at 1,024
/// executions to a frame), and most end soon. So only those with ids below a mark have a row; from
/// the mark on, whoever wants to know looks at all executions. After every `interval` new ones the
/// mark moves to where the newest was one interval ago, so that is never more than two intervals to
/// look at, and only what lives longer than one gets a row.
class LiveTable {
public:
    static constexpr std::uint64_t interval_default = 8'192;

    explicit LiveTable(std::uint64_t interval) : interval_{interval} {}

    /// Prepares the statements and reads where the last owner left off.
    core::Result<> open(Connection& connection);

    /// Of each frame: first `begin`, then what it does, `sweep` at its end, and `committed` once it
    /// is. What was not committed is forgotten at the next `begin`.
    void begin() { current_ = committed_; }
    core::Result<> insert_new(core::ExecutionId id, bool is_live);
    core::Result<> insert(core::ExecutionId id);
    core::Result<> erase(core::ExecutionId id);
    core::Result<> sweep();
    void committed() { committed_ = current_; }

private:
    struct State {
        core::ExecutionId mark;    // those below it have rows
        core::ExecutionId next;    // where the mark moves next
        core::ExecutionId newest;  // the highest id
        std::uint64_t added = 0;   // since `next` was set
    };

    core::Result<> run(Statement& statement, core::ExecutionId id);

    std::uint64_t interval_;
    Connection* connection_ = nullptr;
    Statement insert_;
    Statement erase_;
    Statement list_;
    Statement move_;
    State committed_;
    State current_;
};

}  // namespace millrace::store::sqlite
