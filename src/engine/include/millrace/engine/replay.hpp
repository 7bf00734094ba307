// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/engine/shard.hpp"

namespace millrace::engine {

/// The first record in which a replay differs from the history that it was made from.
struct ReplayDifference {
    std::uint64_t seq = 0;
    std::string recorded;  ///< the kind, or that nothing was recorded
    std::string replayed;
};

struct Replay {
    std::vector<std::string> rows;  ///< packed like those of the history
    std::uint64_t inputs = 0;
    std::uint64_t derived = 0;
    std::optional<ReplayDifference> difference;  ///< none: every byte is the same
};

/// Feeds the input records of a history, row by row at their times, to an empty shard, which
/// decides everything else anew. Promised to be equal for histories of this program's
/// `engine_semantics`. Error when the rows cannot be read, or do not begin with the creation; stops
/// at the first difference. O(records).
core::Result<Replay> replay(core::ExecutionId id, std::shared_ptr<const Plan> plan,
                            std::span<const std::string> rows, const ShardOptions& options);

}  // namespace millrace::engine
