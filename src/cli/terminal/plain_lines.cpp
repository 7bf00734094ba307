// SPDX-License-Identifier: Apache-2.0
#include "terminal/plain_lines.hpp"

#include <fmt/format.h>

#include "run/asked_outside.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

using core::EventType;

std::string name_of(const core::Event& event) {
    return one_line(event.path.empty() ? event.node_id : event.path);
}

Line sentence(const core::Event& event, Tone tone, std::string verb, std::string rest = {}) {
    Line line{{Tone::plain, name_of(event) + " "}, {tone, std::move(verb)}};
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
    const std::string failure = failure_words(event);
    // Without one an operator has asked for it.
    if (failure.empty()) return words + " at once";
    return words + fmt::format(" in {} after {}",
                               duration_words({data_number(event, "backoff_ms")}), failure);
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
    Line line{{Tone::plain, name_of(event) + ": "}};
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
    if (const auto question = question_of(event)) {
        std::string words = "for " + question_words(*question);
        if (question->until) words += ", at most " + duration_words(*question->until - event.time);
        return sentence(event, Tone::plain, "waits", std::move(words));
    }
    return sentence(event, Tone::plain, "waits",
                    duration_words(data_time(event, "due") - event.time));
}

bool is_true(const core::Event& event, std::string_view key) {
    const core::Value* const value = event.data.find(key);
    return value != nullptr && value->is_bool() && value->as_bool();
}

Line paused_line(const core::Event& event) {
    const std::string before = data_text(event, "before");
    const std::string reason = data_text(event, "reason");
    std::string rest;
    if (!before.empty()) rest += " before " + before;
    if (!reason.empty()) rest += ": " + reason;
    return {{Tone::warn, "paused"}, {Tone::plain, std::move(rest)}};
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
        case EventType::execution_paused: return paused_line(event);
        case EventType::execution_resumed:
            return Line{{Tone::strong, "resumed"},
                        {Tone::plain, is_true(event, "step") ? " for one step" : ""}};
        case EventType::execution_created:
        case EventType::execution_started:
        case EventType::execution_waiting:
        case EventType::execution_completed:
        case EventType::execution_failed:
        case EventType::execution_canceled: break;
    }
    return std::nullopt;
}

std::string iteration_words(const engine::IterationCounts& counts) {
    const std::uint32_t ended = counts.completed + counts.failed + counts.canceled;
    std::string words = counted(ended, "iteration");
    if (ended < counts.opened) words += fmt::format(", {} running", counts.opened - ended);
    if (counts.failed > 0) words += fmt::format(", {} failed", counts.failed);
    if (counts.canceled > 0) words += fmt::format(", {} canceled", counts.canceled);
    return words;
}

bool InnerLines::takes(const core::Event& event) {
    has_just_ended_ = false;
    if (!is_inner(event)) return true;
    const bool is_told = event.type == EventType::node_event ||
                         event.type == EventType::node_failed ||
                         event.type == EventType::node_retrying;
    if (!is_told || lines_ >= lines_max) return false;
    has_just_ended_ = ++lines_ == lines_max;
    return true;
}

}  // namespace millrace::cli
