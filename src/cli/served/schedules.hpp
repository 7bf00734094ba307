// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "commands.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "remote/api_client.hpp"
#include "terminal/console.hpp"

namespace millrace::cli {

// The commands below `millrace schedules` that have a file of their own.
void add_schedules_preview(CLI::App& group, Action& chosen);
void add_schedules_backfill(CLI::App& group, Action& chosen);

/// The schedule that is meant.
struct ScheduleChoice {
    std::string workflow;
    std::string node;  ///< empty: the only one of the workflow

    void add_to(CLI::App& command);
    /// Its path in the API; the server is asked where the node is not said.
    core::Result<std::string> path(const ApiClient& client) const;
};

/// Due times of a list, a line each.
std::string due_table(const Console& console, const core::Value& body);

}  // namespace millrace::cli
