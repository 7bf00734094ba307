// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "commands.hpp"
#include "document_file.hpp"
#include "library.hpp"
#include "millrace/core/json.hpp"
#include "wording.hpp"

namespace millrace::cli {
namespace {

core::Value problem_value(const std::string& file, const core::Problem& problem) {
    core::ObjectBuilder object;
    object.set("code", core::to_text(problem.code))
        .set("path", problem.path)
        .set("message", problem.message)
        .set("file", file);
    if (problem.line > 0) object.set("line", problem.line).set("column", problem.column);
    if (!problem.suggestion.empty()) object.set("suggestion", problem.suggestion);
    return std::move(object).build();
}

/// What several files gave together.
struct Verdict {
    std::vector<core::Value> errors;
    std::vector<core::Value> warnings;
    std::size_t bad_files = 0;
    bool has_unread = false;

    void add(const std::string& name, const CheckedDocument& checked) {
        for (const core::Problem& problem : checked.problems)
            errors.push_back(problem_value(name, problem));
        for (const core::Problem& warning : checked.warnings)
            warnings.push_back(problem_value(name, warning));
        if (!checked.problems.empty()) ++bad_files;
    }
};

void print(const Context& context, const std::string& name, const CheckedDocument& checked) {
    const Console& console = context.console;
    console.out << problem_lines(name, checked, console.paints_out());
    if (checked.problems.empty()) {
        console.out << one_line(name) + ": " + painted(Tone::good, "valid", console.paints_out())
                    << "\n";
    }
}

Exit validate(const Context& context, const std::vector<std::string>& files) {
    const auto library = standard_library();
    if (!library) return failed_with(context, library.error());
    Verdict verdict;
    for (const std::string& file : files) {
        const auto source = read_source(context.console, file);
        if (!source) {
            context.console.complain(source.error().message());
            verdict.has_unread = true;
            continue;
        }
        const CheckedDocument checked = check_document(*source, **library);
        verdict.add(source->name, checked);
        if (!context.global.json) print(context, source->name, checked);
    }
    const bool is_valid = verdict.errors.empty() && !verdict.has_unread;
    const std::size_t problems = verdict.errors.size();
    if (context.global.json) {
        context.console.out << core::to_json(core::Value::object(
                                   {{"valid", is_valid},
                                    {"errors", core::Value::array(std::move(verdict.errors))},
                                    {"warnings", core::Value::array(std::move(verdict.warnings))}}))
                            << "\n";
    } else if (problems > 0) {
        context.console.say(Tone::bad, counted(problems, "problem") + " in " +
                                           std::to_string(verdict.bad_files) + " of " +
                                           counted(files.size(), "file"));
    }
    if (verdict.has_unread) return Exit::wrong_use;
    return is_valid ? Exit::done : Exit::failed;
}

}  // namespace

void add_validate(CLI::App& program, Action& chosen) {
    CLI::App* const command = program.add_subcommand("validate", "Check workflow files");
    const auto files = std::make_shared<std::vector<std::string>>();
    command->add_option("FILE", *files, "Workflow files; - reads standard input")->required();
    command->footer(
        "Prints every problem as file:line:column: code: message. Exit status 1 if there is one.\n"
        "Example: millrace validate order.workflow.yaml");
    command->callback([files, &chosen] {
        chosen = [files](const Context& context) { return validate(context, *files); };
    });
}

}  // namespace millrace::cli
