// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "turn.hpp"

namespace millrace::engine {

/// Finds out what the container, whose attempt has just begun, is to repeat; or why it cannot.
void open_container(Turn& turn, RunRef run);

}  // namespace millrace::engine
