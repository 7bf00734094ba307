// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/store/node_library.hpp"

// What the implementations of NodeLibrary have in common.

namespace millrace::store {

inline constexpr std::string_view node_cursor = "n1-";

/// Whether `filter` lets `node` through.
bool matches(const LibraryNodeFilter& filter, const LibraryNode& node);
core::Error node_not_found(const std::string& id);

/// What is stored once `put` is done on `stored`; null: there is no such node.
core::Result<LibraryNode> next_node(const LibraryNodePut& put, const LibraryNode* stored,
                                    core::Time now);
/// The version that `node` is after `put`.
LibraryNodeVersion version_of(const LibraryNodePut& put, const LibraryNode& node);

}  // namespace millrace::store
