// SPDX-License-Identifier: Apache-2.0
#include "terminal/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "run/run_facts.hpp"
#include "terminal/plain_lines.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

using core::NodeStatus;
using engine::NodeView;

constexpr std::size_t name_width_max = 28;
constexpr std::size_t notes_width_max = 34;
constexpr std::size_t bar_width_min = 10;
constexpr std::size_t bar_width_max = 60;
// A terminal shows no more at once; the longest ones are what a reader looks for.
constexpr std::size_t rows_max = 40;

/// A stretch of time in which a node was at work, or only waited.
struct Stretch {
    core::Time from;
    core::Time to;
    bool is_work = true;
};

struct Row {
    std::string name;
    std::vector<Stretch> stretches;
    core::Duration took;
    std::string took_text;
    std::string notes;
    Tone tone = Tone::good;
    bool is_critical = false;
};

core::Duration took(const NodeView& node) {
    return node.started_at && node.completed_at ? *node.completed_at - *node.started_at
                                                : core::Duration{};
}

std::vector<Stretch> stretches_of(const NodeView& node, const engine::Plan& plan,
                                  core::Time until) {
    std::vector<Stretch> stretches;
    if (!node.started_at) return stretches;
    const core::Time end = node.completed_at.value_or(until);
    const auto index = plan.find(node.id);
    const auto role = index ? plan.node(*index).role() : core::NodeRole::pure;
    const bool only_waits = role == core::NodeRole::delay || role == core::NodeRole::wait;
    // Below the attempts, so that what lies between them shows as a wait.
    stretches.push_back({*node.started_at, end, node.attempts.empty() && !only_waits});
    if (only_waits) return stretches;
    for (const engine::AttemptView& attempt : node.attempts)
        stretches.push_back({attempt.started_at, attempt.completed_at.value_or(end), true});
    return stretches;
}

std::string notes_of(const NodeView& node) {
    std::string notes;
    const auto add = [&](const std::string& note) { notes += notes.empty() ? note : ", " + note; };
    if (node.status == NodeStatus::failed) add(node.error ? one_line(node.error->code) : "failed");
    if (node.status != NodeStatus::failed && node.status != NodeStatus::completed)
        add(std::string{core::to_text(node.status)});
    if (node.attempts.size() > 1) add(counted(node.attempts.size(), "attempt"));
    const bool is_cached = std::ranges::any_of(
        node.attempts, [](const engine::AttemptView& one) { return one.executor == "cache"; });
    if (is_cached) add("cached");
    if (!node.recovered_by.empty())
        add(node.recovered_by == "default" ? "default used" : "by " + one_line(node.recovered_by));
    if (!node.undone_by.empty()) add("undone by " + one_line(node.undone_by));
    if (node.iterations && node.type == "flow.loop") add(iteration_words(*node.iterations));
    return notes;
}

Tone tone_of_row(const NodeView& node) {
    switch (node.status) {
        case NodeStatus::completed: return Tone::good;
        case NodeStatus::failed: return Tone::bad;
        case NodeStatus::pending:
        case NodeStatus::running:
        case NodeStatus::waiting:
        case NodeStatus::skipped:
        case NodeStatus::canceled: break;
    }
    return Tone::warn;
}

std::string inner_notes(const InnerRun& run) {
    std::string notes = counted(run.runs, "run");
    if (run.failed > 0) notes += fmt::format(", {} failed", run.failed);
    if (run.runs > 1) notes += ", longest " + duration_words(run.longest);
    return notes;
}

/// The rows of the nodes in a container's body, one for all runs of each.
void add_inner(std::vector<Row>& rows, const engine::Plan& plan, core::NodeIndex container,
               const InnerRuns& inner, std::size_t depth) {
    for (const engine::PlanScope& scope : plan.scopes()) {
        if (scope.container != container) continue;
        for (const core::NodeIndex index : scope.nodes) {
            const std::string& id = plan.node(index).id;
            const auto found = inner.by_node().find(id);
            if (found == inner.by_node().end()) continue;
            const InnerRun& run = found->second;
            rows.push_back({std::string(2 * depth, ' ') + one_line(id),
                            {{run.first, run.last, true}},
                            run.total,
                            duration_words(run.total),
                            inner_notes(run),
                            run.failed > 0 ? Tone::warn : Tone::plain,
                            false});
            add_inner(rows, plan, index, inner, depth + 1);
        }
    }
}

