// SPDX-License-Identifier: Apache-2.0
#include "executions/execution_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "millrace/core/json.hpp"
#include "remedy.hpp"
#include "terminal/plain_lines.hpp"
#include "terminal/status_tone.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t label_width = 10;

/// `label     text`, of which only the text is cut.
std::string fact(const Console& console, std::string_view label, const Line& text,
                 std::size_t width) {
    Line line{{Tone::dim, padded(label, label_width)}};
    line.insert(line.end(), text.begin(), text.end());
    return rendered(line, width, console.paints_out()) + "\n";
}

std::string value_fact(const Console& console, std::string_view label, const core::Value& value,
                       std::size_t width) {
    return fact(console, label, {{Tone::plain, one_line(core::to_json(value))}}, width);
}

std::string failure_text(const core::Failure& failure) {
    return one_line(failure.code + ": " + failure.message);
}

/// What became of a node, as far as its status does not tell.
std::string notes_of(const engine::NodeView& node) {
    std::string notes;
    const auto add = [&](const std::string& note) { notes += notes.empty() ? note : ", " + note; };
    if (node.attempts.size() > 1) add(counted(node.attempts.size(), "attempt"));
    if (!node.recovered_by.empty())
        add(node.recovered_by == "default" ? "default used" : "by " + one_line(node.recovered_by));
    if (!node.undone_by.empty()) add("undone by " + one_line(node.undone_by));
    const bool was_reissued = std::ranges::any_of(
        node.attempts, [](const engine::AttemptView& attempt) { return attempt.reissued > 0; });
    if (was_reissued) add("repeated after a crash");
    const bool is_loop = node.iterations && node.type == "flow.loop";
    if (is_loop) add(iteration_words(*node.iterations));
    if (node.error) add(one_line(node.error->code));
    if (!node.attempts.empty() && !node.attempts.back().child.empty())
        add("execution " + one_line(node.attempts.back().child));
    return notes;
}

std::vector<engine::NodeView> in_order_of_start(const ExecutionFacts& facts) {
    std::vector<engine::NodeView> nodes = facts.nodes;
    std::ranges::stable_sort(nodes, {}, [](const engine::NodeView& node) {
        // Those that never started come last.
        return node.execution_order - 1;
    });
    return nodes;
}

std::string broken(const Console& console, const Line& line, std::size_t width) {
    std::string text;
    for (const Line& part : wrapped(line, width))
        text += rendered(part, console.paints_out()) + "\n";
    return text;
}

/// What nodes did wrong, and last why the execution failed.
std::string failure_lines(const Console& console, const ExecutionFacts& facts, std::size_t width) {
    std::string text;
    const std::optional<core::Failure>& last = facts.error;
    for (const engine::NodeView& node : facts.nodes) {
        const bool is_last = last && node.id == last->node_id;
        if (!node.error || is_last) continue;
        text += broken(
            console,
            {{Tone::warn, one_line(node.id)}, {Tone::plain, ": " + failure_text(*node.error)}},
            width);
    }
    if (last) {
        const std::string place =
            last->node_id.empty() ? "" : " at node " + one_line(last->node_id);
        text += broken(console,
                       {{Tone::bad, "failed"}, {Tone::plain, place + ": " + failure_text(*last)}},
                       width);
        if (const std::string hint = remedy_of(*last); !hint.empty())
            text += broken(console, {{Tone::plain, "hint: " + hint}}, width);
    }
    return text.empty() ? text : "\n" + text;
}

}  // namespace

std::string node_table(const Console& console, const std::vector<engine::NodeView>& nodes,
                       std::size_t width) {
    Table table{{"NODE", "TYPE", "STATUS", "TOOK", "NOTES"}};
    for (const engine::NodeView& node : nodes) {
        const std::string took = node.started_at && node.completed_at
                                     ? duration_words(*node.completed_at - *node.started_at)
                                     : "";
        table.add({{Tone::plain, one_line(node.path.empty() ? node.id : node.path)},
                   {Tone::dim, node.type},
                   {tone_of(node.status), std::string{core::to_text(node.status)}},
                   {Tone::plain, took},
                   {Tone::plain, notes_of(node)}});
    }
    return table.text(width, console.paints_out());
}

std::string execution_text(const Console& console, const ExecutionFacts& facts, std::size_t width) {
    std::string status{core::to_text(facts.status)};
    std::string text = fact(console, "execution", {{Tone::strong, one_line(facts.id)}}, width);
    text += fact(console, "workflow",
                 {{Tone::plain, fmt::format("{} version {}", one_line(facts.workflow_id),
                                            facts.workflow_version)}},
                 width);
    text += fact(console, "status", {{tone_of(facts.status), status}}, width);
    if (!facts.paused_before.empty())
        text += fact(console, "before", {{Tone::plain, one_line(facts.paused_before)}}, width);
    if (!facts.forked_from.empty()) {
        const std::string from = facts.from_path.empty() ? "" : " from " + facts.from_path;
        text +=
            fact(console, "retry of", {{Tone::plain, one_line(facts.forked_from + from)}}, width);
    }
    if (!facts.parent_id.empty()) {
        const std::string at = facts.parent_path.empty() ? "" : " at " + facts.parent_path;
        text += fact(console, "parent", {{Tone::plain, one_line(facts.parent_id + at)}}, width);
    }
    if (facts.labels.is_object()) text += value_fact(console, "labels", facts.labels, width);
    text += fact(console, "started", {{Tone::plain, date_text(console.local(facts.created_at))}},
                 width);
    if (facts.completed_at)
        text +=
            fact(console, "took",
                 {{Tone::plain, duration_words(*facts.completed_at - facts.created_at)}}, width);
    text += value_fact(console, "input", facts.inputs, width);
    if (facts.status == core::ExecutionStatus::completed)
        text += value_fact(console, "outputs", facts.outputs, width);
    text += "\n" + node_table(console, in_order_of_start(facts), width);
    return text + failure_lines(console, facts, width);
}

}  // namespace millrace::cli
