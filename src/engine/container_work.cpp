// SPDX-License-Identifier: Apache-2.0
#include "container_work.hpp"

namespace millrace::engine {

bool container_has_work(const Executions& executions, const ExecutionState& x, RunRef container) {
    const ContainerState& state = *executions.data(x, container).container;
    // Around it all is being wound up: nothing is left to do for it but its end.
    if (executions.scope(x, container.scope).ending != Ending::none) return state.live == 0;
    return state.has_check() || state.can_open() || state.is_at_end();
}

bool cleanup_is_due(const Executions& executions, const ExecutionState& x, RunRef container) {
    const ContainerState& state = *executions.data(x, container).container;
    // A body that never began has nothing to clean up.
    return x.plan->node(container.node).container->cleanup.has_value() && !state.cleanup_opened &&
           !x.skips_cleanup && state.next > 0;
}

}  // namespace millrace::engine
