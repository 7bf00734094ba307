// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "millrace/core/result.hpp"
#include "millrace/nodes/registry.hpp"

namespace millrace::cli {

/// All node types of this build.
core::Result<std::shared_ptr<nodes::Registry>> standard_library();

}  // namespace millrace::cli
