// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "body.hpp"
#include "listing.hpp"
#include "on_call.hpp"
#include "run/given_values.hpp"
#include "served/served_commands.hpp"
#include "terminal/wording.hpp"

// `millrace events send`.

namespace millrace::cli {
namespace {

struct SendOptions {
    std::string type;
    std::optional<std::string> data;
    std::string source;
    std::string id;
    std::string subject;
};

core::Result<core::Value> event_of(const Context& context, const SendOptions& options) {
    core::ObjectBuilder event;
    event.set("type", options.type);
    if (!options.source.empty()) event.set("source", options.source);
    if (!options.id.empty()) event.set("id", options.id);
    if (!options.subject.empty()) event.set("subject", options.subject);
    if (options.data) {
        auto data = given_input(context.console, *options.data);
        if (!data) return std::unexpected(data.error());
        event.set("data", std::move(*data));
    }
    return std::move(event).build();
}

void show(const Context& context, const core::Value& delivery) {
    const Console& console = context.console;
    const auto started = array_at(delivery, "started");
    const auto answered = array_at(delivery, "answered");
    const auto refused = array_at(delivery, "refused");
    for (const core::Value& one : started)
        console.out << "started " << one_line(text_at(one, "workflow_id")) << " "
                    << one_line(text_at(one, "execution_id")) << "\n";
    for (const core::Value& one : answered)
        console.out << "answered " << one_line(text_at(one, "path")) << " of "
                    << one_line(text_at(one, "execution_id")) << "\n";
    console.out << std::flush;
    for (const core::Value& one : refused)
        console.warn(one_line(text_at(one, "workflow_id") + " was not started: " +
                              text_at(one, "code") + ": " + text_at(one, "detail")));
    if (started.empty() && answered.empty() && refused.empty())
        console.say(Tone::plain, "nobody was interested in it");
}

core::Result<Exit> send(const Context& context, const SendOptions& options) {
    auto event = event_of(context, options);
    if (!event) return std::unexpected(event.error());
    const auto client = server_needed(context, Access::changes, "events");
    if (!client) return std::unexpected(client.error());
    const auto delivery = client->post(api_path({"events"}), std::move(*event));
    if (!delivery) return std::unexpected(delivery.error());
    if (context.global.json) {
        print_json(context, *delivery);
    } else {
        show(context, *delivery);
    }
    return array_at(*delivery, "refused").empty() ? Exit::done : Exit::failed;
}

}  // namespace

void add_events(CLI::App& program, Action& chosen) {
    CLI::App* const group = program.add_subcommand("events", "Events that start and answer runs");
    group->require_subcommand(1);
    CLI::App* const command = group->add_subcommand("send", "Tell the server of an event");
    const auto options = std::make_shared<SendOptions>();
    command->add_option("TYPE", options->type, "Such as order.paid")->required();
    command->add_option("--input,-i", options->data, "Its data: JSON, @FILE, or -")
        ->type_name("JSON");
    command->add_option("--source", options->source, "Where it comes from; else api")
        ->type_name("SOURCE");
    command
        ->add_option("--id", options->id,
                     "Names it within its source; sent again within a day it starts nothing new")
        ->type_name("ID");
    command->add_option("--subject", options->subject, "What it is about")->type_name("TEXT");
    command->footer(
        "Prints the executions that it has started and the runs that it has answered; all of that\n"
        "is durable then. Exit status 1 when a workflow that wants it could not be started.\n"
        "Example: millrace events send order.paid --input '{\"order\": 7}' --id payment-81");
    on_call(*command, chosen, options, send);
}

}  // namespace millrace::cli
