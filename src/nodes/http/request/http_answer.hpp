// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/effect.hpp"

namespace millrace::nodes {

/// `{status, headers, body}` of an answer, or the failure that its status means to the call.
std::expected<core::Value, core::Failure> read_answer(const engine::HttpCall& call,
                                                      const engine::HttpAnswer& answer);

}  // namespace millrace::nodes
