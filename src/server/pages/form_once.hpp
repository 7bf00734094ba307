// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/time.hpp"

namespace millrace::server {

/// What a form that is shown carries, so that sending it again is known to be the same: when it was
/// shown, and 128 random bits.
std::string new_once(core::Time now);

/// When it was shown; nothing unless it was made like that, and not long ago. The time becomes that
/// of an execution's id, and nobody is to choose it.
std::optional<core::Time> read_once(std::string_view once, core::Time now);

}  // namespace millrace::server
