// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/engine/breaker_view.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::simulation {

/// Watches the circuit breakers of a shard from outside: by the calls that leave, by what becomes
/// of them, and by the rows that are stored.
class BreakerWatch {
public:
    /// A record of the frame at hand, of an execution of `plan`.
    void feed(const engine::Plan& plan, const engine::Record& record);
    /// An effect that leaves with it.
    void leave(const engine::PlanNode& node);
    /// The frame is complete.
    void commit(const engine::Frame& frame);

    /// What a shard is given again after a restart.
    const std::map<std::string, engine::SharedRow>& rows() const { return rows_; }

private:
    struct Watched {
        core::CircuitBreaker policy;
        engine::BreakerState state = engine::BreakerState::closed;
        core::Time until;
        std::vector<core::Time> failures;  ///< since it closed last
        // Of the frame at hand.
        std::uint32_t calls = 0;
        std::uint32_t refused = 0;
    };

    Watched& watched(const engine::PlanBreaker& breaker);
    void check(const std::string& key, const Watched& before, const engine::BreakerView& after,
               core::Time now) const;

    std::map<std::string, Watched> all_;
    std::map<std::string, engine::SharedRow> rows_;  // by key
};

}  // namespace millrace::simulation
