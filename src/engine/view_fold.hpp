// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "millrace/core/event.hpp"
#include "millrace/engine/record.hpp"
#include "view_state.hpp"

namespace millrace::engine {

/// Applies the next record; the event that it stands for, if any.
std::optional<core::Event> fold(ViewState& view, const Record& record);

}  // namespace millrace::engine
