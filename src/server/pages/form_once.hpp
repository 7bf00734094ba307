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

/// For so long after a form was sent the same one may be sent again.
inline constexpr core::Duration once_window{7LL * 86'400'000 + 300'000};

/// When it was shown; nothing unless it was made like that, and not long ago. What was sent is
/// known for a while only, and nobody is to choose for how long.
std::optional<core::Time> read_once(std::string_view once, core::Time now);

}  // namespace millrace::server
