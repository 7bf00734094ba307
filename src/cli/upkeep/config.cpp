// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <ostream>
#include <vector>

#include "configuration/read_configuration.hpp"
#include "configuration/setting_values.hpp"
#include "data_folder.hpp"
#include "key_file.hpp"
#include "listing.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
#include "serve/server_files.hpp"
#include "terminal/table.hpp"

namespace millrace::cli {
namespace {

/// A value that commands go by, and what has decided it.
struct Decided {
    std::string name;
    std::string value;
    std::string origin;  ///< a flag, a variable of the environment, or the default
};

Decided encoding_of(const Console& console) {
    for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (console.environment(name))
            return {"encoding", console.unicode ? "UTF-8" : "ASCII", std::string{"$"} + name};
    return {"encoding", "ASCII", "default"};
}

Decided color_of(const Console& console) {
    if (console.environment("NO_COLOR")) return {"color", "never", "$NO_COLOR"};
    const std::string terminal = console.environment("TERM").value_or("dumb");
    if (terminal == "dumb") return {"color", "never", "$TERM"};
    return {"color", "on a terminal", "default"};
}

Decided zone_of(const Console& console) {
    if (const auto zone = console.environment("TZ")) return {"time zone", *zone, "$TZ"};
    std::error_code error;
    const std::filesystem::path link = std::filesystem::read_symlink("/etc/localtime", error);
    const std::string path = link.string();
    const std::size_t at = path.find("zoneinfo/");
    return {"time zone", at == std::string::npos ? "of the system" : path.substr(at + 9),
            "default"};
}

/// The one that commands work on.
Decided server_of(const Context& context) {
    if (const auto named = named_server(context)) return {"server", named->url, named->origin};
    if (const auto running = running_server(context))
        return {"server", running->url, "it runs on the data"};
    return {"server", "none", "default"};
}

std::vector<Decided> surroundings_of(const Context& context) {
    const Console& console = context.console;
    const ChosenFolder folder = chosen_folder(context);
    const bool has_store = !context.global.store.empty();
    std::error_code ignored;
    const std::filesystem::path absolute = std::filesystem::absolute(folder.folder, ignored);
    const bool is_there = std::filesystem::is_directory(folder.folder, ignored);
    std::vector<Decided> settings;
    settings.push_back({"data", absolute.string() + (is_there ? "" : " (not there yet)"),
                        has_store ? folder.origin + ", but --store is used" : folder.origin});
    settings.push_back({"store",
                        has_store ? place_of(chosen_store(context, store::OpenMode::read_only))
                                  : "sqlite:" + (absolute / "millrace.db").string(),
                        has_store ? "--store" : "default"});
    settings.push_back(server_of(context));
    settings.push_back({"output", context.global.json ? "JSON" : "text",
                        context.global.json ? "--json" : "default"});
    settings.push_back(color_of(console));
    settings.push_back(encoding_of(console));
    settings.push_back(zone_of(console));
    return settings;
}

/// What an empty value stands for where that is a file.
core::Value effective(const Context& context, const Setting& setting, const core::Value& value) {
    if (setting.kind != SettingKind::path || !value.as_string().empty()) return value;
    const store::OpenOptions place = chosen_store(context, store::OpenMode::read_only);
    if (setting.key == "secrets.key_file") return core::Value{key_file_of(place).string()};
    if (setting.key == "server.token_file")
        return core::Value{server_place(place, "token").string()};
    return value;
}

void print_json(const Context& context, const std::vector<Decided>& surroundings,
                const ConfigurationRead& read) {
    std::vector<core::Value> items;
    for (const Decided& one : surroundings)
        items.push_back(core::Value::object(
            {{"name", one.name}, {"value", one.value}, {"origin", one.origin}}));
    for (std::size_t i = 0; i < read.values.size(); ++i) {
        const Setting& setting = settings()[i];
        items.push_back(core::Value::object(
            {{"name", setting.key},
             {"value", setting_json(setting, effective(context, setting, read.values[i].value))},
             {"origin", read.values[i].origin},
             {"variable", setting.variable},
             {"flag", setting.flag.empty() ? core::Value{} : core::Value{setting.flag}},
             {"changes_live", setting.changes_live}}));
    }
    print_json(context, list_body(std::move(items)));
}

void print(const Context& context, const std::vector<Decided>& surroundings,
           const ConfigurationRead& read) {
    const Console& console = context.console;
    Table table{{"SETTING", "VALUE", "FROM"}};
    const auto add = [&table](std::string_view name, std::string_view value,
                              std::string_view origin) {
        const bool is_default = origin == "default";
        table.add({{Tone::strong, std::string{name}},
                   {is_default ? Tone::dim : Tone::plain, one_line(value)},
                   {Tone::dim, one_line(origin)}});
    };
    for (const Decided& one : surroundings)
        add(one.name, one.value, one.origin);
    for (std::size_t i = 0; i < read.values.size(); ++i) {
        const Setting& setting = settings()[i];
        const std::string value =
            setting_text(setting, effective(context, setting, read.values[i].value));
        add(setting.key, value.empty() ? "-" : value, read.values[i].origin);
    }
    console.out << table.text(std::string::npos, console.paints_out());
}

core::Result<Exit> show(const Context& context, const ConfigurationFlags& flags) {
    const Console& console = context.console;
    const ConfigurationRead read =
        read_configuration(console, flags, chosen_folder(context).folder);
    std::vector<Decided> surroundings = surroundings_of(context);
    if (!read.file.empty()) {
        surroundings.push_back({"configuration", read.file.string(),
                                !flags.file.empty()                      ? "--config"
                                : console.environment("MILLRACE_CONFIG") ? "$MILLRACE_CONFIG"
                                                                         : "the data folder"});
    }
    if (context.global.json) {
        print_json(context, surroundings, read);
    } else {
        print(context, surroundings, read);
    }
    console.out << std::flush;
    for (const std::string& warning : read.warnings)
        console.warn(warning);
    for (const std::string& problem : read.problems)
        console.complain(problem);
    return read.problems.empty() ? Exit::done : Exit::failed;
}

}  // namespace

void add_config(CLI::App& program, Action& chosen) {
    CLI::App* const group = program.add_subcommand("config", "See what commands go by");
    group->require_subcommand(1);
    group->footer("Example: millrace config show");
    CLI::App* const command = group->add_subcommand("show", "Each value, and what has decided it");
    const auto flags = std::make_shared<ConfigurationFlags>();
    flags->add_to(*command);
    command->footer(
        "Takes the flags of serve, and shows what a server would go by with them. Exit status 1\n"
        "when something is wrong with the configuration.\n"
        "Example: MILLRACE_LISTEN=127.0.0.1:9000 millrace config show");
    on_call(*command, chosen, flags, show);
}

}  // namespace millrace::cli
