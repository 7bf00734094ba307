// SPDX-License-Identifier: Apache-2.0
#include "upkeep/completion.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <ostream>

#include "documents/document_file.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

constexpr std::array<std::string_view, 3> shells{"bash", "zsh", "fish"};

/// Kinds of arguments that are files or folders.
bool is_file_kind(std::string_view kind) {
    return kind == "FILE" || kind == "PATH" || kind == "DIR";
}

const CLI::Option* find_option(const CLI::App* app, std::string_view word) {
    for (; app != nullptr; app = app->get_parent())
        for (const CLI::Option* const option : app->get_options())
            if (!option->get_positional() && option->check_name(std::string{word})) return option;
    return nullptr;
}

bool takes_value(const CLI::Option& option) {
    return option.get_items_expected_max() > 0 && option.get_type_size_max() > 0;
}

const CLI::App* find_command(const CLI::App& app, const std::string& word) {
    for (const CLI::App* const command : app.get_subcommands({}))
        if (command->get_name() == word) return command;
    return nullptr;
}

/// The name of the kind of thing that an argument is: `FILE` of `FILE` or `TEXT:FILE`.
std::string kind_of(const CLI::Option& option) {
    return option.get_positional() ? option.get_name(true) : option.get_type_name();
}

/// `workflows show`.
std::string path_of(const CLI::App* app) {
    std::string path;
    for (; app != nullptr && app->get_parent() != nullptr; app = app->get_parent())
        path = path.empty() ? app->get_name() : app->get_name() + " " + path;
    return path;
}

/// Shells that break words at `=` give `--data`, `=`, `x` for `--data=x`.
std::vector<std::string> joined(std::span<const std::string> words) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "=" && !result.empty() && result.back().starts_with("--")) {
            if (i + 1 == words.size()) result.emplace_back();
            continue;
        }
        result.push_back(words[i]);
    }
    return result;
}

/// Walks along the words before the one to complete.
class Walk {
public:
    explicit Walk(const CLI::App& program) : app_{&program} {}

    void take(const std::string& word) {
        if (pending_ != nullptr) {
            pending_ = nullptr;
            return;
        }
        if (word.starts_with('-') && word != "-") {
            if (word.find('=') != std::string::npos) return;
            const CLI::Option* const option = find_option(app_, word);
            if (option != nullptr && takes_value(*option)) pending_ = option;
            return;
        }
        if (const CLI::App* const command = find_command(*app_, word)) {
            app_ = command;
            positionals_ = 0;
        } else {
            ++positionals_;
        }
    }

    const CLI::App* app() const { return app_; }
    /// The option whose value comes next.
    const CLI::Option* pending() const { return pending_; }
    /// The argument that comes next, when there is one.
    const CLI::Option* positional() const {
        std::size_t left = positionals_;
        for (const CLI::Option* const option : app_->get_options()) {
            if (!option->get_positional()) continue;
            const bool takes_all = option->get_items_expected_max() > 1;
            if (left == 0 || takes_all) return option;
            --left;
        }
        return nullptr;
    }

private:
    const CLI::App* app_;
    const CLI::Option* pending_ = nullptr;
    std::size_t positionals_ = 0;
};

class Collector {
public:
    explicit Collector(std::string_view prefix) : prefix_{prefix} {}

    void add(const std::string& word, const std::string& description) {
        if (word.starts_with(prefix_)) completion_.candidates.push_back({word, description});
    }

    void add_options(const CLI::App* app) {
        for (; app != nullptr; app = app->get_parent())
            for (const CLI::Option* const option : app->get_options())
                if (!option->get_positional() && !option->get_lnames().empty())
                    add("--" + option->get_lnames().front(), option->get_description());
    }

    void add_commands(const CLI::App& app) {
        for (const CLI::App* const command : app.get_subcommands({}))
            if (!command->get_name().starts_with('_'))
                add(command->get_name(), command->get_description());
    }

    void add_values(const CLI::Option& option, const CLI::App* app, const NameSource& names) {
        const std::string kind = kind_of(option);
        if (is_file_kind(kind)) completion_.wants_files = true;
        for (const Candidate& name : names(path_of(app), kind))
            add(name.word, name.description);
    }

