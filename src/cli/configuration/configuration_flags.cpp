// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "configuration/read_configuration.hpp"

namespace millrace::cli {
namespace {

/// The description, fit for a line of help.
std::string help_of(const Setting& setting) {
    std::string text{setting.description};
    std::erase(text, '`');
    return text;
}

}  // namespace

void ConfigurationFlags::add_to(CLI::App& command) {
    command
        .add_option("--config", file, "YAML file (else $MILLRACE_CONFIG, else DATA/millrace.yaml)")
        ->type_name("FILE");
    command
        .add_option("--set", assignments,
                    "Decide a setting that has no flag of its own; see millrace config show")
        ->take_all()
        ->allow_extra_args(false)
        ->type_name("KEY=VALUE");
    for (const Setting& setting : settings()) {
        if (setting.flag.empty()) continue;
        const std::string key{setting.key};
        const std::string flag{setting.flag};
        if (setting.kind == SettingKind::boolean) {
            command.add_flag_function(
                flag,
                [this, key](std::int64_t count) { values[key] = {count > 0 ? "true" : "false"}; },
                help_of(setting));
            continue;
        }
        const auto take = [this, key](const std::vector<std::string>& texts) {
            values[key] = texts;
        };
        CLI::Option* const option =
            command.add_option_function<std::vector<std::string>>(flag, take, help_of(setting));
        option->allow_extra_args(false)->type_name(std::string{setting.type});
        if (setting.is_list()) {
            option->take_all();
        } else {
            option->expected(1);
        }
        if (setting.kind == SettingKind::duration) option->type_name("DURATION");
    }
}

}  // namespace millrace::cli
