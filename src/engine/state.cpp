// SPDX-License-Identifier: Apache-2.0
#include "state.hpp"

namespace millrace::engine {

void Agenda::clear() {
    links.clear();
    skips.clear();
    outcomes.clear();
    expired.clear();
    failures.clear();
    interrupted.clear();
    pure_starts.clear();
    effect_starts.clear();
}

bool Agenda::empty_but_effects() const {
    return links.empty() && skips.empty() && outcomes.empty() && expired.empty() &&
           failures.empty() && interrupted.empty() && pure_starts.empty();
}

}  // namespace millrace::engine
