// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "body.hpp"
#include "listing.hpp"
#include "millrace/core/json.hpp"
#include "on_call.hpp"
#include "remote/remote_run.hpp"
#include "run/given_values.hpp"
#include "served/served_commands.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

// `millrace notifications`: rules that tell people and programs how executions end.

namespace millrace::cli {
namespace {

constexpr std::size_t target_cells_max = 50;

struct ListOptions {
    std::size_t limit = 50;
    std::string cursor;
};

struct RuleOptions {
    std::string id;
    std::string rule;
};

std::string texts_at(const core::Value& body, std::string_view name) {
    std::string words;
    for (const core::Value& text : array_at(body, name))
        if (text.is_string()) words += (words.empty() ? "" : ", ") + one_line(text.as_string());
    return words;
}

std::string target_of(const core::Value& rule) {
    if (const core::Value* const webhook = member_at(rule, "webhook"))
        return clipped(one_line(text_at(*webhook, "url")), target_cells_max);
    const core::Value* const email = member_at(rule, "email");
    if (email == nullptr) return {};
    const std::string many = texts_at(*email, "to");
    return clipped(many.empty() ? one_line(text_at(*email, "to")) : many, target_cells_max);
}

std::string table_of(const Console& console, const core::Value& body) {
    Table table{{"ID", "ON", "WORKFLOWS", "TELLS", "ENABLED", "CHANGED"}};
    for (const core::Value& rule : items_of(body)) {
        const bool is_enabled = flag_at(rule, "enabled");
        const std::string workflows = texts_at(rule, "workflows");
        table.add({{Tone::strong, one_line(text_at(rule, "id"))},
                   {Tone::plain, texts_at(rule, "on")},
                   {Tone::plain, workflows.empty() ? "all" : workflows},
                   {Tone::plain, target_of(rule)},
                   {is_enabled ? Tone::good : Tone::dim, is_enabled ? "yes" : "no"},
                   {Tone::dim, date_at(console, rule, "updated_at")}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<ApiClient> server_of(const Context& context, Access access) {
    return server_needed(context, access, "notifications");
}

core::Result<Exit> list(const Context& context, const ListOptions& options) {
    const auto client = server_of(context, Access::reads);
    if (!client) return std::unexpected(client.error());
    const auto body = client->get_list(
        api_path({"notifications"}),
        given({{"limit", std::to_string(options.limit)}, {"cursor", options.cursor}}));
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "there are no notifications", table_of);
    return Exit::done;
}

core::Result<Exit> show(const Context& context, const RuleOptions& options) {
    const auto client = server_of(context, Access::reads);
    if (!client) return std::unexpected(client.error());
    const auto body = client->get(api_path({"notifications", options.id}));
    if (!body) return std::unexpected(body.error());
    context.console.out << (context.global.json ? core::to_json(*body)
                                                : core::to_pretty_json(*body))
                        << "\n";
    return Exit::done;
}

/// In the place of the one that is there now, or as a new one.
core::Result<ApiAnswer> put_rule(const ApiClient& client, const std::string& id, core::Value rule) {
    ApiRequest request;
    request.path = api_path({"notifications", id});
    const auto known = client.send(request);
    if (!known && !known.error().is(RemoteErrc::not_found)) return known;
    request.method = "PUT";
    request.body = std::move(rule);
    request.headers = {known ? "If-Match: " + known->etag : "If-None-Match: *"};
    return client.send(request);
}

core::Result<Exit> put(const Context& context, const RuleOptions& options) {
    auto rule = given_input(context.console, options.rule);
    if (!rule) return std::unexpected(rule.error());
    const auto client = server_of(context, Access::changes);
    if (!client) return std::unexpected(client.error());
    const auto answer = put_rule(*client, options.id, *std::move(rule));
    if (!answer) return std::unexpected(answer.error());
    const core::Value& body = answer->body;
    if (context.global.json) {
        print_json(context, body);
    } else {
        const std::string on = texts_at(body, "on");
        context.console.say(Tone::good, "notification " + one_line(options.id) + " tells " +
                                            target_of(body) + " of what is " + on);
    }
    return Exit::done;
}

core::Result<Exit> remove(const Context& context, const RuleOptions& options) {
    const auto client = server_of(context, Access::changes);
    if (!client) return std::unexpected(client.error());
    if (const auto gone = client->remove(api_path({"notifications", options.id})); !gone)
        return std::unexpected(gone.error());
    context.console.say(Tone::good, "notification " + one_line(options.id) + " is deleted");
    return Exit::done;
}

core::Result<Exit> test(const Context& context, const RuleOptions& options) {
    const auto client = server_of(context, Access::changes);
    if (!client) return std::unexpected(client.error());
    // Before the start, so that Ctrl-C finds it.
    const SignalInbox signals;
    const auto started = client->post(api_path({"notifications", options.id, "test"}));
    if (!started) return std::unexpected(started.error());
    const auto id = started_on_server(*started);
    if (!id) return std::unexpected(id.error());
    return follow_to_end(context, *client, signals, *id);
}

void add_list(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("list", "The rules, changed last first");
    const auto options = std::make_shared<ListOptions>();
    command->add_option("--limit", options->limit, "At most so many, up to 200")
        ->check(CLI::Range(1, 200))
        ->type_name("N");
    command->add_option("--cursor", options->cursor, "Go on after an earlier list")
        ->type_name("CURSOR");
    command->footer("Example: millrace notifications list");
    on_call(*command, chosen, options, list);
}

}  // namespace

void add_notifications(CLI::App& program, Action& chosen) {
    CLI::App* const group =
        program.add_subcommand("notifications", "Who is told how executions end");
    group->require_subcommand(1);
    group->footer("Example: millrace notifications list");
    add_list(*group, chosen);
    const auto add = [&](const char* name, const char* what, const char* footer,
                         core::Result<Exit> (*action)(const Context&, const RuleOptions&)) {
        CLI::App* const command = group->add_subcommand(name, what);
        const auto options = std::make_shared<RuleOptions>();
        command->add_option("NOTIFICATION", options->id, "The rule's id")->required();
        if (std::string_view{name} == "put")
            command->add_option("RULE", options->rule, "The rule: JSON, @FILE, or -")->required();
        command->footer(footer);
        on_call(*command, chosen, options, action);
    };
    add("show", "One rule in full", "Example: millrace notifications show pager", show);
    add("put", "Add a rule, or change one",
        "Example: millrace notifications put pager '{\"on\": [\"failed\"], \"webhook\": {\"url\": "
        "\"https://pager.example/in\"}}'",
        put);
    add("test", "Tell what would be told, and show what became of it",
        "Example: millrace notifications test pager", test);
    add("delete", "Remove a rule", "Example: millrace notifications delete pager", remove);
}

}  // namespace millrace::cli
