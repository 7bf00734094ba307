// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "executions/executions_commands.hpp"
#include "library.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/canonical.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/document_value.hpp"
#include "millrace/format/writer.hpp"
#include "test_kit/recorded_test.hpp"
#include "test_kit/test_run.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view test_end = ".test.yaml";

struct ExportOptions {
    std::string id;
    std::string out;
    bool as_test = false;
};

core::Result<core::Document> document_of(store::Store& store, const History& history) {
    const auto version = store.version(history.row.workflow_id, history.row.workflow_version);
    if (!version) return std::unexpected(version.error());
    const format::SourceText source{version->workflow_id, version->document, format::Syntax::json};
    format::DocumentRead read = format::read_document(source);
    if (read.document) return std::move(*read.document);
    return core::fail(FileErrc::unreadable, format::to_text(source.name, read.problems.front()));
}

core::Result<> write(const std::string& name, const std::string& text) {
    std::ofstream file{name, std::ios::binary | std::ios::trunc};
    file << text;
    if (file.flush()) return {};
    return core::fail(FileErrc::unreadable, "cannot write " + one_line(name));
}

/// Makes sure that the workflow stands beside the test.
core::Result<> provide_workflow(const Context& context, const std::string& file,
                                const core::Document& document) {
    std::error_code ignored;
    if (!fs::exists(file, ignored)) {
        if (const auto written = write(file, format::write_yaml(document)); !written)
            return written;
        context.console.say(Tone::plain, "wrote " + one_line(file));
        return {};
    }
    const auto source = read_source(context.console, file);
    if (!source) return std::unexpected(source.error());
    const format::DocumentRead there = format::read_document(*source);
    if (!there.document ||
        format::document_hash(*there.document) != format::document_hash(document))
        context.console.warn(one_line(file) +
                             " is another version of the workflow than the one that was run; the "
                             "test may fail with it");
    return {};
}

/// Tries the test that was made: what depends on the clock or on ids may differ.
core::Result<> try_out(const Context& context, const std::string& text, const History& history) {
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    const format::TestDocumentRead read =
        format::read_tests({"the test", text, format::Syntax::yaml});
    if (!read.document)
        return core::fail(FileErrc::unreadable, format::to_text("the test", read.problems.front()));
    TestSuite suite;
    suite.tests = *read.document;
    suite.plan = history.plan;
    const TestResult result =
        run_test(context.console, suite, suite.tests.tests.front(), (*library)->host());
    for (const TestFailure& failure : result.failures)
        context.console.warn("the test does not pass as it is: " + failure.what +
                             (failure.actual.empty()
                                  ? ""
                                  : ": expected " + failure.expected + ", got " + failure.actual));
    return {};
}

core::Result<Exit> export_test(const Context& context, const ExportOptions& options,
                               const History& history, const core::Document& document) {
    if (!history.follower.has_ended())
        return core::fail(FileErrc::bad_argument,
                          "execution " + history.follower.id().text() +
                              " has not ended; only one that has can be a test");
    if (!options.out.empty() && !options.out.ends_with(test_end))
        return core::fail(FileErrc::bad_argument, "--out " + one_line(options.out) +
                                                      ": the name of a file of tests ends in "
                                                      ".test.yaml");
    const std::string workflow = document.id + ".workflow.yaml";
    const std::string text = format::write_yaml(recorded_test(history, workflow));
    if (const auto tried = try_out(context, text, history); !tried)
        return std::unexpected(tried.error());
    if (options.out.empty()) {
        context.console.out << text;
        return Exit::done;
    }
    const std::string beside = (fs::path{options.out}.parent_path() / workflow).string();
    if (const auto provided = provide_workflow(context, beside, document); !provided)
        return std::unexpected(provided.error());
    if (const auto written = write(options.out, text); !written)
        return std::unexpected(written.error());
    context.console.say(Tone::plain, "wrote " + one_line(options.out) +
                                         "; to run it: millrace test " + one_line(options.out));
    return Exit::done;
}

core::Result<Exit> export_execution(const Context& context, const ExportOptions& options) {
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto history = read_history(**store, options.id, engine::ExecutionView::every_scope);
    if (!history) return std::unexpected(history.error());
    const auto document = document_of(**store, *history);
    if (!document) return std::unexpected(document.error());
    if (options.as_test) return export_test(context, options, *history, *document);
    const std::string text =
        core::to_pretty_json(export_value(*history, format::to_value(*document))) + "\n";
    if (options.out.empty()) {
        context.console.out << text;
        return Exit::done;
    }
    if (const auto written = write(options.out, text); !written)
        return std::unexpected(written.error());
    context.console.say(Tone::plain, "wrote " + one_line(options.out));
    return Exit::done;
}

}  // namespace

void add_executions_export(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("export", "Write all of a run as JSON, or as a test");
    const auto options = std::make_shared<ExportOptions>();
    command->add_option("ID", options->id, "The execution; a beginning or an end of its id will do")
        ->required();
    command->add_flag("--as-test", options->as_test,
                      "As a test: what it was given, what its calls gave, what came of it");
    command->add_option("--out", options->out, "Write to this file instead")->type_name("FILE");
    command->footer(
        "The test names its workflow, which is written beside it unless it is there.\n"
        "Example: millrace executions export 5f1c --as-test --out charge.test.yaml");
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) {
            const core::Result<Exit> exit = export_execution(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
