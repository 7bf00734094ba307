// SPDX-License-Identifier: Apache-2.0
#include "container.hpp"

namespace millrace::nodes {

engine::NodeOutcome Container::start(const engine::NodeCall&) const {
    core::Failure failure;
    failure.code = "container_started";
    failure.error_class = core::ErrorClass::internal;
    failure.message = "a container has a body, which the engine runs; it cannot be started";
    return failure;
}

}  // namespace millrace::nodes