    Completion take() {
        std::vector<Candidate>& list = completion_.candidates;
        std::ranges::stable_sort(list, {}, &Candidate::word);
        const auto [first, last] = std::ranges::unique(list, {}, &Candidate::word);
        list.erase(first, last);
        return std::move(completion_);
    }

private:
    std::string_view prefix_;
    Completion completion_;
};

constexpr std::string_view bash =
    R"sh(# Completion of millrace for bash: eval "$(millrace completion bash)"
_millrace() {
    local word line
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            compopt -o filenames 2>/dev/null
            while IFS= read -r word; do
                COMPREPLY+=("$word")
            done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]#=}")
        else
            COMPREPLY+=("${line%%$'\t'*}")
        fi
    done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _millrace millrace
)sh";

constexpr std::string_view zsh = R"sh(#compdef millrace
# Completion of millrace for zsh: eval "$(millrace completion zsh)"
_millrace() {
    local line word
    local -a described
    local files=0
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            files=1
        else
            word=${line%%$'\t'*}
            described+=("${word//:/\\:}:${line#*$'\t'}")
        fi
    done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
    (( ${#described} )) && _describe 'millrace' described
    (( files )) && _files
}
compdef _millrace millrace
)sh";

constexpr std::string_view fish =
    R"sh(# Completion of millrace for fish: millrace completion fish | source
function __millrace_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo -- $line
        end
    end
end
complete -c millrace -f -a '(__millrace_complete)'
)sh";

core::Result<Exit> print_script(const Context& context, const std::string& shell) {
    const std::string_view script = completion_script(shell);
    if (script.empty()) {
        return core::fail(FileErrc::bad_argument, "there is no completion for " + one_line(shell) +
                                                      "; there is bash, zsh and fish");
    }
    context.console.out << script;
    return Exit::done;
}

}  // namespace

Completion complete(const CLI::App& program, std::span<const std::string> words,
                    const NameSource& names) {
    std::vector<std::string> line = joined(words);
    if (line.empty()) line.emplace_back();
    const std::string current = line.back();
    line.pop_back();
    Walk walk{program};
    for (const std::string& word : line)
        walk.take(word);
    const CLI::Option* option = walk.pending();
    std::string prefix = current;
    std::string before;
    const std::size_t equals = current.find('=');
    if (option == nullptr && current.starts_with("--") && equals != std::string::npos) {
        option = find_option(walk.app(), current.substr(0, equals));
        prefix = current.substr(equals + 1);
        before = current.substr(0, equals + 1);
    }
    Collector collector{prefix};
    if (option != nullptr) {
        collector.add_values(*option, walk.app(), names);
    } else if (current.starts_with('-')) {
        collector.add_options(walk.app());
    } else {
        collector.add_commands(*walk.app());
        if (const CLI::Option* const positional = walk.positional())
            collector.add_values(*positional, walk.app(), names);
    }
    Completion completion = collector.take();
    for (Candidate& candidate : completion.candidates)
        candidate.word.insert(0, before);
    return completion;
}

std::string completion_lines(const Completion& completion) {
    std::string lines;
    for (const Candidate& candidate : completion.candidates)
        lines += one_line(candidate.word) + "\t" + one_line(candidate.description) + "\n";
    if (completion.wants_files) lines += ":files\n";
    return lines;
}

std::string_view completion_script(std::string_view shell) {
    if (shell == "bash") return bash;
    if (shell == "zsh") return zsh;
    if (shell == "fish") return fish;
    return {};
}

void add_completion(CLI::App& program, Action& chosen) {
    CLI::App* const command =
        program.add_subcommand("completion", "Print a script that completes in a shell");
    const auto shell = std::make_shared<std::string>();
    command->add_option("SHELL", *shell, "bash, zsh or fish")->required();
    command->footer(
        "bash: put  eval \"$(millrace completion bash)\"  into ~/.bashrc\n"
        "zsh:  put  eval \"$(millrace completion zsh)\"  into ~/.zshrc\n"
        "fish: millrace completion fish > ~/.config/fish/completions/millrace.fish\n"
        "Example: millrace completion bash");
    command->callback([shell, &chosen] {
        chosen = [shell](const Context& context) {
            const core::Result<Exit> exit = print_script(context, *shell);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
