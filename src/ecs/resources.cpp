// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/resources.hpp"

#include <algorithm>

namespace millrace::ecs {

Resources::~Resources() {
    while (!order_.empty())
        take(order_.back());
}

void Resources::put(std::uint32_t index, Owned owned) {
    take(index);
    if (index >= by_type_.size()) by_type_.resize(index + 1);
    by_type_[index] = owned;
    order_.push_back(index);
}

bool Resources::take(std::uint32_t index) {
    if (index >= by_type_.size() || by_type_[index].object == nullptr) return false;
    const Owned owned = std::exchange(by_type_[index], Owned{});
    order_.erase(std::find(order_.begin(), order_.end(), index));
    owned.end(owned.object);
    return true;
}

}  // namespace millrace::ecs
