// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace millrace::cli {

/// All settings in Markdown, from their table: docs/configuration.md.
std::string configuration_page();

}  // namespace millrace::cli
