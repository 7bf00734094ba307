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

}  // namespace millrace::cli
