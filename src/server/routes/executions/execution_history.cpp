// SPDX-License-Identifier: Apache-2.0
#include "routes/executions/execution_history.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "millrace/core/event.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::server {
namespace {

void note_due(core::Time due, ExecutionHistory& history) {
    history.last_due = std::max(history.last_due.value_or(due), due);
}

void take(const engine::Record& record, ExecutionHistory& history) {
    history.last_progress = record.at;
    if (const auto* const delayed = std::get_if<engine::StartDelayed>(&record.body))
        note_due(delayed->until, history);
    const auto event = history.view.feed(record);
    const core::Value* const due = event ? event->data.find("due") : nullptr;
    if (due == nullptr || !due->is_string()) return;
    if (const auto time = core::Time::parse(due->as_string())) note_due(*time, history);
}

}  // namespace

core::Result<ExecutionHistory> read_history(runtime::Runtime& runtime,
                                            const engine::ExecutionRow& row, std::string scope) {
    auto workflow = runtime.load_workflow(row.workflow_id, row.workflow_version);
    if (!workflow) return std::unexpected(workflow.error());
    const auto rows = runtime.store().journal(row.id, 0);
    if (!rows) return std::unexpected(rows.error());
    ExecutionHistory history{
        engine::ExecutionView{row.id, std::move(workflow->plan), std::move(scope)}, row.created_at,
        std::nullopt, 0};
    for (const std::string& bytes : *rows) {
        const auto records = engine::read_row(bytes);
        if (!records) return std::unexpected(records.error().during("read", row.id.text()));
        history.bytes += bytes.size();
        for (const engine::Record& record : *records)
            take(record, history);
    }
    return history;
}

}  // namespace millrace::server
