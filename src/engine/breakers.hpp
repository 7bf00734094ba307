// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/breaker_view.hpp"
#include "millrace/engine/frame.hpp"

namespace millrace::engine {

/// The circuit breakers of a shard (Nygard, Release It!, 2007): which dependencies have failed so
/// often of late that calling them is not worth the wait. Closed lets all calls through; open
/// none, until `reset` has passed; half open only a few, whose outcome decides. Holds no more
/// than what has failed. All of it goes to the store with the frame that changed it, so a rebuilt
/// shard refuses the same calls.
class Breakers {
public:
    /// Names a call.
    struct Call {
        core::ExecutionId execution;
        RunKey run;
        std::uint32_t attempt = 1;

        auto operator<=>(const Call&) const = default;
    };

    /// Nothing when the call may be made now; else when it is worth asking again.
    std::optional<core::Time> refuse(const PlanBreaker& breaker, const Call& call, core::Time now);
    void succeeded(const PlanBreaker& breaker, const Call& call);
    void failed(const PlanBreaker& breaker, const Call& call, core::Time now);
    /// The call was given up, or not needed in the end: it says nothing, and another may probe.
    void abandoned(const PlanBreaker& breaker, const Call& call);

    /// What a row tells that an earlier owner has left. Others are left alone.
    void restore(const SharedRow& row);
    /// Rows of the breakers that have changed since the last time, by key.
    std::vector<SharedRow> take_changes();
    bool has_changes() const { return !changed_.empty(); }

private:
    friend std::optional<BreakerView> read_breaker(const SharedRow& row);

    using State = BreakerState;
    struct Breaker {
        State state = State::closed;
        core::Time until;                  ///< open: no call before; half open: others may try then
        std::vector<core::Time> failures;  ///< closed: within the window, oldest first
        std::vector<Call> probes;          ///< half open: calls whose outcome is awaited
        std::uint32_t successes = 0;       ///< half open
    };

    static void turn(Breaker& breaker, State state, core::Time until);
    static std::string write(const Breaker& breaker);
    static std::optional<Breaker> read(std::string_view bytes);

    std::map<std::string, Breaker> breakers_;
    std::set<std::string> changed_;  // keys
};

/// Does the failure tell that the dependency is in trouble, rather than what was asked of it?
bool counts_against(const core::Failure& failure);

/// Of a call that an open circuit did not let through.
inline constexpr std::string_view circuit_open_code = "circuit_open";
core::Failure circuit_open_failure(const PlanNode& node, core::Time until, core::Time now);

}  // namespace millrace::engine
