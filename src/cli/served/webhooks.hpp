// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "commands.hpp"
#include "millrace/core/value.hpp"

namespace millrace::cli {

/// `millrace webhooks listen`.
void add_webhooks_listen(CLI::App& group, Action& chosen);

/// A number of a body, whole or not.
std::optional<double> share_at(const core::Value& body, std::string_view name);
/// `98.7 %` of a share from 0 to 1; empty without one.
std::string percent_text(std::optional<double> share);

}  // namespace millrace::cli
