// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "millrace/core/ids.hpp"
#include "millrace/engine/frame.hpp"

namespace millrace::store::testing {

inline constexpr const char* workflow = "order-intake";
inline constexpr const char* workflow_hash = "hash-of-the-first-version";

/// The n-th execution: created n ms after the epoch, in partition n mod 256.
inline core::ExecutionId execution_id(std::uint64_t n) {
    core::ExecutionId id{core::Uuid::v7(core::Time{static_cast<std::int64_t>(n)}, 7, n)};
    id.uuid.bytes[15] = static_cast<std::uint8_t>(n);
    return id;
}

inline engine::ExecutionRow execution_row(std::uint64_t n) {
    engine::ExecutionRow row;
    row.id = execution_id(n);
    row.workflow_id = workflow;
    row.workflow_hash = workflow_hash;
    row.created_at = core::Time{static_cast<std::int64_t>(n)};
    return row;
}

inline engine::ExecutionRow finished_row(std::uint64_t n, std::int64_t completed_ms) {
    engine::ExecutionRow row = execution_row(n);
    row.status = core::ExecutionStatus::completed;
    row.completed_at = core::Time{completed_ms};
    return row;
}

/// Builds the part of a frame that a store sees.
class FrameBuilder {
public:
    FrameBuilder(std::uint64_t number, std::int64_t now_ms) {
        frame_.number = number;
        frame_.now = core::Time{now_ms};
    }
    FrameBuilder& insert(std::uint64_t n) {
        frame_.inserted.push_back(execution_row(n));
        return *this;
    }
    FrameBuilder& journal(std::uint64_t n, std::uint64_t first_seq, std::uint32_t count,
                          std::string bytes) {
        frame_.journal.push_back({execution_id(n), first_seq, count, std::move(bytes)});
        return *this;
    }
    FrameBuilder& snapshot(std::uint64_t n, std::uint64_t seq, std::string bytes) {
        frame_.snapshots.push_back({execution_id(n), seq, std::move(bytes)});
        return *this;
    }
    FrameBuilder& finish(std::uint64_t n) {
        frame_.finished.push_back(finished_row(n, frame_.now.ms));
        return *this;
    }
    /// Parks it as waiting, or as pending when it never wakes by itself.
    FrameBuilder& park(std::uint64_t n, std::uint64_t seq, std::string snapshot,
                       std::optional<std::int64_t> wake_ms, bool is_limited = false) {
        engine::ParkedRow row;
        row.id = execution_id(n);
        row.status = wake_ms ? core::ExecutionStatus::waiting : core::ExecutionStatus::pending;
        row.seq = seq;
        row.snapshot = std::move(snapshot);
        if (wake_ms) row.wake_at = core::Time{*wake_ms};
        row.workflow_id = workflow;
        row.priority = static_cast<std::int32_t>(n);
        row.created_at = core::Time{static_cast<std::int64_t>(n)};
        row.is_limited = is_limited;
        frame_.parked.push_back(std::move(row));
        return *this;
    }
    FrameBuilder& unpark(std::uint64_t n) {
        frame_.unparked.push_back(execution_id(n));
        return *this;
    }
    FrameBuilder& letter(std::uint64_t n, std::string path) {
        engine::DeadLetterRow& row = frame_.dead_letters.emplace_back();
        row.id = execution_id(n);
        row.path = std::move(path);
        row.workflow_id = workflow;
        row.at = frame_.now;
        return *this;
    }
    FrameBuilder& share(std::string key, std::string bytes) {
        frame_.shared.push_back({"breaker", std::move(key), std::move(bytes)});
        return *this;
    }
    FrameBuilder& child(std::uint64_t n, std::uint64_t parent) {
        insert(n);
        frame_.inserted.back().parent = execution_id(parent);
        return *this;
    }
    /// Node 7 of the n-th execution waits.
    FrameBuilder& wait(std::uint64_t n, engine::WaitRow::What what, std::string name,
                       std::string token_hash = {}) {
        engine::WaitRow& row = frame_.waits.emplace_back();
        row.id = execution_id(n);
        row.run = {0, core::NodeIndex{7}, 0};
        row.at = frame_.now;
        row.what = what;
        row.path = "ask";
        row.node_id = "ask";
        row.workflow_id = workflow;
        row.name = std::move(name);
        row.details = core::Value::object({{"title", "Ship it?"}});
        row.until = core::Time{frame_.now.ms + 60'000};
        row.token_hash = std::move(token_hash);
        return *this;
    }
    FrameBuilder& end_wait(std::uint64_t n, engine::WaitRow::State state, core::Value answer = {}) {
        engine::WaitRow& row = frame_.waits.emplace_back();
        row.id = execution_id(n);
        row.run = {0, core::NodeIndex{7}, 0};
        row.state = state;
        row.at = frame_.now;
        row.answer = std::move(answer);
        return *this;
    }
    FrameBuilder& postpone(std::uint64_t n, core::Time until) {
        frame_.postponed.push_back({execution_id(n), {0, core::NodeIndex{7}, 0}, until});
        return *this;
    }
    engine::Frame build() { return std::move(frame_); }

private:
    engine::Frame frame_;
};

}  // namespace millrace::store::testing
