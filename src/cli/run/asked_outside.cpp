// SPDX-License-Identifier: Apache-2.0
#include "run/asked_outside.hpp"

#include <algorithm>
#include <utility>

#include "run/run_facts.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

using core::EventType;

constexpr std::size_t shown_max = 10;
constexpr std::size_t title_cells_max = 80;

}  // namespace

std::optional<Question> question_of(const core::Event& event) {
    if (event.type != EventType::node_waiting) return std::nullopt;
    Question question;
    question.path = event.path.empty() ? event.node_id : event.path;
    question.what = data_text(event, "for");
    if (question.what.empty()) return std::nullopt;
    question.name = data_text(event, question.what == "child" ? "child_execution_id" : "name");
    if (const core::Value* const details = event.data.find("details")) {
        const core::Value* const title = details->find("title");
        if (title != nullptr && title->is_string()) question.title = one_line(title->as_string());
    }
    if (event.data.find("due") != nullptr) question.until = data_time(event, "due");
    return question;
}

std::string question_words(const Question& question) {
    if (question.what == "signal") return "signal " + question.name;
    if (question.what == "event") return "an event " + question.name;
    if (question.what == "child") return "execution " + question.name;
    if (question.what == "webhook") return "a call of its link";
    if (question.title.empty()) return "an approval";
    return "an approval: " + clipped(question.title, title_cells_max);
}

std::string answer_command(const Question& question, std::string_view execution_id) {
    const std::string id{execution_id};
    if (question.what == "signal") return "millrace executions signal " + id + " " + question.name;
    if (question.what == "event") return "millrace events send " + question.name;
    if (question.what == "webhook")
        return "millrace executions answer " + id + " " + question.path + " --input JSON";
    if (question.what == "approval")
        return "millrace executions answer " + id + " " + question.path + " --approve";
    return {};
}

void AskedOutside::take(const core::Event& event) {
    const std::string& path = event.path.empty() ? event.node_id : event.path;
    switch (event.type) {
        case EventType::node_waiting:
            asked_.erase(path);
            timed_.erase(path);
            if (auto question = question_of(event)) {
                if (question->what == "child") {
                    timed_.emplace(path, event.type);
                } else {
                    asked_.emplace(path, std::move(*question));
                }
            } else {
                timed_.emplace(path, event.type);
            }
            return;
        case EventType::node_started:
        case EventType::node_retrying:
            asked_.erase(path);
            timed_.insert_or_assign(path, event.type);
            return;
        case EventType::node_completed:
        case EventType::node_failed:
        case EventType::node_skipped:
        case EventType::node_canceled:
            asked_.erase(path);
            timed_.erase(path);
            return;
        case EventType::execution_created:
        case EventType::execution_started:
        case EventType::execution_paused:
        case EventType::execution_resumed:
        case EventType::execution_waiting:
        case EventType::execution_completed:
        case EventType::execution_failed:
        case EventType::execution_canceled:
        case EventType::node_event: return;
    }
}

bool AskedOutside::waits_for_answers() const {
    if (asked_.empty()) return false;
    // A container goes on as what is in it does.
    const auto holds_one_asked = [&](const std::string& path) {
        return std::ranges::any_of(asked_, [&](const auto& asked) {
            return asked.first.starts_with(path + "[") || asked.first.starts_with(path + ".") ||
                   asked.first.starts_with(path + "#");
        });
    };
    return std::ranges::all_of(timed_,
                               [&](const auto& timed) { return holds_one_asked(timed.first); });
}

std::vector<Question> AskedOutside::questions() const {
    std::vector<Question> questions;
    for (const auto& [path, question] : asked_)
        questions.push_back(question);
    return questions;
}

std::vector<Line> question_lines(const std::vector<Question>& questions,
                                 std::string_view execution_id, core::Time now) {
    std::vector<Line> lines;
    for (const Question& question : questions) {
        if (lines.size() == shown_max) {
            lines.push_back({{Tone::dim, "  and " + std::to_string(questions.size() - shown_max) +
                                             " more: millrace waits list --execution " +
                                             std::string{execution_id}}});
            break;
        }
        Line line{{Tone::strong, "  " + one_line(question.path)},
                  {Tone::plain, " waits for " + question_words(question)}};
        if (question.until)
            line.push_back({Tone::dim, ", for " + countdown_words(*question.until - now)});
        if (const std::string command = answer_command(question, execution_id); !command.empty())
            line.push_back({Tone::plain, "; to answer: " + command});
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace millrace::cli
