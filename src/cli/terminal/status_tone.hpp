// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/core/status.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {

Tone tone_of(core::ExecutionStatus status);
Tone tone_of(core::NodeStatus status);

}  // namespace millrace::cli
