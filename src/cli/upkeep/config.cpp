// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <ostream>
#include <vector>

#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "millrace/core/json.hpp"
#include "on_call.hpp"
#include "terminal/table.hpp"

namespace millrace::cli {
namespace {

struct NoOptions {};

/// A value that commands go by, and what has decided it.
struct Setting {
    std::string name;
    std::string value;
    std::string origin;  ///< a flag, a variable of the environment, or the default
};

Setting encoding_of(const Console& console) {
    for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (console.environment(name))
            return {"encoding", console.unicode ? "UTF-8" : "ASCII", std::string{"$"} + name};
    return {"encoding", "ASCII", "default"};
}

Setting color_of(const Console& console) {
    if (console.environment("NO_COLOR")) return {"color", "never", "$NO_COLOR"};
    const std::string terminal = console.environment("TERM").value_or("dumb");
    if (terminal == "dumb") return {"color", "never", "$TERM"};
    return {"color", "on a terminal", "default"};
}

Setting zone_of(const Console& console) {
    if (const auto zone = console.environment("TZ")) return {"time zone", *zone, "$TZ"};
    std::error_code error;
    const std::filesystem::path link = std::filesystem::read_symlink("/etc/localtime", error);
    const std::string path = link.string();
    const std::size_t at = path.find("zoneinfo/");
    return {"time zone", at == std::string::npos ? "of the system" : path.substr(at + 9),
            "default"};
}

std::vector<Setting> settings_of(const Context& context) {
    const Console& console = context.console;
    const ChosenFolder folder = chosen_folder(context);
    const bool has_store = !context.global.store.empty();
    std::error_code ignored;
    const std::filesystem::path absolute = std::filesystem::absolute(folder.folder, ignored);
    const bool is_there = std::filesystem::is_directory(folder.folder, ignored);
    std::vector<Setting> settings;
    settings.push_back({"data", absolute.string() + (is_there ? "" : " (not there yet)"),
                        has_store ? folder.origin + ", but --store is used" : folder.origin});
    settings.push_back({"store",
                        has_store ? place_of(chosen_store(context, store::OpenMode::read_only))
                                  : "sqlite:" + (absolute / "millrace.db").string(),
                        has_store ? "--store" : "default"});
    settings.push_back({"key file", (absolute / "secret.key").string(), "default"});
    settings.push_back({"output", context.global.json ? "JSON" : "text",
                        context.global.json ? "--json" : "default"});
    settings.push_back(color_of(console));
    settings.push_back(encoding_of(console));
    settings.push_back(zone_of(console));
    return settings;
}

core::Result<Exit> show(const Context& context, const NoOptions&) {
    const Console& console = context.console;
    const std::vector<Setting> settings = settings_of(context);
    if (context.global.json) {
        std::vector<core::Value> items;
        for (const Setting& setting : settings) {
            items.push_back(core::Value::object(
                {{"name", setting.name}, {"value", setting.value}, {"origin", setting.origin}}));
        }
        console.out << core::to_json(
                           core::Value::object({{"items", core::Value::array(std::move(items))},
                                                {"next_cursor", nullptr}}))
                    << "\n";
        return Exit::done;
    }
    Table table{{"SETTING", "VALUE", "FROM"}};
    for (const Setting& setting : settings)
        table.add({{Tone::strong, setting.name},
                   {Tone::plain, one_line(setting.value)},
                   {Tone::dim, one_line(setting.origin)}});
    console.out << table.text(std::string::npos, console.paints_out());
    return Exit::done;
}

}  // namespace

void add_config(CLI::App& program, Action& chosen) {
    CLI::App* const group = program.add_subcommand("config", "See what commands go by");
    group->require_subcommand(1);
    group->footer("Example: millrace config show");
    CLI::App* const command = group->add_subcommand("show", "Each value, and what has decided it");
    command->footer("Example: MILLRACE_DATA=/tmp/trial millrace config show");
    on_call(*command, chosen, std::make_shared<NoOptions>(), show);
}

}  // namespace millrace::cli
