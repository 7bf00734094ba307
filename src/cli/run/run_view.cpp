// SPDX-License-Identifier: Apache-2.0
#include "run/run_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "run/asked_outside.hpp"
#include "terminal/plain_lines.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

using core::EventType;

constexpr std::size_t name_width_max = 28;
// Below this a clock that ticks is more noise than news.
constexpr core::Duration quiet_time{1'000};

std::string attempt_words(std::int64_t attempt, const NodeFacts& node) {
    if (node.attempts_max <= 1) return fmt::format("attempt {}", attempt);
    return fmt::format("attempt {} of {}", attempt, node.attempts_max);
}

}  // namespace

RunView::RunView(RunFacts facts, bool unicode, std::string hint)
    : facts_{std::move(facts)}, unicode_{unicode}, hint_{std::move(hint)} {
    for (const NodeFacts& node : facts_.nodes())
        name_width_ = std::max(name_width_, std::min(columns_of(node.id), name_width_max));
}

void RunView::recall(const core::Event& event) {
    // What was said then has been heard.
    if (event.type != EventType::node_event) feed(event);
}

void RunView::feed(const core::Event& event) {
    switch (event.type) {
        case EventType::execution_created: started_ = event.time; return;
        case EventType::node_event: return remark(event);
        case EventType::node_started:
        case EventType::node_completed:
        case EventType::node_failed:
        case EventType::node_retrying:
        case EventType::node_skipped:
        case EventType::node_canceled:
        case EventType::node_waiting: feed_node(event); return;
        case EventType::execution_paused:
        case EventType::execution_resumed:
            if (auto line = plain_line(event, facts_)) said_.push_back(std::move(*line));
            return;
        case EventType::execution_started:
        case EventType::execution_waiting:
        case EventType::execution_completed:
        case EventType::execution_failed:
        case EventType::execution_canceled: return;
    }
}

void RunView::remark(const core::Event& event) {
    if (!inner_.takes(event)) return;
    if (auto line = plain_line(event, facts_)) said_.push_back(std::move(*line));
    if (inner_.has_just_ended())
        said_.push_back({{Tone::dim, "further lines of iterations are left out"}});
}

void RunView::count(const std::string& node_id, const engine::IterationCounts& counts) {
    const std::optional<std::size_t> node = facts_.index_of(node_id);
    if (node && facts_.nodes()[*node].is_loop) counts_.insert_or_assign(*node, counts);
}

RunView::Row& RunView::row_of(const core::Event& event) {
    const std::size_t node = *facts_.index_of(event.node_id);
    const auto found = std::ranges::find(rows_, node, &Row::node);
    if (found != rows_.end()) return *found;
    Row row;
    row.node = node;
    row.since = event.time;
    rows_.push_back(std::move(row));
    return rows_.back();
}

void RunView::feed_node(const core::Event& event) {
    if (facts_.find(event.node_id) == nullptr) return;
    Row& row = row_of(event);
    switch (event.type) {
        case EventType::node_started:
            row.state = State::running;
            row.since = event.time;
            row.attempt = event.attempt;
            return;
        case EventType::node_retrying:
            row.state = State::retrying;
            row.due = data_time(event, "due");
            row.attempt = static_cast<std::uint32_t>(data_number(event, "next_attempt"));
            row.words = failure_code(event);
            return;
        case EventType::node_waiting: {
            if (const auto question = question_of(event)) {
                row.state = State::asking;
                row.due = question->until.value_or(core::Time{});
                row.words = "waits for " + question_words(*question);
                return;
            }
            const std::string fallback = data_text(event, "fallback");
            row.state = fallback.empty() ? State::waiting : State::standing_in;
            row.due = data_time(event, "due");
            row.words = failure_code(event) + ", " + fallback + " stands in";
            return;
        }
        case EventType::node_completed: {
            std::string words = duration_words({data_number(event, "duration_ms")});
            if (event.attempt > 1) words += fmt::format("  attempt {}", event.attempt);
            const std::string by = data_text(event, "recovered_by");
            if (!by.empty()) words += by == "default" ? "  default used" : "  by " + by;
            return end(row, State::completed, std::move(words));
        }
        case EventType::node_failed: return end(row, State::failed, failure_words(event));
        case EventType::node_skipped: return end(row, State::skipped, "skipped");
        default: return end(row, State::canceled, "canceled");
    }
}

void RunView::end(Row& row, State state, std::string words) {
    if (!has_ended(row.state)) ++ended_;
    row.state = state;
    row.words = std::move(words);
}

