// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <span>

#include "millrace/core/failure.hpp"
#include "millrace/engine/effect.hpp"
#include "millrace/engine/secret_text.hpp"
#include "turn.hpp"

namespace millrace::engine {

/// What the result of an effect is kept under: by content, or by the value of the node's `key`.
/// Nothing when the node keeps no results; a failure when its `key` cannot be evaluated.
std::expected<std::optional<CacheRequest>, core::Failure> cache_request(
    Turn& turn, RunRef run, const EffectRequest& request, std::span<const SecretUse> secrets);

}  // namespace millrace::engine
