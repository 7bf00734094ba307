// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <stop_token>

#include "millrace/core/failure.hpp"
#include "millrace/engine/effect.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/pure_job.hpp"
#include "millrace/runtime/functions.hpp"

namespace millrace::runtime {

// One function per kind of work. Whatever the called code does, exceptions included, becomes the
// attempt's completion.

/// Where attempts were made, as histories show it.
inline constexpr const char* executor_name = "local";

engine::Completion failed(const engine::Effect& effect, core::Failure failure);
core::Failure canceled_failure();

/// What other work gives; the failure of work that was asked to stop is `canceled`.
engine::Completion guarded_result(
    const engine::Effect& effect, const std::stop_token& stop,
    const std::function<std::expected<core::Value, core::Failure>()>& work);

/// The failure of a function that was asked to stop is `canceled`; its value still counts.
engine::Completion call_function(const engine::Effect& effect, const Functions& functions,
                                 const std::stop_token& stop);
engine::Completion run_job(const engine::Effect& effect, const engine::PureJob& job);
/// Lets the node turn what the peer said into its output.
engine::Completion read_answer(const engine::Effect& effect, const engine::HttpAnswer& answer);

}  // namespace millrace::runtime
