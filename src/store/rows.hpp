// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/status.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/store/store.hpp"

// What the implementations of Store have in common.

namespace millrace::store {

inline constexpr std::size_t partitions_count = 256;
inline constexpr std::size_t page_limit_max = 1'000;

using PartitionSet = std::bitset<partitions_count>;

/// The partitions of all rows that `frame` has for the store.
PartitionSet touched_partitions(const engine::Frame& frame);

/// The statuses that a filter lets through; they are stored as numbers, and these are neighbours.
struct StatusRange {
    std::uint8_t first = 0;
    std::uint8_t last = 0;

    bool contains(core::ExecutionStatus status) const;
};
StatusRange status_range(const ExecutionFilter& filter);
/// Whether `filter` lets `row` through.
bool matches(const ExecutionFilter& filter, const engine::ExecutionRow& row);

/// The status that is kept of a row that a frame inserts: one that was parked says so itself.
core::ExecutionStatus inserted_status(const engine::ExecutionRow& row);
/// `bad_argument` unless a parked execution may have the status of `row`.
core::Result<> check_parked_status(const engine::ParkedRow& row);

/// Checks the arguments of `Store::executions`; the id that the page's rows are below, if any.
core::Result<std::optional<core::ExecutionId>> page_start(std::size_t limit,
                                                          const std::string& cursor);
std::string page_cursor(core::ExecutionId last);

/// A place in the order in which executions failed.
struct FailurePlace {
    core::Time at;
    core::ExecutionId id;

    auto operator<=>(const FailurePlace&) const = default;
};
/// The same for `Store::failures`.
core::Result<std::optional<FailurePlace>> failures_start(std::size_t limit,
                                                         const std::string& cursor);
std::string failures_cursor(const FailurePlace& last);

/// Sees the journal rows of one execution in order and tells whether one is missing.
class JournalChain {
public:
    /// Rows must reach on from record `seq`; the first may begin at or before the next one.
    JournalChain(core::ExecutionId id, std::uint64_t seq) : id_{id}, seq_{seq} {}
    core::Result<> accept(std::uint64_t first_seq, std::uint32_t count);

private:
    core::ExecutionId id_;
    std::uint64_t seq_;
};

// Errors that every implementation words in the same way.
core::Error execution_not_found(core::ExecutionId id);
core::Error version_not_found(std::string_view workflow_id, std::uint32_t number);
core::Error epoch_is_stale(Epoch epoch, Epoch current);
core::Error frame_is_old(std::uint64_t frame, std::uint64_t position);
core::Error row_exists(std::string_view what, core::ExecutionId id);
core::Error not_live(core::ExecutionId id, std::string_view intent);
core::Error hash_differs(const engine::ExecutionRow& row, std::string_view saved);

}  // namespace millrace::store
