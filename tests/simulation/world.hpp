// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "dice.hpp"
#include "faults.hpp"
#include "history.hpp"
#include "millrace/engine/shard.hpp"

namespace millrace::simulation {

enum class Mode : std::uint8_t {
    plain,
    /// Rebuilds the World from snapshot and tail between frames and shuffles its rows.
    rebuild,
};

/// The production engine among simulated time, store, peers and callers, all from one seed.
class SimulatedWorld {
public:
    SimulatedWorld(std::uint64_t seed, Faults faults, Mode mode);

    /// Runs until every execution has ended, checks all invariants, and answers the hash of all
    /// that was committed.
    std::uint64_t run();
    std::size_t rows() const { return rows_; }
    const History& history() const { return history_; }

private:
    void plan_callers();
    void step();
    void gather(core::Time now);
    engine::Frame compute(core::Time now);
    bool commit(const engine::Frame& frame);
    void release(const engine::Frame& frame);
    void perform(const engine::Effect& effect);
    void abort(const engine::Abort& abort);
    void restart(bool process_died);
    void rebuild();
    void fill_shard(bool use_snapshots);
    core::Time next_time() const;
    Dice dice_for(std::uint64_t purpose, std::uint64_t counter) const;
    bool may_fail(Dice& dice);

    std::uint64_t seed_;
    Faults faults_;
    Mode mode_;
    engine::ShardOptions options_;
    std::unique_ptr<engine::Shard> shard_;
    History history_;
    core::Time now_{1'700'000'000'000};
    std::multimap<core::Time, engine::Input> to_come_;  // peers' results and callers' commands
    std::deque<engine::Input> inbox_;
    std::vector<engine::Input> uncommitted_;  // taken by frames whose commit is not known yet
    std::set<core::ExecutionId> promised_;    // callers were told that these exist
    std::set<core::ExecutionId> wanted_;
    std::uint64_t steps_ = 0;
    std::uint64_t restarts_ = 0;
    std::uint32_t faults_left_ = 12;  // so that every run comes to its end
    std::size_t rows_ = 0;
};

}  // namespace millrace::simulation
