// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::store {

/// How often a trigger was called, and with what success.
struct TriggerCount {
    std::string workflow_id;
    std::string node_id;
    std::uint64_t calls = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t refused = 0;
    std::uint64_t total_us = 0;  ///< of all answers together
    core::Time last_at;          ///< the last call

    friend bool operator==(const TriggerCount&, const TriggerCount&) = default;
};

/// Sums of calls by trigger. Part of a Store and used like it.
class TriggerCounts {
public:
    virtual ~TriggerCounts() = default;

    /// Adds to what is counted; the later last call stays. Not waited for: durable with the next
    /// frame.
    virtual core::Result<> add(std::span<const TriggerCount> counts) = 0;
    /// Of one workflow or of all, in order of workflow and node.
    virtual core::Result<std::vector<TriggerCount>> list(
        const std::optional<std::string>& workflow_id) = 0;
};

}  // namespace millrace::store
