// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/store/triggers.hpp"
#include "millrace/store/waits.hpp"

// What the implementations of waits and triggers have in common.

namespace millrace::store {

inline constexpr std::string_view wait_cursor = "q1-";

/// What a frame says of a wait; of one that it closes only what its end is.
Wait wait_of(const engine::WaitRow& row);
bool matches(const WaitFilter& filter, const Wait& wait);
core::Error wait_not_found();
core::Error wait_not_found(core::ExecutionId id);
core::Error schedule_not_found(const std::string& workflow_id, const std::string& node_id);
/// `bad_argument` unless it is from 1 to 1,000.
core::Result<> check_waits_limit(std::size_t limit);

/// Parts a type as documents name it, `trigger.webhook@2`; one without a version is of the first.
void set_type(ActiveTrigger& trigger, std::string_view type);
/// The trigger nodes of a document as JSON, in its order; a text that is none has none.
std::vector<ActiveTrigger> triggers_in(const std::string& document, const std::string& workflow_id,
                                       std::uint32_t version);

}  // namespace millrace::store