std::vector<const NodeView*> started_in_order(const std::vector<NodeView>& all) {
    std::vector<const NodeView*> nodes;
    for (const NodeView& node : all)
        if (node.started_at && node.execution_order > 0) nodes.push_back(&node);
    std::ranges::stable_sort(nodes, {}, &NodeView::execution_order);
    return nodes;
}

/// Lays rows out in columns.
class Layout {
public:
    Layout(const std::vector<Row>& rows, core::Time from, core::Time to, const TimelineStyle& style)
        : from_{from}, span_{std::max<std::int64_t>(1, (to - from).ms)}, style_{style} {
        std::size_t notes = 0;
        for (const Row& row : rows) {
            name_width_ = std::max(name_width_, columns_of(row.name));
            took_width_ = std::max(took_width_, columns_of(row.took_text));
            notes = std::max(notes, columns_of(row.notes));
        }
        name_width_ = std::min({name_width_, name_width_max, style.width / 3});
        const std::size_t fixed = 2 + name_width_ + 2 + took_width_;
        const std::size_t kept = notes > 0 ? std::min(notes, notes_width_max) + 2 : 0;
        const auto left = [&](std::size_t taken) {
            return style.width > taken + 2 ? style.width - taken - 2 : 0;
        };
        bar_width_ = left(fixed + kept);
        // Bars tell more than notes, of which then only a beginning is shown.
        if (bar_width_ < bar_width_min) bar_width_ = std::min(left(fixed), bar_width_min);
        if (bar_width_ < bar_width_min) bar_width_ = 0;
        bar_width_ = std::min(bar_width_, bar_width_max);
    }

    Line header(std::string_view total) const {
        Line line{{Tone::strong, padded("timeline", name_width_ + 2)}};
        if (bar_width_ == 0) return line;
        const std::string end{total};
        const std::size_t room =
            bar_width_ > columns_of(end) + 1 ? bar_width_ - columns_of(end) : 1;
        line.push_back({Tone::dim, "  " + padded("0", room) + end});
        return line;
    }

    Line line_of(const Row& row) const {
        const std::string mark = row.is_critical ? (style_.unicode ? "◆ " : "* ") : "  ";
        Line line{{Tone::strong, mark},
                  {row.is_critical ? Tone::strong : Tone::plain,
                   padded(clipped(row.name, name_width_), name_width_)}};
        if (bar_width_ > 0) line.push_back({row.tone, "  " + bar(row)});
        const std::size_t blanks = took_width_ - columns_of(row.took_text);
        line.push_back({Tone::plain, "  " + std::string(blanks, ' ') + row.took_text});
        if (!row.notes.empty())
            line.push_back({row.tone == Tone::good ? Tone::dim : row.tone, "  " + row.notes});
        return clipped(line, style_.width);
    }

private:
    std::size_t cell_of(core::Time time) const {
        const std::int64_t passed = std::clamp<std::int64_t>((time - from_).ms, 0, span_);
        const auto cell =
            static_cast<std::size_t>(static_cast<double>(passed) / static_cast<double>(span_) *
                                     static_cast<double>(bar_width_));
        return std::min(cell, bar_width_ - 1);
    }

