// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "millrace/core/value.hpp"

namespace millrace::nodes {

/// Objects of a merge patch may lie so deep in each other.
inline constexpr int merge_patch_depth_max = 500;

/// `target` with the JSON Merge Patch (RFC 7386) applied: its objects go into those of the target,
/// null removes a field, all else replaces what is there. Nothing when the patch is too deep.
std::optional<core::Value> merge_patch(const core::Value& target, const core::Value& patch);

}  // namespace millrace::nodes
