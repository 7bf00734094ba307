// SPDX-License-Identifier: Apache-2.0
#include "variables.hpp"

#include <utility>

#include "millrace/store/variables.hpp"

namespace millrace::runtime {

core::Result<core::Value> DeploymentVariables::for_plan(const engine::Plan& plan,
                                                        const core::Value& given) {
    // What is no object is refused by whoever resolves it.
    if (plan.variables().empty() || (!given.is_null() && !given.is_object())) return given;
    const auto known = values();
    if (!known) return std::unexpected(known.error());
    if ((*known)->empty()) return given;
    core::ObjectBuilder merged;
    for (const core::Variable& variable : plan.variables()) {
        const auto at = (*known)->find(variable.name);
        if (at != (*known)->end()) merged.set(variable.name, at->second);
    }
    if (given.is_object())
        for (const core::Member& member : given.as_object())
            merged.set(member.key, member.value);
    return std::move(merged).build();
}

core::Result<std::shared_ptr<const DeploymentVariables::Values>> DeploymentVariables::values() {
    const std::scoped_lock lock{mutex_};
    if (!values_) {
        const auto stored = store_.variables().list();
        if (!stored) return std::unexpected(stored.error().during("read the variables"));
        auto read = std::make_shared<Values>();
        for (const store::Variable& variable : *stored)
            read->insert_or_assign(variable.name, variable.value);
        values_ = std::move(read);
    }
    return values_;
}

void DeploymentVariables::forget() {
    const std::scoped_lock lock{mutex_};
    values_.reset();
}

}  // namespace millrace::runtime
