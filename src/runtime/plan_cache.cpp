// SPDX-License-Identifier: Apache-2.0
#include "plan_cache.hpp"

#include "millrace/format/document.hpp"
#include "millrace/format/schema.hpp"

namespace millrace::runtime {
namespace {

core::Error bad_workflow(const std::string& name, const core::Problems& problems) {
    std::string message = "the workflow has problems:";
    for (const core::Problem& problem : problems)
        message += "\n" + format::to_text(name, problem);
    return {RuntimeErrc::bad_workflow, std::move(message)};
}

}  // namespace

core::Result<std::shared_ptr<const engine::Plan>> PlanCache::compile(
    const core::Document& document, const engine::PlanIdentity& identity) const {
    engine::CompileResult compiled =
        engine::compile(document, identity, *nodes_, format::compile_schema);
    if (!compiled.plan) return std::unexpected(bad_workflow(document.id, compiled.problems));
    return std::move(compiled.plan);
}

core::Result<> PlanCache::check(const core::Document& document) const {
    if (document.id.empty())
        return core::fail(RuntimeErrc::bad_workflow, "a workflow needs an id to be stored");
    const auto plan = compile(document, {document.id, 1, {}});
    if (!plan) return std::unexpected(plan.error());
    return {};
}

core::Result<SavedWorkflow> PlanCache::load(const std::string& workflow_id, std::uint32_t number) {
    {
        const std::scoped_lock lock{mutex_};
        if (const auto at = plans_.find({workflow_id, number}); at != plans_.end())
            return at->second;
    }
    core::Result<store::WorkflowVersion> version = store_.version(workflow_id, number);
    if (!version) return std::unexpected(version.error());
    return load(std::move(*version));
}

core::Result<SavedWorkflow> PlanCache::load(store::WorkflowVersion version) {
    const Key key{version.workflow_id, version.number};
    {
        const std::scoped_lock lock{mutex_};
        if (const auto at = plans_.find(key); at != plans_.end()) return at->second;
    }
    const std::string name = version.workflow_id + " version " + std::to_string(version.number);
    const format::DocumentRead read =
        format::read_document({name, version.document, format::Syntax::json});
    if (!read.document) return std::unexpected(bad_workflow(name, read.problems));
    auto plan = compile(*read.document, {version.workflow_id, version.number, version.hash});
    if (!plan) return std::unexpected(plan.error().during("load", name));

    const std::scoped_lock lock{mutex_};
    drop_unused();
    // Another thread may have been faster; all must use one plan.
    return plans_.try_emplace(key, SavedWorkflow{std::move(version), std::move(*plan)})
        .first->second;
}

void PlanCache::drop_unused() {
    if (plans_.size() < plans_max) return;
    std::erase_if(plans_, [](const auto& entry) { return entry.second.plan.use_count() == 1; });
}

bool PlanCache::has(const std::shared_ptr<const engine::Plan>& plan) const {
    const std::scoped_lock lock{mutex_};
    const auto at = plans_.find({plan->identity().workflow_id, plan->identity().version});
    return at != plans_.end() && at->second.plan == plan;
}

}  // namespace millrace::runtime
