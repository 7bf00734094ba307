// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::store {

/// Which finished executions may go; it says so by time, by number, or by both.
struct PruneRequest {
    std::optional<std::string> workflow_id;      ///< none: of all workflows
    std::optional<core::Time> completed_before;  ///< none: whatever their age
    std::optional<std::uint64_t> keep_newest;    ///< finished ones that stay, whatever their age
    std::size_t limit = 500;                     ///< of executions, 1 to 10,000, in one transaction
    std::string cursor;                          ///< where an earlier call has ended
};

struct Pruned {
    std::uint64_t executions = 0;
    std::uint64_t looked_at = 0;
    std::optional<std::string> next_cursor;  ///< none: there is nothing further
};

/// Removes what is finished, in small pieces that frames need not wait for long. Part of a Store
/// and used like it.
class Retention {
public:
    virtual ~Retention() = default;
    /// Removes executions with their journals and decided dead letters; those that an open dead
    /// letter or an unfinished fork needs stay.
    /// They may be back after a loss of power, for the next call to remove.
    virtual core::Result<Pruned> prune(const PruneRequest& request) = 0;
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
