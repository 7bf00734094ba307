// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <string>
#include <vector>

#include "body.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "key_file.hpp"
#include "listing.hpp"
#include "millrace/core/json.hpp"
#include "millrace/runtime/credential_types.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

// `millrace secrets` and `millrace credentials`: what is stored and nobody gets to see again.

namespace millrace::cli {
namespace {

using store::SecretKind;

struct NameOptions {
    std::string name;
    std::string type;
    SecretKind kind = SecretKind::secret;
};

std::string noun(SecretKind kind) {
    return kind == SecretKind::secret ? "secret" : "credential";
}

core::Value secret_value(const store::SealedSecret& secret) {
    core::ObjectBuilder value;
    value.set("name", secret.name);
    if (secret.kind == SecretKind::credential) value.set("type", secret.type);
    value.set("created_at", secret.created_at.text());
    value.set("updated_at", secret.updated_at.text());
    return std::move(value).build();
}

std::string secrets_table(const Console& console, SecretKind kind, const core::Value& body) {
    const bool has_type = kind == SecretKind::credential;
    Table table{has_type ? std::vector<std::string>{"NAME", "TYPE", "SET"}
                         : std::vector<std::string>{"NAME", "SET"}};
    for (const core::Value& secret : items_of(body)) {
        std::vector<Span> row{{Tone::plain, one_line(text_at(secret, "name"))}};
        if (has_type) row.push_back({Tone::plain, one_line(text_at(secret, "type"))});
        row.push_back({Tone::dim, date_at(console, secret, "updated_at")});
        table.add(std::move(row));
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

/// Below `/api/v1`.
std::string path_of(const NameOptions& options) {
    return api_path({noun(options.kind) + "s", options.name});
}

core::Result<core::Value> list_of(const Context& context, SecretKind kind) {
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) return (*server)->get_list(api_path({noun(kind) + "s"}));
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto secrets = (*store)->secrets().list(kind);
    if (!secrets) return std::unexpected(secrets.error());
    std::vector<core::Value> items;
    for (const store::SealedSecret& secret : *secrets)
        items.push_back(secret_value(secret));
    return list_body(std::move(items));
}

core::Result<Exit> list(const Context& context, const NameOptions& options) {
    const auto body = list_of(context, options.kind);
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "there are no " + noun(options.kind) + "s",
               [&](const Console& console, const core::Value& all) {
                   return secrets_table(console, options.kind, all);
               });
    return Exit::done;
}

/// What is to be stored, checked: a text, or the fields as JSON.
core::Result<std::string> given_value(const Console& console, const NameOptions& options) {
    if (options.kind == SecretKind::secret) return read_secret(console, "value");
    auto text = read_secret(console, "fields as JSON");
    if (!text) return text;
    const auto fields = core::parse_json(*text, {.duplicate_keys = false});
    // The parser's message may quote what it stumbled on.
    if (!fields) {
        return core::fail(FileErrc::bad_argument,
                          "standard input is not JSON; a credential's fields are an object such as "
                          "{\"username\": \"…\", \"password\": \"…\"}");
    }
    const auto checked = runtime::check_credential(options.type, *fields);
    if (!checked) return std::unexpected(checked.error());
    return core::to_json(*checked);
}

core::Result<core::Value> put_here(const Context& context, const NameOptions& options,
                                   const std::string& value) {
    auto owned = open_vault(context);
    if (!owned) return std::unexpected(owned.error());
    const core::Time now = context.console.now();
    if (auto put = owned->vault->put(options.kind, options.name, options.type, value, now); !put)
        return std::unexpected(put.error());
    const auto stored = owned->store->secrets().find(options.kind, options.name);
    if (!stored) return std::unexpected(stored.error());
    return secret_value(*stored);
}

/// The value goes to the server as it is; its transport is to be trusted, or encrypted.
core::Result<core::Value> put_on_server(const ApiClient& client, const NameOptions& options,
                                        const std::string& value) {
    if (options.kind == SecretKind::secret)
        return client.put(path_of(options), core::Value::object({{"value", value}}));
    const auto fields = core::parse_json(value);
    if (!fields) return std::unexpected(fields.error());
    return client.put(path_of(options),
                      core::Value::object({{"type", options.type}, {"fields", *fields}}));
}

core::Result<Exit> set(const Context& context, const NameOptions& options) {
    const Console& console = context.console;
    if (auto checked = runtime::check_secret_name(options.name); !checked)
        return std::unexpected(checked.error());
    // Before anybody types a password.
    if (options.kind == SecretKind::credential &&
        runtime::find_credential_type(options.type) == nullptr)
        return std::unexpected(runtime::check_credential(options.type, {}).error());
    const auto value = given_value(console, options);
    if (!value) return std::unexpected(value.error());
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    const auto stored =
        *server ? put_on_server(**server, options, *value) : put_here(context, options, *value);
    if (!stored) return std::unexpected(stored.error());
    if (context.global.json) {
        print_json(context, *stored);
    } else {
        console.say(Tone::good, noun(options.kind) + " " + options.name + " is set");
    }
    return Exit::done;
}

core::Result<> remove_here(const Context& context, const NameOptions& options) {
    // The key is not needed: this is how data whose key is lost becomes usable again.
    const auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    return (*store)->secrets().remove(options.kind, options.name);
}

core::Result<Exit> remove(const Context& context, const NameOptions& options) {
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (*server) {
        const auto removed = (*server)->remove(path_of(options));
        if (!removed) return std::unexpected(as_of_store(removed.error()));
    } else if (const auto removed = remove_here(context, options); !removed) {
        return std::unexpected(removed.error());
    }
    if (!context.global.json)
        context.console.say(Tone::good, noun(options.kind) + " " + options.name + " is deleted");
    return Exit::done;
}

core::Result<core::Value> rotated(const Context& context) {
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (*server) return (*server)->post(api_path({"secrets", "rotate-key"}));
    auto owned = open_vault(context);
    if (!owned) return std::unexpected(owned.error());
    const auto rotation = owned->vault->rotate();
    if (!rotation) return std::unexpected(rotation.error());
    return core::Value::object(
        {{"key_id", rotation->key_id}, {"secrets", static_cast<std::int64_t>(rotation->secrets)}});
}

core::Result<Exit> rotate(const Context& context, const NameOptions&) {
    const auto body = rotated(context);
    if (!body) return std::unexpected(body.error());
    if (context.global.json) {
        print_json(context, *body);
    } else {
        const auto count = static_cast<std::size_t>(number_at(*body, "secrets").value_or(0));
        context.console.say(Tone::good, "the key is now " + one_line(text_at(*body, "key_id")) +
                                            "; " + counted(count, "value") + " encrypted with it");
    }
    return Exit::done;
}

std::string types_text() {
    std::string text = "Types and their fields (* may be left out):\n";
    for (const runtime::CredentialType& type : runtime::credential_types()) {
        text += "  " + std::string{type.name} + ":";
        for (const runtime::CredentialField& field : type.fields)
            text += " " + std::string{field.name} + (field.is_required ? "" : "*");
        text += "\n";
    }
    return text;
}

CLI::App* add_named(CLI::App& group, const std::string& verb, const std::string& description,
                    const std::shared_ptr<NameOptions>& options) {
    CLI::App* const command = group.add_subcommand(verb, description);
    command->add_option("NAME", options->name, "What workflows call it")->required();
    return command;
}

std::shared_ptr<NameOptions> options_of(SecretKind kind) {
    auto options = std::make_shared<NameOptions>();
    options->kind = kind;
    return options;
}

void add_list_and_delete(CLI::App& group, Action& chosen, SecretKind kind) {
    const std::string plural = noun(kind) + "s";
    CLI::App* const listed = group.add_subcommand("list", "Names; values never come back");
    listed->footer("Example: millrace " + plural + " list");
    on_call(*listed, chosen, options_of(kind), list);

    const auto options = options_of(kind);
    CLI::App* const removed = add_named(group, "delete", "Forget one", options);
    removed->footer("Example: millrace " + plural + " delete shop");
    on_call(*removed, chosen, options, remove);
}

}  // namespace

void add_secrets(CLI::App& program, Action& chosen) {
    CLI::App* const group = program.add_subcommand("secrets", "Keep secret values, encrypted");
    group->require_subcommand(1);
    group->footer("Example: printf %s \"$TOKEN\" | millrace secrets set shop-token");

    const auto options = options_of(SecretKind::secret);
    CLI::App* const set_one =
        add_named(*group, "set", "Store a value from standard input", options);
    set_one->footer("Example: millrace secrets set shop-token < token.txt");
    on_call(*set_one, chosen, options, set);
    add_list_and_delete(*group, chosen, SecretKind::secret);

    CLI::App* const rotated =
        group->add_subcommand("rotate-key", "Encrypt all secrets and credentials with a new key");
    rotated->footer("Example: millrace secrets rotate-key");
    on_call(*rotated, chosen, options_of(SecretKind::secret), rotate);
}

void add_credentials(CLI::App& program, Action& chosen) {
    CLI::App* const group =
        program.add_subcommand("credentials", "Keep what nodes prove themselves with, encrypted");
    group->require_subcommand(1);
    group->footer("Example: millrace credentials set shop --type http.basic < shop.json");

    const auto options = options_of(SecretKind::credential);
    CLI::App* const set_one =
        add_named(*group, "set", "Store fields from standard input, as JSON", options);
    set_one->add_option("--type", options->type, "What the peer asks for")
        ->required()
        ->type_name("TYPE");
    set_one->footer(types_text() +
                    "Example: echo '{\"username\": \"ada\", \"password\": \"…\"}' | "
                    "millrace credentials set shop --type http.basic");
    on_call(*set_one, chosen, options, set);
    add_list_and_delete(*group, chosen, SecretKind::credential);
}

}  // namespace millrace::cli
