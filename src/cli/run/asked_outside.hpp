// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/event.hpp"
#include "millrace/core/time.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {

/// What a run waits for from outside.
struct Question {
    std::string path;
    std::string what;   ///< signal, webhook, approval, event or child
    std::string name;   ///< of a signal, an event's types, or the child's id
    std::string title;  ///< of an approval
    std::optional<core::Time> until;
};

/// That of a `node.waiting` event; none when the node waits for time or a fallback.
std::optional<Question> question_of(const core::Event& event);

/// `an approval: Pay 5?`, `signal paid`.
std::string question_words(const Question& question);

/// The command that answers it; empty where none does.
std::string answer_command(const Question& question, std::string_view execution_id);

/// Which runs of one execution wait, and for what, by its events.
class AskedOutside {
public:
    void take(const core::Event& event);

    /// Nothing moves it but an answer, or time that was set to one.
    bool waits_for_answers() const;
    std::vector<Question> questions() const;

private:
    std::map<std::string, Question> asked_;         // by path
    std::map<std::string, core::EventType> timed_;  // what goes on by itself
};

/// What an execution waits for and how it is answered, a line each; no more than some.
std::vector<Line> question_lines(const std::vector<Question>& questions,
                                 std::string_view execution_id, core::Time now);

}  // namespace millrace::cli
