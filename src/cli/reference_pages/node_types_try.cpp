// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "documents/document_file.hpp"
#include "library.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/format/json.hpp"
#include "millrace/format/schema.hpp"
#include "millrace/runtime/rehearsal.hpp"
#include "reference_pages/node_types_commands.hpp"
#include "run/given_values.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

using core::Value;

struct TryOptions {
    std::string type;
    std::string data = "{}";
    std::optional<std::string> input;
};

constexpr const char* node_id = "node";

/// A workflow of a trigger and the one node.
core::Document document_of(const core::NodeType& type, Value data) {
    core::Document document;
    document.id = "try";
    core::NodeSpec start;
    start.id = "start";
    start.type = "trigger.manual";
    core::NodeSpec node;
    node.id = node_id;
    node.type = type.type;
    node.type_version = type.version;
    node.data = std::move(data);
    document.nodes = {std::move(start), std::move(node)};
    if (!type.inputs.empty()) {
        core::ConnectionSpec connection;
        connection.from = {"start", "out"};
        connection.to = {node_id, type.inputs.front().name};
        document.connections = {std::move(connection)};
    }
    return document;
}

core::Result<Value> given_data(const std::string& text) {
    const auto read = format::read_json(text);
    const auto value = read ? core::decode_bytes(*read) : read;
    if (value && value->is_object()) return *value;
    return core::fail(
        FileErrc::bad_argument,
        "--node-data is no JSON object" + (read ? std::string{} : ": " + read.error().message()));
}

/// Where in `--node-data` a problem of the document lies.
std::string issue_text(const core::Problem& problem) {
    std::string place = problem.path;
    constexpr std::string_view prefix = "/nodes/1/data";
    if (place.starts_with(prefix)) place.erase(0, prefix.size());
    std::string text{core::to_text(problem.code)};
    text += (place.empty() ? "" : " at " + place) + ": " + problem.message;
    if (!problem.suggestion.empty()) text += "; did you mean \"" + problem.suggestion + "\"?";
    return one_line(text);
}

std::vector<Value> issues_of(const engine::CompileResult& compiled) {
    std::vector<Value> issues;
    for (const core::Problem& problem : compiled.problems)
        issues.emplace_back(issue_text(problem));
    for (const core::Problem& warning : compiled.warnings)
        issues.emplace_back("warning: " + issue_text(warning));
    return issues;
}

/// What came of it, as data.
Value tried_value(const runtime::Rehearsed& rehearsed, std::vector<Value> issues) {
    const engine::ExecutionView& view = rehearsed.view;
    Value run;
    for (const engine::NodeView& node : view.nodes())
        if (node.id == node_id) run = engine::ExecutionView::node_value(node, view.plan());
    const auto part = [&](const char* name) {
        const Value* const found = run.find(name);
        return found == nullptr ? Value{} : *found;
    };
    const core::Time begin = view.created_at();
    core::ObjectBuilder tried;
    tried.set("status", part("status")).set("outputs", part("outputs"));
    if (!part("error").is_null()) tried.set("error", part("error"));
    if (!rehearsed.calls.empty()) {
        tried.set("request", rehearsed.calls.front().request);
        issues.emplace_back("the request was not made; the outputs are the type's stand-in");
    }
    tried.set("duration_ms", (view.completed_at().value_or(begin) - begin).ms)
        .set("issues", Value::array(std::move(issues)));
    return std::move(tried).build();
}

core::Result<Exit> try_type(const Context& context, const TryOptions& options) {
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    const auto definition = find_node_type(**library, options.type);
    if (!definition) return std::unexpected(definition.error());
    const core::NodeType& type = (*definition)->type;
    if (type.role == core::NodeRole::trigger || type.role == core::NodeRole::container)
        return core::fail(FileErrc::bad_argument,
                          type.type + " does nothing by itself; try it in a workflow");
    auto data = given_data(options.data);
    if (!data) return std::unexpected(data.error());
    Value input;
    if (options.input) {
        auto given = given_input(context.console, *options.input);
        if (!given) return std::unexpected(given.error());
        input = std::move(*given);
    }
    const engine::CompileResult compiled = engine::compile(
        document_of(type, std::move(*data)), {"try", 1, {}}, **library, format::compile_schema);
    std::vector<Value> issues = issues_of(compiled);
    Value tried = Value::object({{"status", Value{}}, {"issues", Value::array(issues)}});
    bool has_failed = true;
    if (compiled.plan) {
        runtime::RehearsalOptions how;
        how.start_at = context.console.now();
        how.director = [&](const auto&, const engine::Effect& effect, const auto&) {
            return runtime::StandIn{std::vector<engine::PortValue>{
                {core::PortIndex{0}, effect.definition->type.mock_output}}};
        };
        const auto rehearsed = runtime::rehearse({compiled.plan, {}, input, {}, {}}, how);
        if (!rehearsed) return std::unexpected(rehearsed.error());
        tried = tried_value(*rehearsed, std::move(issues));
        has_failed = rehearsed->view.status() != core::ExecutionStatus::completed;
    }
    context.console.out << (context.global.json ? core::to_json(tried)
                                                : core::to_pretty_json(tried))
                        << "\n";
    return has_failed ? Exit::failed : Exit::done;
}

}  // namespace

void add_node_types_try(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("try", "See what a node makes of an input; nothing is called");
    const auto options = std::make_shared<TryOptions>();
    command->add_option("TYPE", options->type, "Such as http.request or http.request@1")
        ->required();
    command->add_option("--node-data", options->data, "The node's data")->type_name("JSON");
    command->add_option("--input,-i", options->input, "Its input: JSON, @FILE, or - for stdin")
        ->type_name("JSON");
    command->footer(
        "Prints its outputs, the request that it would make, how long it waits, and what is wrong\n"
        "with the data.\n"
        "Example: millrace node-types try data.template --node-data '{\"text\": \"Hello, {{ input "
        "}}!\"}' "
        "--input '\"Ada\"'");
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) {
            const core::Result<Exit> exit = try_type(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
