// SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <unistd.h>

#include <csignal>
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

std::string words_of(const std::string& row) {
    const auto records = engine::read_row(row);
    if (!records) return "unreadable";
    std::string words;
    for (const engine::Record& record : *records) {
        words += "\n    " + std::to_string(record.seq) + " " + record.at.text() + " " +
                 std::string{engine::kind_name(record.body)};
    }
    return words;
}

}  // namespace

void violated(const std::string& what) {
    std::fprintf(stderr, "simulation: %s\nrun it again: %s\n", what.c_str(), command().c_str());
    std::exit(1);
}

void set_command(std::string text) {
    command() = std::move(text);
    // A broken invariant of the engine aborts; its seed must be told, too.
    std::signal(SIGABRT, [](int) {
        const std::string words = "run it again: " + command() + "\n";
        [[maybe_unused]] const auto written = write(STDERR_FILENO, words.data(), words.size());
    });
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

void count_kinds(const History& history, KindCounts& counts) {
    for (const auto& [id, stored] : history.all()) {
        for (const std::string& row : stored.rows) {
            const auto records = engine::read_row(row);
            if (!records) violated(records.error().message());
            for (const engine::Record& record : *records)
                ++counts[engine::kind_name(record.body)];
        }
    }
}

std::string History::difference(const History& other) const {
    for (const auto& [id, history] : executions_) {
        const auto theirs = other.executions_.find(id);
        if (theirs == other.executions_.end()) return id.text() + " exists only here";
        for (std::size_t i = 0; i < history.rows.size(); ++i) {
            if (i < theirs->second.rows.size() && history.rows[i] == theirs->second.rows[i])
                continue;
            return id.text() + ", row " + std::to_string(i) + ":" + words_of(history.rows[i]) +
                   "\n  or" +
                   (i < theirs->second.rows.size() ? words_of(theirs->second.rows[i])
                                                   : std::string{" nothing"});
        }
    }
    return "none";
}

}  // namespace millrace::simulation
