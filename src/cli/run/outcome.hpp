// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commands.hpp"
#include "millrace/engine/plan.hpp"
#include "run/asked_outside.hpp"
#include "run/execution_facts.hpp"
#include "terminal/timeline.hpp"

namespace millrace::cli {

/// Says what has become of an execution that was followed until it ended or rests, and how to go
/// on; prints its outputs, or with `--json` the whole execution. The status to end with: a run that
/// rests has done what was asked.
Exit conclude(const Context& context, const ExecutionFacts& facts,
              const std::vector<Question>& questions = {});

/// A bar per node, on stderr.
void print_timeline(const Console& console, const ExecutionFacts& facts, const engine::Plan& plan,
                    const InnerRuns& inner);

/// The failure of an execution with place, remedy and the command that shows more.
void explain_failure(const Context& context, const ExecutionFacts& facts);

/// What an execution waits for, and how it is answered.
void say_questions(const Context& context, const std::vector<Question>& questions,
                   const std::string& id);

/// `execution ID completed`, or why not.
Line end_line(const ExecutionFacts& facts);

/// What an unfinished execution does, and the command that lets it go on; one line.
std::string rest_words(const ExecutionFacts& facts);

}  // namespace millrace::cli
