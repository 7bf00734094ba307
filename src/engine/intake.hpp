// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "turn.hpp"

namespace millrace::engine {

// Inputs become records, or do not count. Each answers whether it left a record.

bool take_completion(Turn& turn, Completion completion);
bool take_cancel(Turn& turn, const CancelExecution& cancel);
bool take_recovery(Turn& turn);

bool take_pause(Turn& turn, const PauseExecution& pause);
bool take_resume(Turn& turn, const ResumeExecution& resume);
bool take_variables(Turn& turn, const ChangeVariables& change);
bool take_breakpoints(Turn& turn, const SetBreakpoints& set);
bool take_step(Turn& turn, const StepExecution& step);
bool take_node_command(Turn& turn, const CommandNode& command);
bool take_signal(Turn& turn, SendSignal signal);
bool take_answer(Turn& turn, AnswerWait answer);

/// Records what came from outside, with what follows from it at once. A replay does the same with
/// the record that it has read.
void take_input(Turn& turn, RecordBody body);
/// What a run becomes that an operator has decided about.
void follow_command(Turn& turn, const NodeCommanded& command);

/// Why the options of a new execution do not fit its workflow.
core::Result<> check_options(const Plan& plan, const ExecutionOptions& options);
/// The record that holds the options; nothing when all of them are the usual ones.
std::optional<ExecutionConfigured> configuration(const Plan& plan, const ExecutionOptions& options);

}  // namespace millrace::engine
