// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commands.hpp"

namespace millrace::cli {

// The commands below `millrace workflows`.
void add_workflows_list(CLI::App& group, Action& chosen);
void add_workflows_show(CLI::App& group, Action& chosen);
void add_workflows_versions(CLI::App& group, Action& chosen);
void add_workflows_diff(CLI::App& group, Action& chosen);
void add_workflows_export(CLI::App& group, Action& chosen);
/// activate, deactivate and delete.
void add_workflows_change(CLI::App& group, Action& chosen);

}  // namespace millrace::cli
