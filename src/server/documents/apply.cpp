// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/apply.hpp"

#include <set>
#include <utility>

#include "millrace/format/canonical.hpp"
#include "millrace/format/writer.hpp"
#include "millrace/server/activation.hpp"
#include "millrace/server/stored_document.hpp"
#include "notifications/notification_rule.hpp"

namespace millrace::server {
namespace {

core::Error carries_notification(const std::string& workflow_id, const std::string& rule_id) {
    return {ApplyErrc::managed_by_notification,
            "the workflow " + workflow_id + " carries the notification " + rule_id +
                " out; change that, and leave the document out"};
}

core::Result<ApplyStep> step_for(store::Store* store, const ApplySource& source,
                                 const ApplyOptions& options) {
    ApplyStep step;
    step.id = source.document.id;
    step.source = &source;
    step.kind = ApplyStep::Kind::create;
    if (store == nullptr) return step;
    const auto entry = store->library().find(step.id);
    if (!entry && !entry.error().is(store::StoreErrc::not_found))
        return std::unexpected(entry.error());
    if (!entry) return step;
    step.head = entry->head;
    step.active = entry->active;
    const bool is_other = entry->head_hash != format::document_hash(source.document);
    if (const std::string rule = carried_rule(*entry); !rule.empty()) {
        // An export of all workflows has it, and may be applied where it was made.
        step.kind = ApplyStep::Kind::keep;
        if (is_other || (options.activate && !entry->active))
            return std::unexpected(carries_notification(step.id, rule));
        return step;
    }
    if (is_other) {
        step.kind = ApplyStep::Kind::change;
        // A version of another build may not be readable here; then it is replaced as a whole.
        if (const auto before = stored_document(*store, step.id, entry->head))
            step.changes = document_changes(*before, source.document);
        return step;
    }
    const bool is_active = !options.activate || entry->active == entry->head;
    // Where it is to be changed from now on is worth saving too.
    step.kind = !is_active                        ? ApplyStep::Kind::activate
                : entry->origin == options.origin ? ApplyStep::Kind::keep
                                                  : ApplyStep::Kind::adopt;
    return step;
}

/// Workflows that came from files which are not there any more.
core::Result<> add_pruned(store::Library& library, std::vector<ApplyStep>& steps) {
    constexpr std::size_t page_size = 500;
    std::set<std::string> kept;
    for (const ApplyStep& step : steps)
        kept.insert(step.id);
    store::WorkflowFilter filter;
    filter.origin = store::WorkflowOrigin::file;
    std::string cursor;
    while (true) {
        const auto page = library.list(filter, page_size, cursor);
        if (!page) return std::unexpected(page.error());
        for (const store::WorkflowEntry& entry : page->items) {
            if (!kept.insert(entry.id).second || !carried_rule(entry).empty()) continue;
            ApplyStep step;
            step.kind = ApplyStep::Kind::prune;
            step.id = entry.id;
            step.head = entry.head;
            step.active = entry.active;
            steps.push_back(std::move(step));
        }
        if (!page->next_cursor) return {};
        cursor = *page->next_cursor;
    }
}

/// Whether all of them can be active at once.
core::Result<> check_addresses(store::Store& store, std::span<ApplyStep* const> steps,
                               std::span<const std::string> gone) {
    std::vector<const core::Document*> documents;
    for (const ApplyStep* const step : steps)
        documents.push_back(&step->source->document);
    auto conflicts = activation_conflicts(store, documents, gone);
    if (!conflicts) return std::unexpected(conflicts.error());
    for (const auto& conflict : *conflicts)
        if (conflict) return std::unexpected(*conflict);
    return {};
}

}  // namespace

std::string_view code_text(ApplyErrc code) {
    switch (code) {
        case ApplyErrc::managed_by_notification: return "managed_by_notification";
    }
    return "managed_by_notification";
}

std::string_view to_text(ApplyStep::Kind kind) {
    switch (kind) {
        case ApplyStep::Kind::create: return "created";
        case ApplyStep::Kind::change: return "changed";
        case ApplyStep::Kind::adopt: return "adopted";
        case ApplyStep::Kind::activate: return "activated";
        case ApplyStep::Kind::keep: return "unchanged";
        case ApplyStep::Kind::prune: return "removed";
    }
    return "unchanged";
}

core::Result<std::vector<ApplyStep>> plan_apply(store::Store* store,
                                                std::span<const ApplySource> sources,
                                                const ApplyOptions& options) {
    std::vector<ApplyStep> steps;
    for (const ApplySource& source : sources) {
        auto step = step_for(store, source, options);
        if (!step) return std::unexpected(step.error());
        steps.push_back(std::move(*step));
    }
    if (options.prune && store != nullptr) {
        if (const auto pruned = add_pruned(store->library(), steps); !pruned)
            return std::unexpected(pruned.error());
    }
    return steps;
}

core::Result<> carry_out(store::Store& store, std::vector<ApplyStep>& steps,
                         const ApplyOptions& options, core::Time now) {
    std::vector<store::WorkflowPut> puts;
    std::vector<std::string> gone;
    std::vector<ApplyStep*> put_steps;
    for (ApplyStep& step : steps) {
        if (step.kind == ApplyStep::Kind::keep) continue;
        if (step.kind == ApplyStep::Kind::prune) {
            gone.push_back(step.id);
            continue;
        }
        store::WorkflowPut put;
        put.workflow_id = step.id;
        put.hash = format::document_hash(step.source->document);
        put.document = format::write_json(step.source->document);
        put.origin = options.origin;
        put.expected_head = step.head;
        put.activate = options.activate;
        puts.push_back(std::move(put));
        put_steps.push_back(&step);
    }
    if (puts.empty() && gone.empty()) return {};
    if (options.activate) {
        if (auto free = check_addresses(store, put_steps, gone); !free) return free;
    }
    const auto saved = store.library().apply(puts, gone, now);
    if (!saved) return std::unexpected(saved.error());
    for (std::size_t i = 0; i < saved->size(); ++i) {
        put_steps[i]->head = (*saved)[i].entry.head;
        put_steps[i]->active = (*saved)[i].entry.active;
    }
    for (ApplyStep& step : steps)
        if (step.kind == ApplyStep::Kind::prune) step.active.reset();
    return {};
}

core::Value apply_value(std::span<const ApplyStep> steps, bool is_dry_run) {
    std::vector<core::Value> items;
    for (const ApplyStep& step : steps) {
        core::ObjectBuilder item;
        item.set("id", step.id).set("result", to_text(step.kind));
        if (step.head > 0) item.set("head_version", step.head);
        item.set("active_version", step.active ? core::Value{*step.active} : core::Value{});
        if (step.source != nullptr && !step.source->file.empty())
            item.set("file", step.source->file);
        item.set("changes", changes_value(step.changes));
        items.push_back(std::move(item).build());
    }
    return core::Value::object(
        {{"items", core::Value::array(std::move(items))}, {"dry_run", is_dry_run}});
}

}  // namespace millrace::server
