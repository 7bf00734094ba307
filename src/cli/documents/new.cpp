// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <istream>
#include <memory>
#include <optional>
#include <ostream>

#include "commands.hpp"
#include "documents/document_file.hpp"
#include "documents/starter.hpp"
#include "documents/text_file.hpp"
#include "terminal/table.hpp"

namespace millrace::cli {
namespace {

struct NewOptions {
    std::string file;
    std::string starter;
    std::string id;
    std::string name;
    bool force = false;
    bool list = false;
};

/// What was answered, or the default for an empty line; nothing at the end of the input.
std::optional<std::string> ask(const Console& console, const std::string& question,
                               const std::string& fallback) {
    console.err << painted(Tone::strong, question, console.paints_err()) << " "
                << painted(Tone::dim, "[" + one_line(fallback) + "]", console.paints_err()) << " "
                << std::flush;
    std::string answer;
    if (!std::getline(console.in, answer)) {
        console.err << "\n";
        return std::nullopt;
    }
    const std::size_t first = answer.find_first_not_of(" \t\r");
    if (first == std::string::npos) return fallback;
    return answer.substr(first, answer.find_last_not_of(" \t\r") - first + 1);
}

/// The template of that name or number.
const StarterTemplate* chosen_template(const std::string& answer) {
    if (const StarterTemplate* const named = find_starter(answer)) return named;
    const std::span<const StarterTemplate> all = starter_templates();
    for (std::size_t i = 0; i < all.size(); ++i)
        if (answer == std::to_string(i + 1)) return &all[i];
    return nullptr;
}

/// Fills in what the options leave open; false when nobody answers any more.
bool ask_for_rest(const Console& console, NewOptions& options) {
    if (options.name.empty()) {
        const auto name = ask(console, "What is it called?", "My workflow");
        if (!name) return false;
        options.name = *name;
    }
    if (options.starter.empty()) {
        const std::span<const StarterTemplate> all = starter_templates();
        for (std::size_t i = 0; i < all.size(); ++i)
            console.err << fmt::format("  {}  {:<7}{}\n", i + 1, all[i].name, all[i].title);
        const StarterTemplate* found = nullptr;
        while (found == nullptr) {
            const auto answer = ask(console, "What does it do?", "1");
            if (!answer) return false;
            found = chosen_template(*answer);
            if (found == nullptr) console.warn("give a number or a name of the list");
        }
        options.starter = found->name;
    }
    if (options.file.empty()) {
        const std::string id = options.id.empty() ? workflow_id_from(options.name) : options.id;
        const auto file = ask(console, "Which file?", id + ".workflow.yaml");
        if (!file) return false;
        options.file = *file;
    }
    return true;
}

core::Result<> complete(NewOptions& options) {
    if (options.starter.empty()) options.starter = starter_templates().front().name;
    if (find_starter(options.starter) == nullptr) {
        std::string names;
        for (const StarterTemplate& starter : starter_templates())
            names.append(names.empty() ? "" : ", ").append(starter.name);
        return core::fail(
            FileErrc::bad_argument,
            "there is no template " + one_line(options.starter) + "; there are " + names);
    }
    if (!options.id.empty() && !is_workflow_id(options.id)) {
        return core::fail(FileErrc::bad_argument, one_line(options.id) +
                                                      " is no workflow id; use lower-case letters, "
                                                      "digits and -, at most 63, not - first");
    }
    if (options.file.empty()) {
        const std::string stem = !options.id.empty()     ? options.id
                                 : !options.name.empty() ? workflow_id_from(options.name)
                                                         : "my";
        options.file = stem + ".workflow.yaml";
    }
    if (options.id.empty()) options.id = workflow_id_from(options.file);
    if (options.name.empty()) options.name = "My workflow";
    return {};
}

Exit print_templates(const Console& console) {
    Table table{{"TEMPLATE", "DOES"}};
    for (const StarterTemplate& starter : starter_templates())
        table.add(
            {{Tone::strong, std::string{starter.name}}, {Tone::plain, std::string{starter.title}}});
    console.out << table.text(std::string::npos, console.paints_out());
    return Exit::done;
}

core::Result<Exit> write_starter(const Context& context, NewOptions options) {
    const Console& console = context.console;
    if (options.list) return print_templates(console);
    const bool says_nothing = options.file.empty() && options.starter.empty() &&
                              options.id.empty() && options.name.empty();
    if (says_nothing && console.in_is_terminal && console.err_is_terminal &&
        !ask_for_rest(console, options))
        return Exit::interrupted;
    if (const auto completed = complete(options); !completed)
        return std::unexpected(completed.error());
    const StarterTemplate& starter = *find_starter(options.starter);
    const std::string text = starter_document(starter, options.file, options.id, options.name);
    const auto written =
        options.force ? replace_file(options.file, text) : create_file(options.file, text);
    if (!written) return std::unexpected(written.error());
    const std::string file = one_line(options.file);
    console.say({{Tone::good, "wrote "}, {Tone::plain, file}});
    const std::string with = starter.try_with.empty() ? "" : " " + std::string{starter.try_with};
    console.say(Tone::plain, "try it: millrace run " + file + with);
    return Exit::done;
}

}  // namespace

void add_new(CLI::App& program, Action& chosen) {
    CLI::App* const command = program.add_subcommand("new", "Write a workflow file to start from");
    const auto options = std::make_shared<NewOptions>();
    command->add_option("FILE", options->file, "Where to; default my.workflow.yaml");
    command->add_option("--template,-t", options->starter, "What it does; --list shows all")
        ->type_name("TEMPLATE");
    command->add_option("--id", options->id, "Of the workflow; else from the file's name")
        ->type_name("ID");
    command->add_option("--name", options->name, "For people")->type_name("TEXT");
    command->add_flag("--force", options->force, "Overwrite the file if it is there");
    command->add_flag("--list", options->list, "Show the templates, write nothing");
    command->footer(
        "Without arguments it asks, on a terminal. It overwrites a file only with --force.\n"
        "Example: millrace new order.workflow.yaml\n"
        "Example: millrace new prices.workflow.yaml --template http --name 'Price check'");
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) {
            const core::Result<Exit> exit = write_starter(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
