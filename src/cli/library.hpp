// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/nodes/registry.hpp"
#include "millrace/server/stored_document.hpp"
#include "millrace/store/store.hpp"

namespace millrace::cli {

/// All node types of this build.
core::Result<std::shared_ptr<nodes::Registry>> standard_library();

/// A stored version, compiled with them.
core::Result<server::StoredWorkflow> stored_workflow(store::Store& store,
                                                     const std::string& workflow_id,
                                                     std::uint32_t number);

}  // namespace millrace::cli
