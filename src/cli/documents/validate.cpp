// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "commands.hpp"
#include "documents/document_file.hpp"
#include "documents/document_fix.hpp"
#include "documents/document_paths.hpp"
#include "documents/problem_text.hpp"
#include "documents/text_file.hpp"
#include "library.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/expression_class.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

struct ValidateOptions {
    std::vector<std::string> files;
    bool fix = false;
    bool dry_run = false;
};

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

core::Value fix_value(const std::string& file, const AppliedFix& fix) {
    return core::Value::object({{"code", core::to_text(fix.code)},
                                {"file", file},
                                {"line", static_cast<std::int64_t>(fix.line)},
                                {"before", fix.before},
                                {"after", fix.after}});
}

/// Checks files one after the other, shows what is wrong with each, and adds up.
class Validation {
public:
    Validation(const Context& context, const ValidateOptions& options,
               const engine::NodeLibrary& library)
        : context_{context}, console_{context.console}, options_{options}, library_{library} {}

    void check(const std::string& file) {
        auto source = read_source(console_, file);
        if (!source) {
            console_.complain(source.error().message());
            has_unread_ = true;
            return;
        }
        ++files_;
        if (options_.fix || options_.dry_run) mend(*source);
        const CheckedDocument checked = check_document(*source, library_);
        for (const core::Problem& problem : checked.problems)
            errors_.push_back(problem_value(source->name, problem));
        for (const core::Problem& warning : checked.warnings)
            warnings_.push_back(problem_value(source->name, warning));
        if (!checked.problems.empty()) ++bad_files_;
        if (checked.document) classify(*source, *checked.document);
        if (!context_.global.json) print(*source, checked);
    }

    Exit conclude() {
        const bool is_valid = errors_.empty() && !has_unread_;
        if (context_.global.json) {
            print_json(is_valid);
        } else {
            summarize();
        }
        if (has_unread_) return Exit::wrong_use;
        return is_valid ? Exit::done : Exit::failed;
    }

private:
    /// Puts the mended text in the file's place, or only shows how it would differ.
    void mend(format::SourceText& source) {
        FixedText fixed = fix_document(source, library_);
        if (fixed.fixes.empty()) return;
        for (const AppliedFix& fix : fixed.fixes)
            fixes_.push_back(fix_value(source.name, fix));
        if (!context_.global.json)
            console_.out << line_diff(source.name, source.text, fixed.text, console_.paints_out());
        if (options_.dry_run) return;
        if (const auto written = replace_file(source.name, fixed.text); !written) {
            console_.complain(written.error().message());
            has_unread_ = true;
            return;
        }
        source.text = std::move(fixed.text);
    }

    /// Which of its expressions are evaluated natively, and which ask for more.
    void classify(const format::SourceText& source, const core::Document& document) {
        const auto classes = engine::expression_classes(document, library_);
        core::Problems places;
        for (std::size_t i = 0; i < classes.size(); ++i) {
            ++(classes[i].native ? native_ : not_native_);
            // All are located at once, which sorts them; the message tells which one it was.
            core::Problem place;
            place.path = classes[i].path;
            place.message = std::to_string(i);
            places.push_back(std::move(place));
        }
        if (!context_.global.json) return;
        format::locate(source, places);
        for (const core::Problem& place : places) {
            const engine::ExpressionClass& found = classes[std::stoul(place.message)];
            core::ObjectBuilder item;
            item.set("file", source.name)
                .set("path", place.path)
                .set("line", place.line)
                .set("column", place.column)
                .set("source", found.source)
                .set("native", found.native);
            if (!found.native) item.set("reason", found.reason);
            expressions_.push_back(std::move(item).build());
        }
    }

    void print(const format::SourceText& source, const CheckedDocument& checked) const {
        console_.out << problem_text(source, checked, style_for_out(console_));
        if (checked.problems.empty())
            console_.out << one_line(source.name) + ": " +
                                painted(Tone::good, "valid", console_.paints_out())
                         << "\n";
    }

    void print_json(bool is_valid) {
        core::ObjectBuilder body;
        body.set("valid", is_valid)
            .set("errors", core::Value::array(std::move(errors_)))
            .set("warnings", core::Value::array(std::move(warnings_)))
            .set("expressions", core::Value::array(std::move(expressions_)));
        if (options_.fix || options_.dry_run)
            body.set("fixes", core::Value::array(std::move(fixes_)));
        console_.out << core::to_json(std::move(body).build()) << "\n";
    }

    void summarize() const {
        if (!fixes_.empty()) {
            const std::string count = counted(fixes_.size(), "problem");
            console_.say(Tone::good, options_.dry_run
                                         ? count + " can be fixed; --fix without --dry-run does it"
                                         : "fixed " + count);
        }
        const std::string files = counted(files_, "file");
        if (!errors_.empty()) {
            console_.say(Tone::bad, counted(errors_.size(), "problem") + " in " +
                                        std::to_string(bad_files_) + " of " + files);
        } else if (files_ > 1) {
            console_.say(Tone::good, files + ", all valid");
        }
        const std::string expressions = counted(native_ + not_native_, "expression");
        if (not_native_ > 0) {
            console_.say(Tone::warn, expressions + ", " + std::to_string(not_native_) +
                                         " beyond what is evaluated natively");
        } else if (native_ > 0 && errors_.empty()) {
            console_.say(Tone::dim, expressions + ", all native");
        }
    }

    const Context& context_;
    const Console& console_;
    const ValidateOptions& options_;
    const engine::NodeLibrary& library_;
    std::vector<core::Value> errors_;
    std::vector<core::Value> warnings_;
    std::vector<core::Value> fixes_;
    std::vector<core::Value> expressions_;
    std::size_t native_ = 0;
    std::size_t not_native_ = 0;
    std::size_t files_ = 0;
    std::size_t bad_files_ = 0;
    bool has_unread_ = false;
};

core::Result<Exit> validate(const Context& context, const ValidateOptions& options) {
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    const auto files = document_paths(options.files);
    if (!files) return std::unexpected(files.error());
    Validation validation{context, options, **library};
    for (const std::string& file : *files) {
        if (file == "-" && options.fix && !options.dry_run) {
            return core::fail(FileErrc::bad_argument,
                              "--fix cannot change standard input; --dry-run shows what it would "
                              "change");
        }
        validation.check(file);
    }
    return validation.conclude();
}

}  // namespace

void add_validate(CLI::App& program, Action& chosen) {
    CLI::App* const command = program.add_subcommand("validate", "Check workflow files");
    const auto options = std::make_shared<ValidateOptions>();
    command
        ->add_option("PATH", options->files,
                     "Workflow files, folders of them, or patterns; - reads standard input")
        ->required();
    command->add_flag("--fix", options->fix, "Write what can only be meant in one way");
    command->add_flag("--dry-run", options->dry_run, "Only show what --fix would write");
    command->footer(
        "Prints every problem as file:line:column: code: message, with the line that it is in.\n"
        "Exit status 1 if there is one. --fix keeps comments and layout.\n"
        "Example: millrace validate order.workflow.yaml\n"
        "Example: millrace validate --fix workflows/");
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) {
            const core::Result<Exit> exit = validate(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
