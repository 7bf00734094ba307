// SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <variant>

#include "millrace/core/hash.hpp"
#include "millrace/engine/replay.hpp"

namespace millrace::simulation {
namespace {

std::string& command() {
    static std::string text;
    return text;
}

bool& is_tracing() {
    static bool on = false;
    return on;
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

void trace(const std::string& what) {
    if (is_tracing()) std::fprintf(stderr, "%s\n", what.c_str());
}

void set_tracing(bool on) {
    is_tracing() = on;
}

engine::StoredExecution StoredHistory::stored(core::ExecutionId id, bool from_snapshot) const {
    engine::StoredExecution stored{id, plan, {}, {}, parked.has_value()};
    std::size_t first = 0;
    if (from_snapshot && !snapshot.empty()) {
        stored.snapshot = snapshot;
        first = rows_in_snapshot;
    }
    stored.rows.assign(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end());
    return stored;
}

void History::know(const std::shared_ptr<const engine::Plan>& plan) {
    plans_[plan->identity().hash] = plan;
}

bool History::is_parked(core::ExecutionId id) const {
    const auto found = executions_.find(id);
    return found != executions_.end() && found->second.is_live() && found->second.parked;
}

void History::commit(const engine::Frame& frame) {
    if (frame.number != frame_ + 1) violated("frames are committed out of order");
    if (frame.now < time_) violated("frame time went back");
    frame_ = frame.number;
    time_ = frame.now;
    trace("frame " + std::to_string(frame_) + " at " + time_.text());
    for (const engine::ExecutionRow& row : frame.inserted) {
        StoredHistory& history = executions_[row.id];
        if (history.row) violated("an execution was inserted twice");
        history.row = row;
        history.plan = plans_.at(row.workflow_hash);
        history.follower.emplace(row.id, history.plan);
        history.view.emplace(row.id, history.plan, std::string{engine::ExecutionView::every_scope});
        history.last_frame = frame_;
    }
    for (const engine::JournalRow& row : frame.journal) {
        StoredHistory& history = executions_[row.id];
        if (!history.row) violated("records of an execution that does not exist");
        feed(history, row.id, row);
        history.rows.push_back(row.bytes);
    }
    check_limits(frame);
    check_letters(frame);
    keep_waits(frame);
    for (const engine::Effect& effect : frame.effects)
        breakers_.leave(executions_.at(effect.id).plan->node(effect.run.node));
    breakers_.commit(frame);
    for (const engine::SharedRow& row : frame.shared)
        shared_ += row.key + row.bytes;
    for (const engine::ExecutionRow& row : frame.finished) {
        StoredHistory& history = executions_[row.id];
        if (!history.is_live()) violated("a terminal status changed");
        history.row = row;
    }
    for (const engine::SnapshotRow& row : frame.snapshots) {
        StoredHistory& history = executions_[row.id];
        history.snapshot = row.bytes;
        history.rows_in_snapshot = history.rows.size();
    }
    for (const core::ExecutionId id : frame.unparked)
        executions_[id].parked.reset();
    for (const engine::ParkedRow& row : frame.parked)
        park(row);
}

/// The rows of waits say what the records do.
void History::keep_waits(const engine::Frame& frame) {
    using State = engine::WaitRow::State;
    for (const engine::WaitRow& row : frame.waits) {
        if (row.state == State::open) {
            waits_.emplace(row.id, row.run);
        } else if (waits_.erase({row.id, row.run}) == 0) {
            violated("a wait ends that has not begun");
        }
    }
    for (const engine::JournalRow& row : frame.journal) {
        std::set<engine::RunKey> stored;
        for (auto wait = waits_.lower_bound({row.id, {}});
             wait != waits_.end() && wait->first == row.id; ++wait)
            stored.insert(wait->second);
        if (stored != executions_.at(row.id).follower->waiting())
            violated("the rows of waits of " + row.id.text() + " contradict its records");
    }
}

void History::feed(StoredHistory& history, core::ExecutionId id, const engine::JournalRow& row) {
    const auto records = engine::read_row(row.bytes);
    if (!records) violated("a journal row cannot be read: " + records.error().message());
    if (records->size() != row.count || records->empty()) violated("a journal row is miscounted");
    trace(" " + id.text() + " of " + history.plan->identity().workflow_id + words_of(row.bytes));
    const bool goes_on = std::holds_alternative<engine::Continued>(records->front().body);
    check_turns(history, id, goes_on);
    const bool held = history.follower->holds_permit();
    for (const engine::Record& record : *records) {
        history.follower->feed(record);
        breakers_.feed(*history.plan, record);
        ++kinds_[engine::kind_name(record.body)];
        const auto event = history.view->feed(record);
        if (event && event->seq != ++history.events) violated("events are not numbered densely");
    }
    const auto& limit = history.plan->settings().max_concurrent_executions;
    if (!limit) return;
    std::uint32_t& permits = permits_[history.plan->identity().workflow_id];
    permits += history.follower->holds_permit() ? 1 : 0;
    permits -= held ? 1 : 0;
}

/// A permit counts until the end of its execution, and frames are all that a store sees.
void History::check_limits(const engine::Frame& frame) const {
    for (const engine::JournalRow& row : frame.journal) {
        const engine::Plan& plan = *executions_.at(row.id).plan;
        const auto& limit = plan.settings().max_concurrent_executions;
        if (limit && permits_.at(plan.identity().workflow_id) > limit->limit)
            violated("more executions of " + plan.identity().workflow_id + " run than allowed");
    }
}

/// The frame carries a letter of each failure that nothing handled, and no other.
void History::check_letters(const engine::Frame& frame) {
    std::map<core::ExecutionId, std::multiset<std::string>> told;
    for (const engine::DeadLetterRow& letter : frame.dead_letters)
        told[letter.id].insert(letter.path);
    for (const engine::JournalRow& row : frame.journal)
        if (executions_.at(row.id).follower->take_letters() != told[row.id])
            violated("the dead letters of " + row.id.text() + " are not those of its failures");
}

/// An execution that has work left gets its next turn before any other that has had as many turns
/// gets two further ones.
void History::check_turns(StoredHistory& history, core::ExecutionId id, bool goes_on) {
    const std::uint64_t waited = frame_ - history.last_frame;
    history.last_frame = frame_;
    if (!goes_on) return;
    ++history.turns_alone;
    const std::uint64_t most = executions_.size() * (history.turns_alone + 2);
    if (waited <= most) return;
    violated("execution " + id.text() + " has work left and waited for " + std::to_string(waited) +
             " frames, more than " + std::to_string(most));
}

void History::park(const engine::ParkedRow& row) {
    StoredHistory& history = executions_[row.id];
    if (!history.is_live()) violated("an execution is parked that is not live");
    history.follower->check_parked(row, time_);
    history.snapshot = row.snapshot;
    history.rows_in_snapshot = history.rows.size();
    history.parked = row;
    trace(" " + row.id.text() + " is parked " + std::string{core::to_text(row.status)});
    parked_ += row.id.text() + std::to_string(row.seq) + row.snapshot +
               (row.wake_at ? row.wake_at->text() : std::string{});
    ++kinds_["(parked)"];
}

void History::finish(const engine::ShardOptions& options) const {
    for (const auto& [id, history] : executions_) {
        history.follower->finish();
        if (history.view->status() != history.row->status)
            violated("the view and the execution's row tell different statuses");
        if (history.parked) violated("an execution that has ended is still parked");
        const auto replay = engine::replay(id, history.plan, history.rows, options);
        if (!replay) violated(replay.error().message());
        if (replay->difference) {
            violated("the replay of " + id.text() + " differs at record " +
                     std::to_string(replay->difference->seq) + ": " + replay->difference->recorded +
                     ", not " + replay->difference->replayed);
        }
        if (replay->rows != history.rows) violated("a replay gives other rows and does not say so");
    }
}

std::size_t History::live_count() const {
    std::size_t count = 0;
    for (const auto& [id, history] : executions_)
        count += history.is_live() ? 1 : 0;
    return count;
}

std::size_t History::live_count(const std::string& workflow) const {
    std::size_t count = 0;
    for (const auto& [id, history] : executions_)
        count += history.is_live() && history.row->workflow_id == workflow ? 1 : 0;
    return count;
}

std::size_t History::row_count() const {
    std::size_t count = 0;
    for (const auto& [id, history] : executions_)
        count += history.rows.size();
    return count;
}

std::uint64_t History::hash() const {
    std::string all = parked_ + shared_;
    for (const auto& [id, history] : executions_) {
        all += id.text();
        for (const std::string& row : history.rows)
            all += row;
    }
    return core::fnv1a64(all);
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
    return parked_ == other.parked_ ? "more executions there" : "others were parked";
}

std::string History::leftovers() const {
    std::string text;
    for (const auto& [id, history] : executions_) {
        if (!history.is_live()) continue;
        text += "\n  " + id.text() + " " + std::string{core::to_text(history.view->status())} +
                (history.parked ? " (parked)" : "") + ", open:";
        for (const std::string& path : history.follower->open_paths())
            text += " " + path;
        for (std::size_t i = history.rows.size() - std::min<std::size_t>(history.rows.size(), 3);
             i < history.rows.size(); ++i)
            text += words_of(history.rows[i]);
    }
    return text;
}

}  // namespace millrace::simulation
