// SPDX-License-Identifier: Apache-2.0
#include "state.hpp"

namespace millrace::engine {

void Agenda::remove_scope(std::uint32_t scope) {
    links.remove_if([&](LinkRef link) { return link.scope == scope; });
    closings.remove_if([&](std::uint32_t closing) { return closing == scope; });
    each_run_queue(*this, [&](Fifo<RunRef>& queue) {
        queue.remove_if([&](RunRef run) { return run.scope == scope; });
    });
}

void Agenda::remove_run(RunRef run) {
    each_run_queue(*this, [&](Fifo<RunRef>& queue) {
        queue.remove_if([&](RunRef queued) { return queued == run; });
    });
}

bool Agenda::empty_but_effects() const {
    return links.empty() && skips.empty() && outcomes.empty() && expired.empty() &&
           failures.empty() && interrupted.empty() && pure_starts.empty() && closings.empty() &&
           containers.empty();
}

}  // namespace millrace::engine
