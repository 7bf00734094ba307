// SPDX-License-Identifier: Apache-2.0
#include "execution_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace millrace::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Lines final : Log {
    explicit Lines(LogLevel level) : least{level} {}
    bool takes(LogLevel level) const override { return level >= least; }
    void put(LogLevel level, std::string_view message, std::span<const LogField> fields) override {
        std::string line{to_text(level)};
        line += " " + std::string{message};
        for (const LogField& field : fields)
            if (field.key != "execution_id")
                line += " " + std::string{field.key} + "=" + field.value;
        lines.push_back(line);
    }
    LogLevel least;
    std::vector<std::string> lines;
};

engine::ExecutionRow row(core::ExecutionStatus status) {
    engine::ExecutionRow made;
    made.workflow_id = "orders";
    made.status = status;
    made.created_at = core::Time{1'000};
    made.completed_at = core::Time{1'250};
    return made;
}

TEST(ExecutionLog, TellsFailedExecutionsWithTheirReason) {
    engine::Frame frame;
    frame.inserted = {row(core::ExecutionStatus::running)};
    frame.finished = {row(core::ExecutionStatus::failed), row(core::ExecutionStatus::completed)};
    engine::DeadLetterRow letter;
    letter.node_id = "charge";
    letter.failure.code = "http_503";
    letter.failure.message = "no";
    frame.dead_letters = {letter};
    Lines info{LogLevel::info};
    log_ends(info, frame);
    EXPECT_THAT(info.lines, ElementsAre("info an execution has failed workflow_id=orders "
                                        "workflow_version=1 status=failed duration_ms=250 "
                                        "node_id=charge code=http_503 error=no"));
    Lines quiet{LogLevel::warning};
    log_ends(quiet, frame);
    EXPECT_THAT(quiet.lines, IsEmpty());
}

TEST(ExecutionLog, TellsOthersOnlyToWhoLooksForACause) {
    engine::Frame frame;
    // It has begun and ended in one frame.
    frame.inserted = {row(core::ExecutionStatus::completed)};
    Lines debug{LogLevel::debug};
    log_ends(debug, frame);
    EXPECT_THAT(debug.lines, ElementsAre("debug an execution has ended workflow_id=orders "
                                         "workflow_version=1 status=completed duration_ms=250"));
}

TEST(ExecutionLog, TellsAttempts) {
    engine::Effect effect;
    effect.node_id = "charge";
    effect.attempt = 2;
    effect.outer_trace = std::make_shared<engine::TraceContext>(engine::TraceContext{"abc"});
    engine::Completion failed;
    core::Failure failure;
    failure.code = "timeout";
    failure.message = "late";
    failed.outcome = failure;
    Lines log{LogLevel::debug};
    log_attempt(log, effect, failed, core::Duration{812});
    log_attempt(log, effect, {}, core::Duration{3});
    EXPECT_THAT(log.lines, ElementsAre("info an attempt has failed node_id=charge attempt=2 "
                                       "duration_ms=812 trace_id=abc code=timeout error=late",
                                       "debug an attempt has succeeded node_id=charge attempt=2 "
                                       "duration_ms=3 trace_id=abc"));
}

}  // namespace
}  // namespace millrace::runtime
