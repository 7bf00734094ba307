// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "millrace/core/value.hpp"
#include "millrace/engine/record.hpp"
#include "run_ref.hpp"

namespace millrace::engine {

/// A completed run that is to be undone if the scope fails that it belongs to by now: its own, or,
/// once that has completed, the one around it. All values are shared with what they were taken
/// from.
struct Undo {
    std::uint64_t seq = 0;  ///< of the record that completed it
    RunRef run;             ///< its instance may be gone
    std::string place;      ///< path of that instance; empty: the top level
    core::Value input;
    core::Value output;
    std::vector<core::Value> reads;  ///< aligned with PlanNode::undo_reads
};

/// Was the outcome brought about by the node itself, so that there is something to undo?
inline bool is_own_doing(CompletedBy by) {
    switch (by) {
        case CompletedBy::outputs:
        case CompletedBy::attempt:
        case CompletedBy::wait:
        case CompletedBy::scope:
        case CompletedBy::mocked: return true;
        case CompletedBy::default_value:
        case CompletedBy::fallback:
        case CompletedBy::trigger:
        case CompletedBy::pinned: return false;
    }
    return false;
}

/// What the node that undoes gets as its input.
inline core::Value undo_input(const core::Value& input, const core::Value& output) {
    return core::Value::object({{"input", input}, {"output", output}});
}

/// The output at `port`, or null.
core::Value output_at(const std::vector<PortValue>& outputs, core::PortIndex port);

/// Appends what a scope that has completed leaves to the one around it, in the order of completion.
void hand_up(std::vector<Undo>& from, std::vector<Undo>& to);

}  // namespace millrace::engine
