// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/store/store.hpp"

namespace millrace::runtime {

/// The values that the deployment gives to workflows, read once until they change. Thread-safe.
class DeploymentVariables {
public:
    /// The store outlives it.
    explicit DeploymentVariables(store::Store& store) : store_{store} {}

    /// What a caller gives, and for the other variables of the plan what the deployment does.
    core::Result<core::Value> for_plan(const engine::Plan& plan, const core::Value& given);
    /// They have changed.
    void forget();

private:
    using Values = std::map<std::string, core::Value, std::less<>>;
    core::Result<std::shared_ptr<const Values>> values();

    store::Store& store_;
    std::mutex mutex_;
    std::shared_ptr<const Values> values_;  // null: to be read
};

}  // namespace millrace::runtime
