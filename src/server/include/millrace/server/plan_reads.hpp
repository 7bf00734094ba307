// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "millrace/engine/plan.hpp"

namespace millrace::server {

/// Calls `take` for all that any expression of the plan reads.
void for_each_slot(const engine::Plan& plan,
                   const std::function<void(const engine::SlotSource&)>& take);

/// One expression or tree of templates, and what it reads from outside, as it would be written.
struct Reading {
    std::string place;               ///< `data`, `filter`, `transform`, `cache.key`, …
    std::vector<std::string> reads;  ///< `nodes.charge.out`, `vars.limit`, `input`; not empty
};
std::vector<Reading> readings_of(const engine::PlanNode& node);
std::vector<Reading> readings_of(const engine::PlanConnection& connection);
std::vector<Reading> readings_of_outputs(const engine::Plan& plan);

/// What a node depends on, and what depends on it; in the document's order.
struct Dependencies {
    std::vector<core::NodeIndex> direct;      ///< connected to it, or read by its expressions
    std::vector<core::NodeIndex> dependents;  ///< those that have it in `direct`
};
/// Aligned with the plan's nodes.
std::vector<Dependencies> dependencies_of(const engine::Plan& plan);

/// All that can be reached from a node by `direct` (or by `dependents`), the node aside.
std::vector<core::NodeIndex> reached_by(const std::vector<Dependencies>& all, core::NodeIndex from,
                                        std::vector<core::NodeIndex> Dependencies::*list);

}  // namespace millrace::server
