// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/frame.hpp"

namespace millrace::store {

// The numbers are stored; never renumber.
enum class DeadLetterStatus : std::uint8_t {
    open = 0,       ///< somebody has to decide
    replayed = 1,   ///< was done again as another execution
    discarded = 2,  ///< nobody will do it again
};
std::string_view to_text(DeadLetterStatus status);
std::optional<DeadLetterStatus> parse_dead_letter_status(std::string_view text);

/// Work that has failed for good, and what became of it.
struct DeadLetter {
    std::uint64_t number = 0;  ///< rises with each one; names it
    engine::DeadLetterRow row;
    DeadLetterStatus status = DeadLetterStatus::open;
    std::optional<core::ExecutionId> replayed_as;
    std::optional<core::Time> decided_at;
};

struct DeadLetterFilter {
    std::optional<DeadLetterStatus> status;
    std::optional<std::string> workflow_id;
    std::optional<std::string> node_id;
    std::optional<core::ExecutionId> execution;
    std::optional<std::string> code;           ///< of the failure
    std::optional<core::Time> created_after;   ///< at this time or later
    std::optional<core::Time> created_before;  ///< earlier than this time
};

struct DeadLetterPage {
    std::vector<DeadLetter> items;           ///< newest first
    std::optional<std::string> next_cursor;  ///< opaque, stable under inserts
};

/// The dead letters that frames have written. Part of a Store and used like it.
class DeadLetters {
public:
    virtual ~DeadLetters() = default;

    /// At most `limit` (1 to 1,000) that follow `cursor`; empty: from the newest.
    virtual core::Result<DeadLetterPage> list(const DeadLetterFilter& filter, std::size_t limit,
                                              const std::string& cursor) = 0;
    virtual core::Result<DeadLetter> find(std::uint64_t number) = 0;

    /// `conflict` unless it is open; both are durable when they return. The input, which may be
    /// large, goes with the decision.
    virtual core::Result<> mark_replayed(std::uint64_t number, core::ExecutionId as,
                                         core::Time now) = 0;
    virtual core::Result<> discard(std::uint64_t number, core::Time now) = 0;
};

}  // namespace millrace::store
