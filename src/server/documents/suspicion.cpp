// SPDX-License-Identifier: Apache-2.0
#include "documents/suspicion.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "millrace/server/plan_reads.hpp"

namespace millrace::server {
namespace {

using Slot = engine::SlotSource;

/// What any expression of a plan reads.
struct Used {
    std::vector<bool> nodes;
    std::vector<bool> variables;

    explicit Used(const engine::Plan& plan)
        : nodes(plan.nodes().size()), variables(plan.variables().size()) {
        for_each_slot(plan, [this](const Slot& slot) { take(slot); });
    }

private:
    void take(const Slot& slot) {
        if (slot.kind == Slot::Kind::variable) variables[slot.index] = true;
        if (slot.kind == Slot::Kind::all_vars) variables.assign(variables.size(), true);
        if (slot.kind == Slot::Kind::node_output) nodes[slot.node.value] = true;
    }
};

bool is_leaf(const engine::PlanNode& node) {
    return std::ranges::all_of(node.outputs, [](const auto& links) { return links.empty(); });
}

/// Is the node there for what it gives alone?
bool only_computes(const engine::PlanNode& node) {
    const core::NodeRole role = node.role();
    return role == core::NodeRole::pure && node.definition->type.type != "debug.log" &&
           node.definition->type.type != "flow.fail";
}

}  // namespace

core::Problems suspicions(const core::Document& document, const engine::Plan& plan) {
    core::Problems found;
    const Used used{plan};
    const auto add = [&](std::string path, std::string message) {
        core::Problem problem;
        problem.path = std::move(path);
        problem.message = std::move(message);
        found.push_back(std::move(problem));
    };
    for (std::size_t i = 0; i < plan.variables().size(); ++i) {
        const std::string& name = plan.variables()[i].name;
        if (!used.variables[i])
            add(core::pointer_child("/variables", name),
                "no expression reads the variable `" + name + "`");
    }
    // Without `outputs`, what the last nodes give is the result.
    if (document.outputs.is_null()) return found;
    for (std::size_t i = 0; i < plan.nodes().size(); ++i) {
        const engine::PlanNode& node = plan.nodes()[i];
        const bool is_stand_in = node.fallback_for.has_value() || node.undoes.has_value();
        if (node.scope != 0 || is_stand_in || used.nodes[i] || !is_leaf(node)) continue;
        if (only_computes(node))
            add(core::pointer_child("/nodes", i), "nothing uses what `" + node.id +
                                                      "` gives: nothing follows it, and neither "
                                                      "`outputs` nor an expression reads it");
    }
    return found;
}

}  // namespace millrace::server
