// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::store {

/// Which finished executions may go; it says so by time, by number, or by both.
struct PruneRequest {
    std::optional<std::string> workflow_id;      ///< none: of all workflows
    std::vector<std::string> except;             ///< but not of these
    std::optional<core::Time> completed_before;  ///< none: whatever their age
    std::optional<std::uint64_t> keep_newest;    ///< finished ones that stay, whatever their age
    std::size_t limit = 500;                     ///< of executions, 1 to 10,000, in one transaction
    std::string cursor;                          ///< where an earlier call has ended
};

struct Prunable {
    std::vector<core::ExecutionId> ids;  ///< oldest first
    std::uint64_t looked_at = 0;
    std::optional<std::string> next_cursor;  ///< none: there is nothing further
};

struct Pruned {
    std::uint64_t executions = 0;  ///< that were removed
    std::size_t done = 0;          ///< of those that were named; the others are for another call
};

/// Removes what is finished, in small pieces that frames need not wait for long. Part of a Store
/// and used like it: `prunable`, `removable` and
/// `free_bytes` are reading calls, the others writing ones.
class Retention {
public:
    virtual ~Retention() = default;
    /// Which may go by the request. Looks at a bounded number, so that it may find none although
    /// there is a next cursor.
    virtual core::Result<Prunable> prunable(const PruneRequest& request) = 0;
    /// Those of `ids` that `prune` would remove: the others have not finished or must stay.
    virtual core::Result<std::vector<core::ExecutionId>> removable(
        std::span<const core::ExecutionId> ids) = 0;
    /// Removes finished executions with their journals, waits and decided dead letters, in one
    /// transaction that ends early when the journals are long. Those that an open dead letter, an
    /// unfinished fork or a parent that waits for them needs stay. After a loss of power they may
    /// be back.
    virtual core::Result<Pruned> prune(std::span<const core::ExecutionId> ids) = 0;
    /// Removes one in the same way, durably. `not_found`, or a `conflict` when it is not finished
    /// or must stay.
    virtual core::Result<> remove(core::ExecutionId id) = 0;

    /// Bytes on disk that hold nothing: what comes next is written there.
    virtual core::Result<std::uint64_t> free_bytes() = 0;
    /// Gives at most `bytes` of free space back to the file system; how many. Cheap when there is
    /// none. A database that was made without that ability keeps its size until it is compacted,
    /// see admin.hpp.
    virtual core::Result<std::uint64_t> give_back(std::uint64_t bytes) = 0;
};

}  // namespace millrace::store
