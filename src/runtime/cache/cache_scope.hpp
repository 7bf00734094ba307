// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "millrace/engine/effect.hpp"
#include "surroundings.hpp"

namespace millrace::runtime {

/// What the result of a call depends on besides the call itself: which files and which program its
/// names mean here. Empty where that is nothing. None: the operator does not allow the call, so a
/// kept result is not for it either.
std::optional<std::string> cache_scope(const engine::EffectRequest& request,
                                       const Surroundings& surroundings);

}  // namespace millrace::runtime
