// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/shard.hpp"

namespace millrace::simulation {

/// What a store would hold of one execution.
struct StoredHistory {
    std::shared_ptr<const engine::Plan> plan;
    std::vector<std::string> rows;
    std::string snapshot;
    std::size_t rows_in_snapshot = 0;
    std::optional<engine::ExecutionRow> row;
};

/// The durable part of a simulated world: committed frames and nothing else.
class History {
public:
    /// Plans by the hash that execution rows name.
    void know(const std::shared_ptr<const engine::Plan>& plan);
    /// Keeps a frame whole. Breaks the rules of a store loudly.
    void commit(const engine::Frame& frame);

    /// What a restart finds; `use_snapshots` false replays from the first record.
    std::vector<engine::StoredExecution> live(bool use_snapshots) const;
    const std::map<core::ExecutionId, StoredHistory>& all() const { return executions_; }
    std::uint64_t frame() const { return frame_; }
    core::Time time() const { return time_; }
    std::size_t live_count() const;
    /// Of every committed byte: two runs of a seed must agree.
    std::uint64_t hash() const;
    /// The first journal row that differs, in words; for a person who looks for the reason.
    std::string difference(const History& other) const;

private:
    std::map<std::string, std::shared_ptr<const engine::Plan>> plans_;
    std::map<core::ExecutionId, StoredHistory> executions_;
    std::uint64_t frame_ = 0;
    core::Time time_;
};

/// How often each kind of record was committed: a simulation that never does something proves
/// nothing about it.
using KindCounts = std::map<std::string_view, std::size_t>;
void count_kinds(const History& history, KindCounts& counts);

/// Says what is broken and ends the process with the seed's command on stderr.
[[noreturn]] void violated(const std::string& what);
/// The command that `violated` prints.
void set_command(std::string command);

/// Everything that one execution's history promises by itself; see invariants.cpp.
void check_history(core::ExecutionId id, const StoredHistory& history);
/// Feeds the input records to an empty shard and compares every derived record.
void check_replay(core::ExecutionId id, const StoredHistory& history,
                  const engine::ShardOptions& options);

}  // namespace millrace::simulation
