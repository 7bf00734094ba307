// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <memory>
#include <ostream>

#include "body.hpp"
#include "commands.hpp"
#include "documents/document_file.hpp"
#include "library.hpp"
#include "listing.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/nodes/descriptor.hpp"
#include "reference_pages/node_type_text.hpp"
#include "reference_pages/node_types_commands.hpp"
#include "remote/chosen_server.hpp"

namespace millrace::cli {
namespace {

core::Result<std::optional<core::NodeCategory>> category_of(const std::string& text) {
    if (text.empty()) return std::nullopt;
    std::string known;
    for (const core::NodeCategory category :
         {core::NodeCategory::triggers, core::NodeCategory::transforms, core::NodeCategory::actions,
          core::NodeCategory::conditions, core::NodeCategory::integrations}) {
        if (core::to_text(category) == text) return category;
        known.append(known.empty() ? "" : ", ").append(core::to_text(category));
    }
    return core::fail(FileErrc::bad_argument,
                      "there is no category " + one_line(text) + "; there are " + known);
}

/// Types as a server tells them.
core::Result<std::vector<core::NodeType>> read_types(const core::Value& body) {
    std::vector<core::NodeType> types;
    for (const core::Value& item : items_of(body)) {
        auto type = nodes::read_descriptor(text_at(item, "type"), core::to_json(item));
        if (!type) return std::unexpected(type.error().during("read a node type of the server"));
        types.push_back(std::move(*type));
    }
    return types;
}

core::Result<core::Value> types_of(const Context& context, const std::string& category_name) {
    const auto category = category_of(category_name);
    if (!category) return std::unexpected(category.error());
    const auto server = server_for(context, Access::nothing);
    if (!server) return std::unexpected(server.error());
    if (*server)
        return (*server)->get_list(api_path({"node-types"}), given({{"category", category_name}}));
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    std::vector<core::Value> items;
    for (const nodes::Registry::Definition& definition : (*library)->list(*category))
        items.push_back(nodes::to_value(definition->type));
    return list_body(std::move(items));
}

core::Result<Exit> list(const Context& context, const std::string& category_name) {
    const auto body = types_of(context, category_name);
    if (!body) return std::unexpected(body.error());
    const Console& console = context.console;
    if (context.global.json) {
        print_json(context, *body);
        return Exit::done;
    }
    const auto read = read_types(*body);
    if (!read) return std::unexpected(read.error());
    std::vector<const core::NodeType*> types;
    for (const core::NodeType& type : *read)
        types.push_back(&type);
    const std::size_t width =
        console.out_is_terminal ? console.size().columns : std::numeric_limits<std::size_t>::max();
    console.out << node_type_table(types, width, console.paints_out());
    return Exit::done;
}

core::Result<core::Value> type_of(const Context& context, const std::string& name) {
    const auto server = server_for(context, Access::nothing);
    if (!server) return std::unexpected(server.error());
    if (*server) return (*server)->get(api_path({"node-types", name}));
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    const auto definition = find_node_type(**library, name);
    if (!definition) return std::unexpected(definition.error());
    return nodes::to_value((*definition)->type);
}

core::Result<Exit> show(const Context& context, const std::string& name) {
    const auto body = type_of(context, name);
    if (!body) return std::unexpected(body.error());
    const Console& console = context.console;
    if (context.global.json) {
        print_json(context, *body);
        return Exit::done;
    }
    const auto type = nodes::read_descriptor(name, core::to_json(*body));
    if (!type) return std::unexpected(type.error());
    constexpr std::size_t readable = 100;
    const std::size_t width =
        console.out_is_terminal ? std::min(readable, console.size().columns) : readable;
    console.out << node_type_text(*type, width, console.paints_out());
    return Exit::done;
}

using Teller = core::Result<Exit> (*)(const Context&, const std::string&);

void tell(CLI::App& command, Action& chosen, const std::shared_ptr<std::string>& about,
          Teller teller) {
    command.callback([about, teller, &chosen] {
        chosen = [about, teller](const Context& context) {
            const core::Result<Exit> exit = teller(context, *about);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace

core::Result<nodes::Registry::Definition> find_node_type(const nodes::Registry& library,
                                                         const std::string& text) {
    const std::string name = text.substr(0, text.find('@'));
    nodes::Registry::Definition found;
    if (name.size() == text.size()) {
        found = library.latest(name);
    } else {
        std::uint32_t version = 0;
        for (const char c : text.substr(name.size() + 1)) {
            if (c < '0' || c > '9' || version > 1'000'000) {
                version = 0;
                break;
            }
            version = version * 10 + static_cast<std::uint32_t>(c - '0');
        }
        found = library.get(name, version);
    }
    if (found) return found;
    const std::vector<std::string> names = library.names();
    const std::string near = core::nearest(name, {names.begin(), names.end()});
    const bool is_other_version = near == name;
    return core::fail(FileErrc::bad_argument,
                      "there is no node type " + one_line(text) +
                          (near.empty()       ? "; see millrace node-types list"
                           : is_other_version ? "; millrace node-types show " + name +
                                                    " shows the version there is"
                                              : "; did you mean " + near + "?"));
}

void add_node_types(CLI::App& program, Action& chosen) {
    CLI::App* const group = program.add_subcommand("node-types", "See what nodes can do");
    group->require_subcommand(1);
    group->footer("Example: millrace node-types show http.request");

    CLI::App* const lister = group->add_subcommand("list", "All node types");
    const auto category = std::make_shared<std::string>();
    lister->add_option("--category", *category, "Of this category only")->type_name("CATEGORY");
    lister->footer("Example: millrace node-types list --category conditions");
    tell(*lister, chosen, category, list);

    CLI::App* const shower = group->add_subcommand("show", "Ports, fields and an example of one");
    const auto type = std::make_shared<std::string>();
    shower->add_option("TYPE", *type, "Such as http.request or http.request@1")->required();
    shower->footer("Example: millrace node-types show flow.if");
    tell(*shower, chosen, type, show);
    add_node_types_try(*group, chosen);
}

}  // namespace millrace::cli
