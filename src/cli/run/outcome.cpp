// SPDX-License-Identifier: Apache-2.0
#include "run/outcome.hpp"

#include <fmt/format.h>

#include <ostream>

#include "millrace/core/json.hpp"
#include "remedy.hpp"
#include "terminal/styled.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {

void print_timeline(const Console& console, const ExecutionFacts& facts, const engine::Plan& plan,
                    const InnerRuns& inner) {
    const TimelineStyle style{console.err_is_terminal ? console.size().columns : 100,
                              console.unicode, console.now()};
    for (const Line& line : timeline(facts, plan, inner, style))
        console.err << rendered(line, console.paints_err()) << "\n";
    console.err << std::flush;
}

void explain_failure(const Context& context, const ExecutionFacts& facts) {
    const Console& console = context.console;
    if (const auto& error = facts.error) {
        Line line{{Tone::bad, "failed"}};
        if (!error->node_id.empty())
            line.push_back({Tone::plain, " at node " + one_line(error->node_id)});
        if (error->attempt > 1)
            line.push_back({Tone::plain, fmt::format(" after {} attempts", error->attempt)});
        line.push_back({Tone::plain, ": "});
        line.push_back({Tone::strong, one_line(error->code)});
        line.push_back({Tone::plain, ": " + one_line(error->message)});
        console.say(line);
        if (const std::string hint = remedy_of(*error); !hint.empty())
            console.say(Tone::plain, "hint: " + hint);
    }
    if (context.global.store != "memory:")
        console.say(Tone::plain, "more: millrace executions show " + facts.id);
}

Line end_line(const ExecutionFacts& facts) {
    const bool is_good = facts.status == core::ExecutionStatus::completed;
    Line line{{Tone::plain, "execution " + facts.id + " "},
              {is_good ? Tone::good : Tone::bad, std::string{core::to_text(facts.status)}}};
    if (facts.error)
        line.push_back(
            {Tone::plain, ": " + one_line(facts.error->code + ": " + facts.error->message)});
    return line;
}

std::string rest_words(const ExecutionFacts& facts) {
    const std::string& id = facts.id;
    const std::string resume = "millrace executions resume " + id;
    switch (facts.status) {
        case core::ExecutionStatus::paused: {
            const std::string& before = facts.paused_before;
            return "paused" + (before.empty() ? "" : " before " + one_line(before)) +
                   "; to go on: " + resume + ", or one run at a time: millrace executions step " +
                   id;
        }
        case core::ExecutionStatus::waiting: return "waits; to wait for it: " + resume;
        case core::ExecutionStatus::pending:
            return "waits for its turn among the runs of its workflow; to wait for it: " + resume;
        case core::ExecutionStatus::running:
        case core::ExecutionStatus::completed:
        case core::ExecutionStatus::failed:
        case core::ExecutionStatus::canceled: break;
    }
    return "unfinished; to finish it: " + resume;
}

void say_questions(const Context& context, const std::vector<Question>& questions,
                   const std::string& id) {
    for (const Line& line : question_lines(questions, id, context.console.now()))
        context.console.say(line);
}

Exit conclude(const Context& context, const ExecutionFacts& facts,
              const std::vector<Question>& questions) {
    const Console& console = context.console;
    const core::Duration took = facts.completed_at.value_or(facts.created_at) - facts.created_at;
    if (context.global.json) console.out << core::to_json(facts.body) << "\n";
    switch (facts.status) {
        case core::ExecutionStatus::completed:
            console.say({{Tone::good, "completed"}, {Tone::plain, " in " + duration_words(took)}});
            if (!context.global.json) console.out << core::to_pretty_json(facts.outputs) << "\n";
            return Exit::done;
        case core::ExecutionStatus::canceled:
            console.say(
                {{Tone::warn, "canceled"}, {Tone::plain, " after " + duration_words(took)}});
            return Exit::interrupted;
        case core::ExecutionStatus::failed: explain_failure(context, facts); return Exit::failed;
        case core::ExecutionStatus::pending:
        case core::ExecutionStatus::running:
        case core::ExecutionStatus::waiting:
        case core::ExecutionStatus::paused: break;
    }
    const bool is_kept = context.global.store != "memory:";
    console.say(Tone::warn, is_kept ? rest_words(facts)
                                    : std::string{core::to_text(facts.status)} +
                                          "; it ends here with its store");
    if (is_kept) say_questions(context, questions, facts.id);
    return Exit::done;
}

}  // namespace millrace::cli
