// SPDX-License-Identifier: Apache-2.0
#include "routes/executions/execution_history.hpp"

#include <algorithm>
#include <utility>

#include "millrace/core/event.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::server {
namespace {

void note_due(const core::Event& event, ExecutionHistory& history) {
    const core::Value* const due = event.data.find("due");
    if (due == nullptr || !due->is_string()) return;
    const auto time = core::Time::parse(due->as_string());
    if (time) history.last_due = std::max(history.last_due.value_or(*time), *time);
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
        for (const engine::Record& record : *records) {
            if (const auto event = history.view.feed(record)) note_due(*event, history);
            history.last_progress = record.at;
        }
    }
    return history;
}

}  // namespace millrace::server
