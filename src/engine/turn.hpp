// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apply.hpp"
#include "executions.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/shard.hpp"
#include "state.hpp"

namespace millrace::engine {

/// Buffers that deciding reuses, so that a transition allocates nothing in steady state.
struct Scratch {
    std::vector<expr::Operand> operands;  // of the data template, then of deferred expressions
    std::vector<core::Value> inputs;
    std::vector<std::string_view> labels;
};

/// The attempt of an effect that was given up in the frame that asked for it; such effects leave
/// the frame at its end.
inline constexpr std::uint32_t taken_back = 0;

struct SharedState;

/// One execution's turn in a frame: what the systems see, and where their decisions go.
class Turn {
public:
    /// `shared_state` is null in a replay.
    Turn(ExecutionState& execution, Frame& output, Executions& executions, Applier& applier,
         const ShardOptions& options, Scratch& scratch_buffers, SharedState* shared_state)
        : x{execution},
          frame{output},
          all{executions},
          limits{options.limits},
          scratch{scratch_buffers},
          shared{shared_state},
          applier_{applier},
          options_{options} {}

    /// Records what came from outside, and applies it.
    void input(RecordBody body) { write(Origin::input, std::move(body)); }
    /// Records a decision, and applies it.
    void record(RecordBody body) { write(Origin::derived, std::move(body)); }

    /// The execution may not decide more in this frame.
    bool used_up() const {
        return x.share.transitions >= limits.execution_transitions_max ||
               x.share.row->bytes().size() >= limits.execution_record_bytes_max;
    }

    const Plan& plan() const { return *x.plan; }
    const PlanNode& node(core::NodeIndex i) const { return x.plan->node(i); }
    const RunState& run(RunRef ref) const { return all.run(x, ref); }
    const RunData& data(RunRef ref) const { return all.data(x, ref); }
    RunKey key(RunRef ref) const { return x.key(ref); }
    core::Time now() const { return frame.now; }

    /// Takes the effect of the run's open attempt back. True when it began in this frame, so that
    /// it will never be performed.
    bool take_back(RunRef run);
    /// Gives the open attempt of the run up. True when nobody will answer for it: it began in this
    /// frame, so that its effect could be taken back, or lets what it has started go on. Else the
    /// executor is asked to stop it.
    bool abort(RunRef run);
    /// `execution.step_key` in expressions and the Idempotency-Key outside.
    std::string step_key(RunRef run) const { return step_key(run, all.path(x, run)); }
    std::string step_key(RunRef run, const std::string& path) const;
    std::string digest(std::string_view text) const { return options_.digest(text); }

    ExecutionState& x;
    Frame& frame;
    Executions& all;
    const ShardLimits& limits;
    Scratch& scratch;
    SharedState* const shared;

private:
    void write(Origin origin, RecordBody body);

    Applier& applier_;
    const ShardOptions& options_;
};

}  // namespace millrace::engine
