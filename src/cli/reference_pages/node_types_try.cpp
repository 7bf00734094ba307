// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "documents/document_file.hpp"
#include "library.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/json.hpp"
#include "millrace/server/node_trial.hpp"
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

core::Result<Value> given_data(const std::string& text) {
    const auto read = format::read_json(text);
    const auto value = read ? core::decode_bytes(*read) : read;
    if (value && value->is_object()) return *value;
    return core::fail(
        FileErrc::bad_argument,
        "--node-data is no JSON object" + (read ? std::string{} : ": " + read.error().message()));
}

core::Result<Exit> try_type(const Context& context, const TryOptions& options) {
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    const auto definition = find_node_type(**library, options.type);
    if (!definition) return std::unexpected(definition.error());
    auto data = given_data(options.data);
    if (!data) return std::unexpected(data.error());
    server::NodeTrial trial;
    trial.type = options.type;
    trial.node = Value::object({{"data", std::move(*data)}});
    trial.start_at = context.console.now();
    if (options.input) {
        auto given = given_input(context.console, *options.input);
        if (!given) return std::unexpected(given.error());
        trial.input = std::move(*given);
    }
    const auto tried = server::try_node(**library, trial);
    if (!tried && tried.error().is(server::TrialErrc::not_alone))
        return core::fail(FileErrc::bad_argument, tried.error().message());
    if (!tried) return std::unexpected(tried.error());
    const Value* const status = tried->find("status");
    const bool has_failed = status == nullptr || *status != Value{"completed"};
    context.console.out << (context.global.json ? core::to_json(*tried)
                                                : core::to_pretty_json(*tried))
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
