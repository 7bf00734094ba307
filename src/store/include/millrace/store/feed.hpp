// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"

namespace millrace::store {

/// A place in the order of all commits: behind the `row`-th journal row of a frame. The default one
/// is before everything.
struct FeedPosition {
    std::uint64_t frame = 0;
    std::uint32_t row = 0;  ///< from 1; 0: before the frame's first

    auto operator<=>(const FeedPosition&) const = default;
};

/// A journal row that was committed; its bytes are in the journal.
struct FeedRow {
    FeedPosition position;  ///< behind it
    core::ExecutionId id;
    std::uint64_t first_seq = 0;
    std::uint32_t count = 0;
};

/// The order in which executions went on, for those who follow many of them: kept for the newest
/// rows only, by bytes. Part of a Store and used like it; frames write it. A row may outlive its
/// execution, which retention has removed.
class Feed {
public:
    virtual ~Feed() = default;

    /// At most `limit` (1 to 10,000) rows behind `after`, in order. `not_found` when rows behind
    /// it may have been forgotten already: who asks must look at the executions anew.
    virtual core::Result<std::vector<FeedRow>> rows(FeedPosition after, std::size_t limit) = 0;
    /// Behind the newest row. `rows` never fails for it, unless more is forgotten meanwhile.
    virtual core::Result<FeedPosition> end() = 0;
};

}  // namespace millrace::store