Span RunView::symbol_of(State state) const {
    switch (state) {
        case State::running: return {Tone::strong, unicode_ ? "●" : ">"};
        case State::retrying: return {Tone::warn, unicode_ ? "↻" : "~"};
        case State::waiting:
        case State::asking: return {Tone::plain, unicode_ ? "○" : "."};
        case State::standing_in: return {Tone::warn, unicode_ ? "○" : "."};
        case State::completed: return {Tone::good, unicode_ ? "✓" : "+"};
        case State::failed: return {Tone::bad, unicode_ ? "✗" : "x"};
        case State::skipped: return {Tone::dim, unicode_ ? "–" : "-"};
        case State::canceled: return {Tone::warn, unicode_ ? "–" : "-"};
    }
    return {};
}

std::string RunView::words_of(const Row& row, core::Time now) const {
    const NodeFacts& node = facts_.nodes()[row.node];
    const core::Duration passed = now - row.since;
    switch (row.state) {
        case State::running: {
            std::string words = "running";
            if (passed >= quiet_time) words += " " + duration_words({passed.ms / 1'000 * 1'000});
            if (row.attempt > 1) words += "  " + attempt_words(row.attempt, node);
            return words;
        }
        case State::retrying:
            return attempt_words(row.attempt, node) + " in " + countdown_words(row.due - now) +
                   "  " + row.words;
        case State::waiting: return "waits " + countdown_words(row.due - now);
        case State::asking:
            return row.due.ms == 0 ? row.words : row.words + ", " + countdown_words(row.due - now);
        case State::standing_in:
        case State::completed:
        case State::failed:
        case State::skipped:
        case State::canceled: return row.words;
    }
    return {};
}

Line RunView::line_of(const Row& row, core::Time now) const {
    const bool is_quiet = row.state == State::completed || row.state == State::skipped;
    Line line{symbol_of(row.state)};
    line.push_back(
        {row.state == State::skipped ? Tone::dim : Tone::plain,
         " " + padded(clipped(one_line(facts_.nodes()[row.node].id), name_width_), name_width_) +
             "  "});
    std::string words = words_of(row, now);
    if (const auto counts = counts_.find(row.node); counts != counts_.end())
        words += "  " + iteration_words(counts->second);
    line.push_back({row.state == State::failed ? Tone::bad
                    : is_quiet                 ? Tone::dim
                                               : Tone::plain,
                    std::move(words)});
    return line;
}

Line RunView::summary(core::Time now, std::size_t hidden) const {
    std::string text = fmt::format("{} of {} done", ended_, counted(facts_.nodes().size(), "node"));
    if (hidden > 0) text += fmt::format(", {} more not shown", hidden);
    const core::Duration passed = now - started_;
    if (started_.ms > 0 && passed >= quiet_time)
        text += "  " + duration_words({passed.ms / 1'000 * 1'000});
    return {{Tone::dim, "  " + text + "  (" + hint_ + ")"}};
}

Picture RunView::picture(core::Time now, TerminalSize size) {
    Picture picture;
    for (const Line& line : std::exchange(said_, {}))
        std::ranges::move(wrapped(line, size.columns), std::back_inserter(picture.settled));
    // One row for the summary and one for the cursor below it.
    const std::size_t room = size.rows > 4 ? size.rows - 2 : 2;
    std::size_t surplus = rows_.size() > room ? rows_.size() - room : 0;
    std::vector<Row> kept;
    for (Row& row : rows_) {
        if (surplus > 0 && has_ended(row.state)) {
            picture.settled.push_back(clipped(line_of(row, now), size.columns));
            --surplus;
        } else {
            kept.push_back(std::move(row));
        }
    }
    rows_ = std::move(kept);
    const std::size_t shown = std::min(rows_.size(), room);
    for (std::size_t i = 0; i < shown; ++i)
        picture.live.push_back(line_of(rows_[i], now));
    picture.live.push_back(summary(now, rows_.size() - shown));
    return picture;
}

Picture RunView::last_picture(core::Time now, TerminalSize size, LastNodes nodes) {
    Picture picture;
    for (const Line& line : std::exchange(said_, {}))
        std::ranges::move(wrapped(line, size.columns), std::back_inserter(picture.settled));
    for (const Row& row : std::exchange(rows_, {})) {
        if (nodes == LastNodes::left_out) break;
        picture.settled.push_back(clipped(line_of(row, now), size.columns));
    }
    return picture;
}

}  // namespace millrace::cli
