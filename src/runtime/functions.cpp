// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/functions.hpp"

#include <mutex>
#include <utility>

namespace millrace::runtime {

void Functions::add(std::string name, Function function) {
    auto shared = std::make_shared<const Function>(std::move(function));
    const std::unique_lock lock{mutex_};
    by_name_.insert_or_assign(std::move(name), std::move(shared));
}

std::shared_ptr<const Function> Functions::find(std::string_view name) const {
    const std::shared_lock lock{mutex_};
    const auto at = by_name_.find(name);
    return at == by_name_.end() ? nullptr : at->second;
}

}  // namespace millrace::runtime
