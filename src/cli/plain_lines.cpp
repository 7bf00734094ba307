// SPDX-License-Identifier: Apache-2.0
#include "plain_lines.hpp"

#include <fmt/format.h>

#include "wording.hpp"

namespace millrace::cli {
namespace {

using core::EventType;

Line sentence(const core::Event& event, Tone tone, std::string verb, std::string rest = {}) {
    Line line{{Tone::plain, one_line(event.node_id) + " "}, {tone, std::move(verb)}};
    if (!rest.empty()) line.push_back({Tone::plain, " " + std::move(rest)});
    return line;
}

std::string completed_words(const core::Event& event) {
    std::string words = duration_words({data_number(event, "duration_ms")});
    if (event.attempt > 1) words += fmt::format(", attempt {}", event.attempt);
    const std::string by = data_text(event, "recovered_by");
    if (!by.empty()) words += by == "default" ? ", with its default" : ", by fallback " + by;
    return words;
}

std::string retry_words(const core::Event& event, const RunFacts& facts) {
    const NodeFacts* const node = facts.find(event.node_id);
    std::string words = fmt::format("attempt {}", data_number(event, "next_attempt"));
    if (node != nullptr && node->attempts_max > 1)
        words += fmt::format(" of {}", node->attempts_max);
    return words + fmt::format(" in {} after {}",
                               duration_words({data_number(event, "backoff_ms")}),
                               failure_words(event));
}

std::string failed_words(const core::Event& event) {
    const std::string then = data_text(event, "then");
    const std::string words = failure_words(event);
    if (then == "continue") return words + "; the run goes on";
    if (then == "error_port") return words + "; its error port takes over";
    return words;
}

Line remark_line(const core::Event& event) {
    const Remark remark = remark_of(event);
    const Tone tone = remark.level == "error"  ? Tone::bad
                      : remark.level == "warn" ? Tone::warn
                                               : Tone::plain;
    Line line{{Tone::plain, one_line(event.node_id) + ": "}};
    if (remark.level == "error" || remark.level == "warn")
        line.push_back({tone, remark.level + ": "});
    line.push_back({Tone::plain, remark.text});
    return line;
}

Line waiting_line(const core::Event& event) {
    const std::string fallback = data_text(event, "fallback");
    if (!fallback.empty())
        return sentence(event, Tone::warn, "failed",
                        failure_words(event) + "; " + fallback + " stands in");
    return sentence(event, Tone::plain, "waits",
                    duration_words(data_time(event, "due") - event.time));
}

}  // namespace

std::optional<Line> plain_line(const core::Event& event, const RunFacts& facts) {
    switch (event.type) {
        case EventType::node_started: {
            const NodeFacts* const node = facts.find(event.node_id);
            // What is computed inside the engine has ended by the time anyone reads this.
            if (node == nullptr || !node->is_effect) return std::nullopt;
            const std::string again =
                event.attempt > 1 ? fmt::format("attempt {}", event.attempt) : std::string{};
            return sentence(event, Tone::plain, "started", again);
        }
        case EventType::node_completed:
            return sentence(event, Tone::good, "completed", completed_words(event));
        case EventType::node_failed:
            return sentence(event, Tone::bad, "failed", failed_words(event));
        case EventType::node_retrying:
            return sentence(event, Tone::warn, "retries", retry_words(event, facts));
        case EventType::node_skipped: return sentence(event, Tone::dim, "skipped");
        case EventType::node_canceled: return sentence(event, Tone::warn, "canceled");
        case EventType::node_waiting: return waiting_line(event);
        case EventType::node_event: return remark_line(event);
        case EventType::execution_created:
        case EventType::execution_started:
        case EventType::execution_paused:
        case EventType::execution_resumed:
        case EventType::execution_waiting:
        case EventType::execution_completed:
        case EventType::execution_failed:
        case EventType::execution_canceled: break;
    }
    return std::nullopt;
}

}  // namespace millrace::cli
