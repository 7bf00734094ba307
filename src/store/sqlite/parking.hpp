// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/core/result.hpp"
#include "millrace/engine/frame.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/live_table.hpp"

namespace millrace::store::sqlite {

/// The writing side of parked executions: their rows, and the status that tells of them.
class Parking {
public:
    core::Result<> open(Connection& connection);

    /// Writes what `row` says, but for the snapshot.
    core::Result<> park(const engine::ParkedRow& row, LiveTable& live);
    /// Whether it was parked; only then something changes.
    core::Result<bool> unpark(core::ExecutionId id, LiveTable& live);

private:
    Connection* connection_ = nullptr;
    Statement put_;
    Statement erase_;
    Statement set_status_;
};

}  // namespace millrace::store::sqlite
