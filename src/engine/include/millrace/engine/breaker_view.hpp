// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/time.hpp"
#include "millrace/engine/frame.hpp"

namespace millrace::engine {

enum class BreakerState : std::uint8_t { closed = 0, open = 1, half_open = 2 };
std::string_view to_text(BreakerState state);

/// A circuit breaker as the store holds it.
struct BreakerView {
    std::string key;  ///< `dependency/NAME` or `node/WORKFLOW/NODE`
    BreakerState state = BreakerState::closed;
    /// Open: probes are let through from then on; half open: others may take their place then.
    core::Time until;
    std::size_t failures = 0;  ///< closed: of late; the circuit opens when they are too many
    std::size_t probes = 0;    ///< half open: calls whose outcome is awaited
};

/// Nothing when the row is not that of a breaker, or cannot be read.
std::optional<BreakerView> read_breaker(const SharedRow& row);

}  // namespace millrace::engine
