// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "commands.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/library.hpp"
#include "terminal/console.hpp"

namespace millrace::cli {

// Tables of what the API answers.
std::string entry_table(const Console& console, const core::Value& body);
std::string version_table(const Console& console, const core::Value& body);

/// An entry; for one that is not there an error that names one with a similar id.
core::Result<store::WorkflowEntry> find_entry(store::Library& library, const std::string& id);

}  // namespace millrace::cli
