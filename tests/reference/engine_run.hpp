// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "effects.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/plan.hpp"
#include "observation.hpp"

namespace millrace::reference {

struct EngineRun {
    Observation seen;
    std::map<std::string, ObservedRun> viewed;  ///< as the view tells people at the end
    std::uint32_t crashes = 0;
    std::uint32_t parkings = 0;
    std::string problem;  ///< why it never came to an end; empty: it did
};

/// Runs the plan in a production shard, frame by frame. The seed chooses when effects answer, how
/// small the frames are, how soon an idle execution leaves memory, and when the process dies; none
/// of it may change what comes out.
EngineRun run_in_engine(const std::shared_ptr<const engine::Plan>& plan, const core::Value& input,
                        const Effects& effects, std::uint64_t seed);

}  // namespace millrace::reference
