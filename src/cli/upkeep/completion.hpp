// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands.hpp"

namespace millrace::cli {

/// The hidden command that the shells' scripts call with the words of the line so far, the last of
/// which is the one to complete.
inline constexpr std::string_view complete_command = "__complete";

struct Candidate {
    std::string word;
    std::string description;

    friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// What may stand in the place of the last word.
struct Completion {
    std::vector<Candidate> candidates;  ///< that begin like the word
    bool wants_files = false;           ///< names of files complete it too
};

/// Looks names up that only the data or the program know, for a kind of argument: `ID`, `TYPE`, …
/// with the commands before it, such as `workflows show`.
using NameSource =
    std::function<std::vector<Candidate>(std::string_view command, std::string_view kind)>;

/// From the program's own commands and options, so that it never lags behind them.
Completion complete(const CLI::App& program, std::span<const std::string> words,
                    const NameSource& names);

/// The names of this machine: workflows and executions of the chosen store, node types, statuses.
NameSource stored_names(const Context& context);

/// The lines that the scripts read: `word<TAB>description`, and `:files` at last.
std::string completion_lines(const Completion& completion);

/// Of bash, zsh or fish; empty for another shell.
std::string_view completion_script(std::string_view shell);

void add_completion(CLI::App& program, Action& chosen);

}  // namespace millrace::cli
