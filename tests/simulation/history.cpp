// SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "millrace/core/hash.hpp"

namespace millrace::simulation {
namespace {

std::string& command() {
    static std::string text;
    return text;
}

bool is_live(const StoredHistory& history) {
    return history.row && !core::is_terminal(history.row->status);
}

}  // namespace

void violated(const std::string& what) {
    std::fprintf(stderr, "simulation: %s\nrun it again: %s\n", what.c_str(), command().c_str());
    std::exit(1);
}

void set_command(std::string text) {
    command() = std::move(text);
}

void History::know(const std::shared_ptr<const engine::Plan>& plan) {
    plans_[plan->identity().hash] = plan;
}

void History::commit(const engine::Frame& frame) {
    if (frame.number != frame_ + 1) violated("frames are committed out of order");
    if (frame.now < time_) violated("frame time went back");
    frame_ = frame.number;
    time_ = frame.now;
    for (const engine::ExecutionRow& row : frame.inserted) {
        StoredHistory& history = executions_[row.id];
        if (history.row) violated("an execution was inserted twice");
        history.row = row;
        history.plan = plans_.at(row.workflow_hash);
    }
    for (const engine::JournalRow& row : frame.journal) {
        StoredHistory& history = executions_[row.id];
        if (!history.row) violated("records of an execution that does not exist");
        if (!history.rows.empty() && !is_live(history))
            violated("records after the end of an execution");
        history.rows.push_back(row.bytes);
    }
    for (const engine::ExecutionRow& row : frame.finished) {
        StoredHistory& history = executions_[row.id];
        if (!is_live(history)) violated("a terminal status changed");
        history.row = row;
    }
    for (const engine::SnapshotRow& row : frame.snapshots) {
        StoredHistory& history = executions_[row.id];
        history.snapshot = row.bytes;
        history.rows_in_snapshot = history.rows.size();
    }
}

std::vector<engine::StoredExecution> History::live(bool use_snapshots) const {
    std::vector<engine::StoredExecution> live;
    for (const auto& [id, history] : executions_) {
        if (!is_live(history)) continue;
        engine::StoredExecution stored{id, history.plan, {}, history.rows};
        if (use_snapshots && !history.snapshot.empty()) {
            stored.snapshot = history.snapshot;
            stored.rows.erase(
                stored.rows.begin(),
                stored.rows.begin() + static_cast<std::ptrdiff_t>(history.rows_in_snapshot));
        }
        live.push_back(std::move(stored));
    }
    return live;
}

std::size_t History::live_count() const {
    std::size_t count = 0;
    for (const auto& [id, history] : executions_)
        count += is_live(history) ? 1 : 0;
    return count;
}

std::uint64_t History::hash() const {
    std::string all;
    for (const auto& [id, history] : executions_) {
        all += id.text();
        for (const std::string& row : history.rows)
            all += row;
    }
    return core::fnv1a64(all);
}

}  // namespace millrace::simulation
