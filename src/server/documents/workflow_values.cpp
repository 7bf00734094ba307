// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/workflow_values.hpp"

#include <utility>
#include <vector>

#include "millrace/format/document_value.hpp"
#include "millrace/server/plan_reads.hpp"

namespace millrace::server {
namespace {

core::Value number_or_null(const std::optional<std::uint32_t>& number) {
    return number ? core::Value{*number} : core::Value{};
}

core::Value names_value(const engine::Plan& plan, const std::vector<core::NodeIndex>& nodes) {
    std::vector<core::Value> names;
    for (const core::NodeIndex node : nodes)
        names.emplace_back(plan.node(node).id);
    return core::Value::array(std::move(names));
}

}  // namespace

std::string_view to_text(store::WorkflowOrigin origin) {
    switch (origin) {
        case store::WorkflowOrigin::run: return "run";
        case store::WorkflowOrigin::put: return "put";
        case store::WorkflowOrigin::file: return "file";
    }
    return "run";
}

core::Value entry_value(const store::WorkflowEntry& entry) {
    const std::vector<core::Value> tags{entry.tags.begin(), entry.tags.end()};
    return core::Value::object({{"id", entry.id},
                                {"name", entry.name},
                                {"folder", entry.folder},
                                {"tags", core::Value::array(tags)},
                                {"origin", to_text(entry.origin)},
                                {"head_version", entry.head},
                                {"head_hash", entry.head_hash},
                                {"active_version", number_or_null(entry.active)},
                                {"created_at", entry.created_at.text()},
                                {"updated_at", entry.updated_at.text()}});
}

core::Value version_value(const store::VersionEntry& version) {
    return core::Value::object({{"number", version.number},
                                {"hash", version.hash},
                                {"created_at", version.created_at.text()},
                                {"bytes", static_cast<std::int64_t>(version.bytes)},
                                {"is_head", version.is_head},
                                {"is_active", version.is_active}});
}

core::Value dependencies_value(const engine::Plan& plan) {
    const std::vector<Dependencies> all = dependencies_of(plan);
    core::ObjectBuilder nodes;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const core::NodeIndex index{static_cast<std::uint32_t>(i)};
        nodes.set(
            plan.node(index).id,
            core::Value::object(
                {{"needs", names_value(plan, all[i].direct)},
                 {"needs_all", names_value(plan, reached_by(all, index, &Dependencies::direct))},
                 {"feeds", names_value(plan, all[i].dependents)},
                 {"feeds_all",
                  names_value(plan, reached_by(all, index, &Dependencies::dependents))}}));
    }
    return std::move(nodes).build();
}

core::Value workflow_value(const store::WorkflowEntry& entry, const store::WorkflowVersion& version,
                           const core::Document& document, const engine::Plan* plan,
                           std::string_view problem) {
    core::ObjectBuilder body;
    const core::Value head = entry_value(entry);
    for (const core::Member& member : head.as_object())
        body.set(member.key, member.value);
    body.set("version", version.number)
        .set("hash", version.hash)
        .set("saved_at", version.created_at.text())
        .set("document", format::to_value(document));
    if (plan != nullptr) body.set("dependencies", dependencies_value(*plan));
    if (!problem.empty()) body.set("problem", problem);
    return std::move(body).build();
}

}  // namespace millrace::server
