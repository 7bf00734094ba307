// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker_watch.hpp"
#include "follower.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/shard.hpp"

namespace millrace::simulation {

/// What a store would hold of one execution, and what follows its records.
struct StoredHistory {
    std::shared_ptr<const engine::Plan> plan;
    std::vector<std::string> rows;
    std::string snapshot;
    std::size_t rows_in_snapshot = 0;
    std::optional<engine::ExecutionRow> row;
    std::optional<engine::ParkedRow> parked;
    std::optional<Follower> follower;
    std::optional<engine::ExecutionView> view;
    std::uint64_t events = 0;
    std::uint64_t last_frame = 0;   ///< in which it made records
    std::uint64_t turns_alone = 0;  ///< frames in which it only went on

    bool is_live() const { return row && !core::is_terminal(row->status); }
    /// `from_snapshot` false: from the first record.
    engine::StoredExecution stored(core::ExecutionId id, bool from_snapshot) const;
};

/// How often each kind of record was committed: a simulation that never does something proves
/// nothing about it.
using KindCounts = std::map<std::string_view, std::size_t>;

/// The durable part of a simulated world: committed frames and nothing else. Every committed record
/// is checked.
class History {
public:
    /// Plans by the hash that execution rows name.
    void know(const std::shared_ptr<const engine::Plan>& plan);
    /// Keeps a frame whole. Breaks the rules of a store loudly.
    void commit(const engine::Frame& frame);
    /// All executions have ended: what must hold of them as a whole.
    void finish(const engine::ShardOptions& options) const;

    const std::map<core::ExecutionId, StoredHistory>& all() const { return executions_; }
    bool knows(core::ExecutionId id) const { return executions_.contains(id); }
    /// Live and parked.
    bool is_parked(core::ExecutionId id) const;
    std::uint64_t frame() const { return frame_; }
    core::Time time() const { return time_; }
    std::size_t live_count() const;
    std::size_t live_count(const std::string& workflow) const;
    std::size_t row_count() const;
    /// Of every committed byte: two runs of a seed must agree.
    std::uint64_t hash() const;
    /// The first journal row that differs, in words; for a person who looks for the reason.
    std::string difference(const History& other) const;
    /// Executions that have not ended, with their last rows.
    std::string leftovers() const;
    const KindCounts& kinds() const { return kinds_; }
    const BreakerWatch& breakers() const { return breakers_; }

private:
    void feed(StoredHistory& history, core::ExecutionId id, const engine::JournalRow& row);
    void check_turns(StoredHistory& history, core::ExecutionId id, bool goes_on);
    void check_limits(const engine::Frame& frame) const;
    void check_letters(const engine::Frame& frame);
    void park(const engine::ParkedRow& row);
    void keep_waits(const engine::Frame& frame);

    std::map<std::string, std::shared_ptr<const engine::Plan>> plans_;
    std::map<core::ExecutionId, StoredHistory> executions_;
    std::map<std::string, std::uint32_t> permits_;  // by workflow: how many hold one
    std::uint64_t frame_ = 0;
    core::Time time_;
    std::set<std::pair<core::ExecutionId, engine::RunKey>> waits_;  // by the rows of frames
    std::string parked_;  // who was parked, how and until when
    KindCounts kinds_;
    BreakerWatch breakers_;
    std::string shared_;  // what executions share, as it changed
};

/// Says what is broken and ends the process with the seed's command on stderr.
[[noreturn]] void violated(const std::string& what);
/// The command that `violated` prints.
void set_command(std::string command);
/// Says on stderr what happens, when that was asked for.
void trace(const std::string& what);
void set_tracing(bool on);

}  // namespace millrace::simulation
