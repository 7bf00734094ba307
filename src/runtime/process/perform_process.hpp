// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/effect.hpp"
#include "surroundings.hpp"

namespace millrace::runtime {

/// Runs an allowed program to its end and gives `{status, stdout, stderr}`. Asked to stop, the
/// program and all it has started get SIGTERM and two seconds later SIGKILL.
///
/// Failures: `not_allowed`, `command_failed` (another status than `success`), `command_killed` (by
/// a signal), `output_too_large`, `cannot_start`, `bad_text`, `bad_json`.
std::expected<core::Value, core::Failure> perform_process(const engine::ProcessCall& call,
                                                          const Surroundings& surroundings,
                                                          const AttemptFacts& facts);

}  // namespace millrace::runtime
