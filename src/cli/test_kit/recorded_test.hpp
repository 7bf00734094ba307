// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "executions/executions_commands.hpp"
#include "millrace/core/event.hpp"
#include "millrace/core/value.hpp"
#include "run/execution_facts.hpp"

namespace millrace::cli {

/// One execution with all that is known of it, from the store or from a server.
struct RecordedExecution {
    struct Run {
        engine::NodeView view;
        core::Value value;  ///< as `nodes` of an execution's body has it
    };

    ExecutionFacts facts;
    std::shared_ptr<const engine::Plan> plan;  ///< null where this build cannot compile it
    std::vector<Run> runs;                     ///< all, also those inside containers
    std::vector<core::Event> events;
};
/// `history` keeps every scope.
RecordedExecution recorded_execution(const History& history);

/// An execution with all its runs and events, as `executions export` writes it.
core::Value export_value(const RecordedExecution& execution, const core::Value& document);

/// The same as a document of tests with one test: what it was given, what its effects gave, and
/// what came of it. There is a plan. `workflow`: the file that the test names.
core::Value recorded_test(const RecordedExecution& execution, const std::string& workflow);

}  // namespace millrace::cli
