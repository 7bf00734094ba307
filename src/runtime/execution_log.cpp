// SPDX-License-Identifier: Apache-2.0
#include "execution_log.hpp"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/status.hpp"
#include "millrace/engine/trace.hpp"

namespace millrace::runtime {
namespace {

void log_end(Log& log, const engine::ExecutionRow& row, const engine::Frame& frame) {
    if (!core::is_terminal(row.status)) return;
    const bool has_failed = row.status == core::ExecutionStatus::failed;
    const LogLevel level = has_failed ? LogLevel::info : LogLevel::debug;
    if (!log.takes(level)) return;
    const core::Duration lasted = row.completed_at.value_or(frame.now) - row.created_at;
    std::vector<LogField> fields{{"execution_id", row.id.text()},
                                 {"workflow_id", row.workflow_id},
                                 {"workflow_version", std::to_string(row.workflow_version), true},
                                 {"status", std::string{to_text(row.status)}},
                                 {"duration_ms", std::to_string(lasted.ms), true}};
    const auto letter = std::ranges::find(frame.dead_letters, row.id, &engine::DeadLetterRow::id);
    if (has_failed && letter != frame.dead_letters.end()) {
        if (!letter->node_id.empty()) fields.push_back({"node_id", letter->node_id});
        fields.push_back({"code", letter->failure.code});
        fields.push_back({"error", letter->failure.message});
    }
    log.put(level, has_failed ? "an execution has failed" : "an execution has ended", fields);
}

}  // namespace

void log_ends(Log& log, const engine::Frame& frame) {
    if (!log.takes(LogLevel::info)) return;
    // One that begins and ends in the same frame is only in the first list.
    for (const engine::ExecutionRow& row : frame.inserted)
        log_end(log, row, frame);
    for (const engine::ExecutionRow& row : frame.finished)
        log_end(log, row, frame);
}

void log_attempt(Log& log, const engine::Effect& effect, const engine::Completion& completion,
                 core::Duration lasted) {
    const auto* const failure = std::get_if<core::Failure>(&completion.outcome);
    const LogLevel level = failure != nullptr ? LogLevel::info : LogLevel::debug;
    if (!log.takes(level)) return;
    std::vector<LogField> fields{{"execution_id", effect.id.text()},
                                 {"node_id", effect.node_id},
                                 {"attempt", std::to_string(effect.attempt), true},
                                 {"duration_ms", std::to_string(lasted.ms), true},
                                 {"trace_id", engine::trace_of(effect).trace_id}};
    if (failure != nullptr) {
        fields.push_back({"code", failure->code});
        fields.push_back({"error", failure->message});
    }
    log.put(level, failure != nullptr ? "an attempt has failed" : "an attempt has succeeded",
            fields);
}

}  // namespace millrace::runtime