    std::string bar(const Row& row) const {
        enum class Cell : std::uint8_t { empty, wait, work };
        std::vector<Cell> cells(bar_width_, Cell::empty);
        for (const Stretch& stretch : row.stretches) {
            const std::size_t first = cell_of(stretch.from);
            // The cell in which it ends belongs to what comes next, unless it began there.
            std::size_t last = cell_of(stretch.to);
            if (last > first && stretch.to < from_ + core::Duration{span_}) --last;
            const Cell kind = stretch.is_work ? Cell::work : Cell::wait;
            for (std::size_t i = first; i <= last; ++i)
                cells[i] = std::max(cells[i], kind);
        }
        std::string text;
        for (const Cell cell : cells) {
            switch (cell) {
                case Cell::empty: text += ' '; break;
                case Cell::wait: text += style_.unicode ? "┈" : "."; break;
                case Cell::work: text += style_.unicode ? "━" : "="; break;
            }
        }
        return text;
    }

    core::Time from_;
    std::int64_t span_;
    const TimelineStyle& style_;
    std::size_t name_width_ = 4;
    std::size_t took_width_ = 4;
    std::size_t bar_width_ = 0;
};

/// Keeps the critical path and the longest of the others.
std::size_t drop_short_rows(std::vector<Row>& rows) {
    if (rows.size() <= rows_max) return 0;
    std::vector<std::int64_t> times;
    for (const Row& row : rows)
        times.push_back(row.took.ms);
    std::ranges::nth_element(times, times.begin() + rows_max, std::greater<>{});
    const std::int64_t shortest = times[rows_max];
    const std::size_t before = rows.size();
    std::size_t kept = 0;
    std::erase_if(rows, [&](const Row& row) {
        const bool is_kept = kept < rows_max && (row.is_critical || row.took.ms >= shortest);
        if (is_kept) ++kept;
        return !is_kept;
    });
    return before - rows.size();
}

/// Names of nodes that have no bar, because they were left out or the run ended before them.
void add_unstarted(std::vector<Line>& lines, const std::vector<NodeView>& nodes,
                   std::size_t width) {
    std::string skipped;
    std::string missed;
    for (const NodeView& node : nodes) {
        if (node.started_at) continue;
        std::string& names = node.status == NodeStatus::skipped ? skipped : missed;
        names += (names.empty() ? "" : ", ") + one_line(node.id);
    }
    if (!skipped.empty()) lines.push_back(clipped({{Tone::dim, "  skipped: " + skipped}}, width));
    if (!missed.empty()) lines.push_back(clipped({{Tone::dim, "  not started: " + missed}}, width));
}

Line path_line(const std::vector<NodeView>& nodes, const engine::Plan& plan,
               const std::vector<core::NodeIndex>& path, core::Duration total, bool unicode) {
    Line line{{Tone::strong, unicode ? "◆ critical path: " : "* critical path: "}};
    core::Duration sum;
    std::string names;
    for (const core::NodeIndex index : path) {
        for (const NodeView& node : nodes)
            if (node.id == plan.node(index).id) sum.ms += took(node).ms;
        names += (names.empty() ? "" : unicode ? " → " : " -> ") + one_line(plan.node(index).id);
    }
    line.push_back({Tone::plain, names});
    line.push_back(
        {Tone::dim, fmt::format(" ({} of {})", duration_words(sum), duration_words(total))});
    return line;
}

/// What was cut off ends in a mark that not every terminal has.
void spell_in_ascii(std::vector<Line>& lines) {
    constexpr std::string_view ellipsis = "…";
    for (Line& line : lines) {
        for (Span& span : line) {
            for (std::size_t at = span.text.find(ellipsis); at != std::string::npos;
                 at = span.text.find(ellipsis, at))
                span.text.replace(at, ellipsis.size(), "~");
        }
    }
}

}  // namespace

void InnerRuns::take(const core::Event& event) {
    if (!is_inner(event)) return;
    const bool ends = event.type == core::EventType::node_completed ||
                      event.type == core::EventType::node_failed ||
                      event.type == core::EventType::node_canceled;
    if (!ends && event.type != core::EventType::node_started) return;
    InnerRun& run = by_node_[event.node_id];
    if (!ends) {
        if (run.first.ms == 0) run.first = event.time;
        return;
    }
    const core::Duration duration{data_number(event, "duration_ms")};
    ++run.runs;
    if (event.type == core::EventType::node_failed) ++run.failed;
    run.total.ms += duration.ms;
    run.longest = std::max(run.longest, duration);
    run.last = std::max(run.last, event.time);
    if (run.first.ms == 0) run.first = event.time - duration;
}

