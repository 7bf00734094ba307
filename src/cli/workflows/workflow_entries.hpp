// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "commands.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/library.hpp"
#include "terminal/console.hpp"

namespace millrace::cli {

/// `run`, `put` or `file`.
std::string_view to_text(store::WorkflowOrigin origin);

/// An item of `GET /workflows`.
core::Value entry_value(const store::WorkflowEntry& entry);
/// An item of `GET /workflows/{id}/versions`.
core::Value version_value(const store::VersionEntry& version);

std::string entry_table(const Console& console, const std::vector<store::WorkflowEntry>& entries);
std::string version_table(const Console& console, const std::vector<store::VersionEntry>& versions);

/// An entry; for one that is not there an error that names one with a similar id.
core::Result<store::WorkflowEntry> find_entry(store::Library& library, const std::string& id);

}  // namespace millrace::cli
