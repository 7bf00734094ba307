// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "body.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "listing.hpp"
#include "millrace/store/variables.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
#include "run/given_values.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

// `millrace variables`: values that workflows get which declare a variable of their name.

namespace millrace::cli {
namespace {

constexpr std::size_t value_cells_max = 60;

struct NoOptions {};

struct SetOptions {
    std::string assignment;
    std::string description;
};

struct NameOptions {
    std::string name;
};

/// As documents may declare it.
bool is_name(std::string_view name) {
    constexpr std::size_t length_max = 64;
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    constexpr std::string_view digits = "0123456789";
    if (name.empty() || name.size() > length_max || digits.contains(name.front())) return false;
    return std::ranges::all_of(name,
                               [&](char c) { return letters.contains(c) || digits.contains(c); });
}

core::Value variable_value(const store::Variable& variable) {
    return core::Value::object({{"name", variable.name},
                                {"value", variable.value},
                                {"description", variable.description},
                                {"updated_at", variable.updated_at.text()}});
}

core::Result<core::Value> list_of(const Context& context) {
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) return (*server)->get_list(api_path({"variables"}));
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto variables = (*store)->variables().list();
    if (!variables) return std::unexpected(variables.error());
    std::vector<core::Value> items;
    for (const store::Variable& variable : *variables)
        items.push_back(variable_value(variable));
    return list_body(std::move(items));
}

std::string table_of(const Console& console, const core::Value& body) {
    Table table{{"NAME", "VALUE", "SET", "DESCRIPTION"}};
    for (const core::Value& variable : items_of(body)) {
        const core::Value* const value = variable.find("value");
        table.add({{Tone::strong, one_line(text_at(variable, "name"))},
                   {Tone::plain, clipped(one_line(core::to_json(value ? *value : core::Value{})),
                                         value_cells_max)},
                   {Tone::dim, date_at(console, variable, "updated_at")},
                   {Tone::dim, one_line(text_at(variable, "description"))}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<Exit> list(const Context& context, const NoOptions&) {
    const auto body = list_of(context);
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "there are no variables", table_of);
    return Exit::done;
}

core::Result<core::Value> put_here(const Context& context, const store::Variable& variable) {
    const auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    if (const auto put = (*store)->variables().put(variable); !put)
        return std::unexpected(put.error());
    return variable_value(variable);
}

core::Result<core::Value> put_on_server(const ApiClient& client, const store::Variable& variable) {
    core::ObjectBuilder body;
    body.set("value", variable.value);
    if (!variable.description.empty()) body.set("description", variable.description);
    return client.put(api_path({"variables", variable.name}), std::move(body).build());
}

core::Result<Exit> set(const Context& context, const SetOptions& options) {
    const auto given = given_variables({options.assignment}, "variable");
    if (!given) return std::unexpected(given.error());
    const core::Member& member = given->as_object().front();
    if (!is_name(member.key)) {
        return core::fail(FileErrc::bad_argument,
                          one_line(member.key) +
                              " is no name of a variable: it has 1 to 64 letters, digits and _, "
                              "and does not begin with a digit");
    }
    const store::Variable variable{member.key, member.value, options.description,
                                   context.console.now()};
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    const auto stored = *server ? put_on_server(**server, variable) : put_here(context, variable);
    if (!stored) return std::unexpected(stored.error());
    if (context.global.json) {
        print_json(context, *stored);
    } else {
        context.console.say(Tone::good, "variable " + one_line(variable.name) + " is set");
    }
    return Exit::done;
}

core::Result<> remove_here(const Context& context, const std::string& name) {
    const auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    return (*store)->variables().remove(name);
}

core::Result<Exit> remove(const Context& context, const NameOptions& options) {
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (*server) {
        const auto removed = (*server)->remove(api_path({"variables", options.name}));
        if (!removed) return std::unexpected(as_of_store(removed.error()));
    } else if (const auto removed = remove_here(context, options.name); !removed) {
        return std::unexpected(removed.error());
    }
    if (!context.global.json)
        context.console.say(Tone::good, "variable " + one_line(options.name) + " is deleted");
    return Exit::done;
}

}  // namespace

void add_variables(CLI::App& program, Action& chosen) {
    CLI::App* const group =
        program.add_subcommand("variables", "Give values to workflows that declare them");
    group->require_subcommand(1);
    group->footer(
        "A value here goes before the default of a workflow that declares a variable of this "
        "name,\nand behind what a run is started with.\n"
        "Example: millrace variables set region=eu");

    CLI::App* const listed = group->add_subcommand("list", "All, by their names");
    listed->footer("Example: millrace variables list");
    on_call(*listed, chosen, std::make_shared<NoOptions>(), list);

    CLI::App* const setter = group->add_subcommand("set", "Give one a value");
    const auto wanted = std::make_shared<SetOptions>();
    setter->add_option("ASSIGNMENT", wanted->assignment, "NAME=VALUE; JSON, or else text")
        ->required()
        ->type_name("NAME=VALUE");
    setter->add_option("--description", wanted->description, "What it is for")->type_name("TEXT");
    setter->footer(
        "Not for secrets: values are shown; see millrace secrets set.\n"
        "Example: millrace variables set limits='{\"orders\": 100}' --description 'per day'");
    on_call(*setter, chosen, wanted, set);

    CLI::App* const remover = group->add_subcommand("delete", "Take one away");
    const auto unwanted = std::make_shared<NameOptions>();
    remover->add_option("NAME", unwanted->name, "The variable")->required();
    remover->footer("Example: millrace variables delete region");
    on_call(*remover, chosen, unwanted, remove);
}

}  // namespace millrace::cli