std::vector<core::NodeIndex> critical_path(const std::vector<NodeView>& nodes,
                                           const engine::Plan& plan) {
    struct Best {
        // Between equal times the longer chain tells more.
        std::pair<std::int64_t, std::size_t> length{-1, 0};
        std::optional<core::NodeIndex> before;
    };
    std::map<std::string_view, const NodeView*> views;
    for (const NodeView& node : nodes)
        if (node.started_at && node.completed_at) views.emplace(node.id, &node);
    std::vector<Best> best(plan.nodes().size());
    std::optional<core::NodeIndex> end;
    for (const core::NodeIndex index : plan.shape().order) {
        const engine::PlanNode& node = plan.node(index);
        const auto found = views.find(node.id);
        // A fallback's time is part of that of the node which it stands in for.
        if (node.scope != 0 || node.fallback_for || found == views.end()) continue;
        Best& own = best[index.value];
        own.length = {took(*found->second).ms, 1};
        for (const engine::PlanInput& input : node.inputs) {
            for (const core::ConnectionIndex link : input.connections) {
                const core::NodeIndex from = plan.connection(link).from;
                const Best& before = best[from.value];
                if (before.length.first < 0 || plan.connection(link).is_result) continue;
                // A connection that was dead kept nobody waiting.
                const NodeView& source = *views.at(plan.node(from).id);
                if (source.completed_at > found->second->started_at) continue;
                const std::pair<std::int64_t, std::size_t> length{
                    before.length.first + took(*found->second).ms, before.length.second + 1};
                if (length > own.length) own = {length, from};
            }
        }
        if (!end || own.length > best[end->value].length) end = index;
    }
    std::vector<core::NodeIndex> path;
    for (std::optional<core::NodeIndex> at = end; at; at = best[at->value].before)
        path.push_back(*at);
    std::ranges::reverse(path);
    return path;
}

std::vector<Line> timeline(const ExecutionFacts& facts, const engine::Plan& plan,
                           const InnerRuns& inner, const TimelineStyle& style) {
    const std::vector<const NodeView*> nodes = started_in_order(facts.nodes);
    if (nodes.empty()) return {};
    const std::vector<core::NodeIndex> path = critical_path(facts.nodes, plan);
    std::set<std::string_view> critical;
    for (const core::NodeIndex index : path)
        critical.insert(plan.node(index).id);
    const core::Time from = facts.started_at.value_or(facts.created_at);
    const core::Time to = facts.completed_at.value_or(std::max(style.now, from));
    std::vector<Row> rows;
    for (const NodeView* const node : nodes) {
        const core::Duration duration =
            node->completed_at ? took(*node) : to - node->started_at.value_or(to);
        rows.push_back({one_line(node->id), stretches_of(*node, plan, to), duration,
                        duration_words(duration), notes_of(*node), tone_of_row(*node),
                        critical.contains(node->id)});
        if (const auto index = plan.find(node->id)) add_inner(rows, plan, *index, inner, 1);
    }
    const std::size_t dropped = drop_short_rows(rows);
    const Layout layout{rows, from, to, style};
    std::vector<Line> lines{layout.header(duration_words(to - from))};
    for (const Row& row : rows)
        lines.push_back(layout.line_of(row));
    if (dropped > 0)
        lines.push_back(
            {{Tone::dim, fmt::format("  {} more, all shorter", counted(dropped, "node"))}});
    add_unstarted(lines, facts.nodes, style.width);
    for (Line& line :
         wrapped(path_line(facts.nodes, plan, path, to - from, style.unicode), style.width, 2))
        lines.push_back(std::move(line));
    if (!style.unicode) spell_in_ascii(lines);
    return lines;
}

}  // namespace millrace::cli
