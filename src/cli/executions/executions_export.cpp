// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "body.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "executions/executions_commands.hpp"
#include "library.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/canonical.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/document_value.hpp"
#include "millrace/format/writer.hpp"
#include "remote/chosen_server.hpp"
#include "remote/remote_watch.hpp"
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

/// What is written, and the workflow's document as JSON.
struct Source {
    RecordedExecution execution;
    std::string document;
};

core::Result<Source> source_in_store(const Context& context, const std::string& id) {
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto history = read_history(**store, id, engine::ExecutionView::every_scope);
    if (!history) return std::unexpected(history.error());
    const auto version = (*store)->version(history->row.workflow_id, history->row.workflow_version);
    if (!version) return std::unexpected(version.error());
    return Source{recorded_execution(*history), version->document};
}

/// All of `/executions/{id}/nodes` in a scope.
core::Result<> add_runs(const ApiClient& client, const std::string& id, const std::string& scope,
                        std::vector<RecordedExecution::Run>& runs) {
    std::string cursor;
    do {
        const auto page =
            client.get_list(api_path({"executions", id, "nodes"}),
                            given({{"scope", scope}, {"limit", "200"}, {"cursor", cursor}}));
        if (!page) return std::unexpected(page.error());
        for (const core::Value& item : items_of(*page)) {
            core::ObjectBuilder value;
            for (const core::Member& member : item.as_object())
                if (member.key != "id" && member.key != "path" && member.key != "type")
                    value.set(member.key, member.value);
            runs.push_back({read_node(item), std::move(value).build()});
        }
        cursor = text_at(*page, "next_cursor");
    } while (!cursor.empty());
    return {};
}

core::Result<Source> source_on_server(const ApiClient& client, const std::string& text) {
    const auto id = find_on_server(client, text);
    if (!id) return std::unexpected(id.error());
    auto loaded = load_on_server(client, *id);
    if (!loaded) return std::unexpected(loaded.error());
    auto events = events_on_server(client, *id);
    if (!events) return std::unexpected(events.error());
    Source source;
    source.execution = {std::move(loaded->facts), std::move(loaded->plan), {}, std::move(*events)};
    const ExecutionFacts& facts = source.execution.facts;
    for (const char* const scope : {"", engine::ExecutionView::every_scope})
        if (const auto added = add_runs(client, facts.id, scope, source.execution.runs); !added)
            return std::unexpected(added.error());
    const auto workflow = client.get(api_path(
        {"workflows", facts.workflow_id, "versions", std::to_string(facts.workflow_version)}));
    if (!workflow) return std::unexpected(workflow.error());
    const core::Value* const document = member_at(*workflow, "document");
    source.document = core::to_json(document == nullptr ? core::Value{} : *document);
    return source;
}

core::Result<core::Document> document_of(const Source& source) {
    const format::SourceText text{source.execution.facts.workflow_id, source.document,
                                  format::Syntax::json};
    format::DocumentRead read = format::read_document(text);
    if (read.document) return std::move(*read.document);
    return core::fail(FileErrc::unreadable, format::to_text(text.name, read.problems.front()));
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
core::Result<> try_out(const Context& context, const std::string& text,
                       const RecordedExecution& execution) {
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    const format::TestDocumentRead read =
        format::read_tests({"the test", text, format::Syntax::yaml});
    if (!read.document)
        return core::fail(FileErrc::unreadable, format::to_text("the test", read.problems.front()));
    TestSuite suite;
    suite.tests = *read.document;
    suite.plan = execution.plan;
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
                               const RecordedExecution& execution, const core::Document& document) {
    if (!execution.plan)
        return core::fail(FileErrc::unreadable,
                          "this build does not know all of the workflow, so it can make no test");
    if (!execution.facts.has_ended())
        return core::fail(
            FileErrc::bad_argument,
            "execution " + execution.facts.id + " has not ended; only one that has can be a test");
    if (!options.out.empty() && !options.out.ends_with(test_end))
        return core::fail(FileErrc::bad_argument, "--out " + one_line(options.out) +
                                                      ": the name of a file of tests ends in "
                                                      ".test.yaml");
    const std::string workflow = document.id + ".workflow.yaml";
    const std::string text = format::write_yaml(recorded_test(execution, workflow));
    if (const auto tried = try_out(context, text, execution); !tried)
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
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    const auto source =
        *server ? source_on_server(**server, options.id) : source_in_store(context, options.id);
    if (!source) return std::unexpected(source.error());
    const auto document = document_of(*source);
    if (!document) return std::unexpected(document.error());
    if (options.as_test) return export_test(context, options, source->execution, *document);
    const std::string text =
        core::to_pretty_json(export_value(source->execution, format::to_value(*document))) + "\n";
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
