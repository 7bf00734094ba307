// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "millrace/core/document.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/store.hpp"

namespace millrace::runtime {

/// Compiled workflow versions. A plan is always compiled from the stored text, so that a restart
/// gives nodes and connections the same numbers. Thread-safe.
class PlanCache {
public:
    /// Plans that nobody uses are dropped beyond this number.
    static constexpr std::size_t plans_max = 1'024;

    PlanCache(store::Store& store, std::shared_ptr<const engine::NodeLibrary> nodes)
        : store_{store}, nodes_{std::move(nodes)} {}

    /// Error `bad_workflow` that lists all problems, one a line.
    core::Result<> check(const core::Document& document) const;
    core::Result<SavedWorkflow> load(const std::string& workflow_id, std::uint32_t number);
    core::Result<SavedWorkflow> load(store::WorkflowVersion version);
    /// Did this cache make that very plan?
    bool has(const std::shared_ptr<const engine::Plan>& plan) const;

private:
    using Key = std::pair<std::string, std::uint32_t>;

    core::Result<std::shared_ptr<const engine::Plan>> compile(
        const core::Document& document, const engine::PlanIdentity& identity) const;
    void drop_unused();

    store::Store& store_;
    const std::shared_ptr<const engine::NodeLibrary> nodes_;
    mutable std::mutex mutex_;
    std::map<Key, SavedWorkflow> plans_;
};

}  // namespace millrace::runtime
