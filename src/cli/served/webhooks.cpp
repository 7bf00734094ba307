// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "body.hpp"
#include "documents/document_file.hpp"
#include "listing.hpp"
#include "millrace/core/json.hpp"
#include "on_call.hpp"
#include "run/given_values.hpp"
#include "served/served_commands.hpp"
#include "served/webhooks.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

// `millrace webhooks`: which can be called, and what a call would do.

namespace millrace::cli {

std::string percent_text(std::optional<double> share) {
    return share ? fmt::format("{:.1f} %", *share * 100) : std::string{};
}

std::optional<double> share_at(const core::Value& body, std::string_view name) {
    const core::Value* const found = member_at(body, name);
    if (found == nullptr || !found->is_number()) return std::nullopt;
    return found->is_integer() ? static_cast<double>(found->as_integer()) : found->as_double();
}

namespace {

struct ListOptions {
    std::string workflow;
    std::size_t limit = 50;
    std::string cursor;
};

struct SimulateOptions {
    std::string workflow;
    std::string node;
    std::optional<std::string> body;
    std::string method;
    std::vector<std::string> headers;
    std::vector<std::string> query;
    std::vector<std::string> params;
    bool sign = false;
};

std::string methods_of(const core::Value& webhook) {
    std::string text;
    for (const core::Value& method : array_at(webhook, "methods"))
        text += (text.empty() ? "" : ",") + one_line(method.as_string());
    return text;
}

std::string table_of(const Console& console, const core::Value& body) {
    Table table{{"WORKFLOW", "NODE", "METHOD", "URL", "CALLS", "SUCCESS", "AVERAGE", "LAST"}};
    for (const core::Value& item : items_of(body)) {
        const core::Value none = core::Value::object({});
        const core::Value* const known = member_at(item, "statistics");
        const core::Value& counts = known == nullptr ? none : *known;
        const auto average = share_at(counts, "average_ms");
        const bool is_active = flag_at(item, "active");
        table.add({{Tone::strong, one_line(text_at(item, "workflow_id"))},
                   {Tone::plain, one_line(text_at(item, "node_id"))},
                   {Tone::plain, methods_of(item)},
                   {is_active ? Tone::plain : Tone::dim,
                    one_line(text_at(item, "url")) + (is_active ? "" : " (not active)")},
                   {Tone::dim, std::to_string(number_at(counts, "calls").value_or(0))},
                   {Tone::dim, percent_text(share_at(counts, "success_rate"))},
                   {Tone::dim, average ? duration_words({static_cast<std::int64_t>(*average)})
                                       : std::string{}},
                   {Tone::dim, date_at(console, counts, "last_called_at")}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<Exit> list(const Context& context, const ListOptions& options) {
    const auto client = server_needed(context, Access::reads, "webhooks");
    if (!client) return std::unexpected(client.error());
    const auto body =
        options.workflow.empty()
            ? client->get_list(
                  api_path({"webhooks"}),
                  given({{"limit", std::to_string(options.limit)}, {"cursor", options.cursor}}))
            : client->get_list(api_path({"workflows", options.workflow, "webhooks"}));
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "no active workflow has a webhook", table_of);
    return Exit::done;
}

core::Result<core::Value> call_of(const Context& context, const SimulateOptions& options) {
    core::ObjectBuilder call;
    if (!options.method.empty()) call.set("method", options.method);
    if (options.body) {
        auto body = given_input(context.console, *options.body);
        if (!body) return std::unexpected(body.error());
        call.set("body", std::move(*body));
    }
    const std::pair<const char*, const std::vector<std::string>&> parts[] = {
        {"headers", options.headers}, {"query", options.query}, {"params", options.params}};
    for (const auto& [key, texts] : parts) {
        if (texts.empty()) continue;
        auto given = given_labels(texts);
        if (!given) return std::unexpected(given.error());
        call.set(key, std::move(*given));
    }
    if (options.sign) call.set("sign", true);
    return std::move(call).build();
}

void show_simulation(const Context& context, const core::Value& simulation) {
    const Console& console = context.console;
    const bool is_valid = flag_at(simulation, "valid");
    const core::Value* const response = member_at(simulation, "response");
    const std::string answer = response == nullptr
                                   ? std::string{}
                                   : std::to_string(number_at(*response, "status").value_or(0)) +
                                         " " + one_line(text_at(*response, "description"));
    console.say(
        {{is_valid ? Tone::good : Tone::bad, is_valid ? "it would start" : "it would not start"},
         {Tone::plain, "; the answer: " + answer}});
    if (const core::Value* const checks = member_at(simulation, "checks")) {
        std::string words;
        for (const core::Member& check : checks->as_object())
            if (check.value.is_string() && check.value.as_string() != "none")
                words += (words.empty() ? "" : ", ") + one_line(check.key) + " " +
                         one_line(check.value.as_string());
        console.say(Tone::dim, words);
    }
    for (const core::Value& error : array_at(simulation, "errors"))
        console.complain(one_line(text_at(error, "code") + ": " + text_at(error, "message")));
    if (const core::Value* const trigger = member_at(simulation, "trigger"))
        console.out << core::to_pretty_json(*trigger) << "\n" << std::flush;
}

core::Result<Exit> simulate(const Context& context, const SimulateOptions& options) {
    auto call = call_of(context, options);
    if (!call) return std::unexpected(call.error());
    const auto client = server_needed(context, Access::changes, "webhooks");
    if (!client) return std::unexpected(client.error());
    const auto body = client->post(
        api_path({"workflows", options.workflow, "webhooks", options.node, "simulate"}),
        std::move(*call));
    if (!body) return std::unexpected(body.error());
    if (context.global.json) {
        print_json(context, *body);
    } else {
        show_simulation(context, *body);
    }
    return flag_at(*body, "valid") ? Exit::done : Exit::failed;
}

void add_list(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("list", "Those that can be called, and how often they were");
    const auto options = std::make_shared<ListOptions>();
    command
        ->add_option("--workflow", options->workflow, "Of this workflow only, also if not active")
        ->type_name("WORKFLOW");
    command->add_option("--limit", options->limit, "At most so many, up to 200")
        ->check(CLI::Range(1, 200))
        ->type_name("N");
    command->add_option("--cursor", options->cursor, "Go on after an earlier list")
        ->type_name("CURSOR");
    command->footer("Example: millrace webhooks list");
    on_call(*command, chosen, options, list);
}

void add_simulate(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("simulate", "See what a call would do; nothing is started");
    const auto options = std::make_shared<SimulateOptions>();
    command->add_option("WORKFLOW", options->workflow, "The workflow, active or not")->required();
    command->add_option("NODE", options->node, "Its trigger.webhook")->required();
    command->add_option("--input,-i", options->body, "The body: JSON, @FILE, or -")
        ->type_name("JSON");
    command->add_option("--method", options->method, "Else the webhook's first one")
        ->type_name("METHOD");
    const auto pairs = [&](const char* name, std::vector<std::string>& to, const char* what) {
        command->add_option(name, to, what)
            ->take_all()
            ->allow_extra_args(false)
            ->type_name("NAME=TEXT");
    };
    pairs("--header", options->headers, "A header of the call");
    pairs("--query", options->query, "A query parameter of it");
    pairs("--param", options->params, "A parameter of its path");
    command->add_flag("--sign", options->sign, "Sign it as the sender would, with what is stored");
    command->footer(
        "Prints what the trigger would emit. Exit status 1 when the call would start nothing.\n"
        "Example: millrace webhooks simulate sensor-reading hook --param sensor=kitchen "
        "--input '{\"celsius\": 21}'");
    on_call(*command, chosen, options, simulate);
}

}  // namespace

void add_webhooks(CLI::App& program, Action& chosen) {
    CLI::App* const group = program.add_subcommand("webhooks", "Addresses that start workflows");
    group->require_subcommand(1);
    group->footer("Example: millrace webhooks list");
    add_list(*group, chosen);
    add_simulate(*group, chosen);
    add_webhooks_listen(*group, chosen);
}

}  // namespace millrace::cli
