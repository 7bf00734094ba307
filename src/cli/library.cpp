// SPDX-License-Identifier: Apache-2.0
#include "library.hpp"

#include "millrace/nodes/standard.hpp"

namespace millrace::cli {

core::Result<std::shared_ptr<nodes::Registry>> standard_library() {
    auto registry = std::make_shared<nodes::Registry>();
    if (const core::Result<> registered = nodes::register_standard(*registry); !registered)
        return std::unexpected(registered.error());
    return registry;
}

core::Result<server::StoredWorkflow> stored_workflow(store::Store& store,
                                                     const std::string& workflow_id,
                                                     std::uint32_t number) {
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    return server::stored_workflow(store, **library, workflow_id, number);
}

}  // namespace millrace::cli
