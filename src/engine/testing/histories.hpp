// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "testing/shard_fixture.hpp"

namespace millrace::engine {

/// An execution that was stopped half way: its workflow and what happened to it so far. Between
/// them they show every kind of record and every phase that a run can be stored in.
struct Scenario {
    std::string name;
    PlanBuilder plan;
    std::function<void(ShardFixture&)> happen;  ///< after the start
};

const std::vector<Scenario>& scenarios();

/// Starts the scenario's execution with the input `{"n": 4}` and lets it happen.
void play(const Scenario& scenario, const std::shared_ptr<const Plan>& plan, ShardFixture& shard);

/// A shard that writes a snapshot after every few records.
ShardLimits snapshot_often();

/// Lets executions whose process is gone go on to their end: every effect answers `"done"`,
/// whoever is paused is resumed, and time passes for every timer.
void finish(ShardFixture& shard);

}  // namespace millrace::engine
