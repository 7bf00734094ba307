// SPDX-License-Identifier: Apache-2.0
#include "run/outcome.hpp"

#include <fmt/format.h>

#include <ostream>

#include "millrace/core/json.hpp"
#include "remedy.hpp"
#include "terminal/styled.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {

void explain_failure(const Context& context, const Follower& follower) {
    const Console& console = context.console;
    if (const auto& error = follower.view().error()) {
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
        console.say(Tone::plain, "more: millrace executions show " + follower.id().text());
}

std::string rest_words(const engine::ExecutionView& view) {
    const std::string id = view.id().text();
    const std::string resume = "millrace executions resume " + id;
    switch (view.status()) {
        case core::ExecutionStatus::paused: {
            const std::string& before = view.paused_before();
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

Exit conclude(const Context& context, const Follower& follower) {
    const Console& console = context.console;
    const engine::ExecutionView& view = follower.view();
    const core::Duration took = view.completed_at().value_or(view.created_at()) - view.created_at();
    if (context.global.json) console.out << core::to_json(view.to_value()) << "\n";
    switch (view.status()) {
        case core::ExecutionStatus::completed:
            console.say({{Tone::good, "completed"}, {Tone::plain, " in " + duration_words(took)}});
            if (!context.global.json) console.out << core::to_pretty_json(view.outputs()) << "\n";
            return Exit::done;
        case core::ExecutionStatus::canceled:
            console.say(
                {{Tone::warn, "canceled"}, {Tone::plain, " after " + duration_words(took)}});
            return Exit::interrupted;
        case core::ExecutionStatus::failed: explain_failure(context, follower); return Exit::failed;
        case core::ExecutionStatus::pending:
        case core::ExecutionStatus::running:
        case core::ExecutionStatus::waiting:
        case core::ExecutionStatus::paused: break;
    }
    const bool is_kept = context.global.store != "memory:";
    console.say(Tone::warn, is_kept ? rest_words(view)
                                    : std::string{core::to_text(view.status())} +
                                          "; it ends here with its store");
    return Exit::done;
}

}  // namespace millrace::cli
