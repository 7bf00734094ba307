// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "millrace/nodes/registry.hpp"

namespace millrace::testing {

/// docs/node-types.md, written from the descriptors.
std::string node_types_page(const nodes::Registry& registry);

}  // namespace millrace::testing
