// SPDX-License-Identifier: Apache-2.0
#include "undo.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace::engine {

core::Value output_at(const std::vector<PortValue>& outputs, core::PortIndex port) {
    const auto found = std::ranges::find(outputs, port, &PortValue::port);
    return found == outputs.end() ? core::Value{} : found->value;
}

void hand_up(std::vector<Undo>& from, std::vector<Undo>& to) {
    if (from.empty()) return;
    if (to.empty()) {
        to = std::move(from);
        return;
    }
    // Only what has completed since then can lie behind.
    const auto kept = std::ranges::upper_bound(to, from.front().seq, {}, &Undo::seq) - to.begin();
    const auto middle = static_cast<std::ptrdiff_t>(to.size());
    std::ranges::move(from, std::back_inserter(to));
    from.clear();
    std::ranges::inplace_merge(to.begin() + kept, to.begin() + middle, to.end(), {}, &Undo::seq);
}

}  // namespace millrace::engine
