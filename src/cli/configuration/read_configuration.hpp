// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "configuration/configuration.hpp"
#include "configuration/settings.hpp"
#include "terminal/console.hpp"

namespace CLI {
class App;
}

namespace millrace::cli {

/// What flags say, by the settings' keys; lists may be given in parts.
struct ConfigurationFlags {
    std::string file;  ///< of `--config`
    std::map<std::string, std::vector<std::string>, std::less<>> values;
    std::vector<std::string> assignments;  ///< of `--set`, `KEY=VALUE` each

    /// Adds a flag for each setting that has one, `--config` and `--set`. The flags outlive the
    /// command.
    void add_to(CLI::App& command);
};

/// A setting's value and what has decided it: `default`, `FILE:3:11`, `$MILLRACE_LISTEN`,
/// `--listen`.
struct SettingValue {
    core::Value value;
    std::string origin = "default";
};

struct ConfigurationRead {
    Configuration configuration;
    std::vector<SettingValue> values;   ///< in the order of `settings()`
    std::filesystem::path file;         ///< that was read; empty: none
    std::vector<std::string> problems;  ///< sentences that begin with their place
    std::vector<std::string> warnings;

    const SettingValue& value_of(std::string_view key) const;
};

/// The defaults, then a YAML file, then the environment, then flags, each over what was before. The
/// file is that of `--config`, else of $MILLRACE_CONFIG, else `millrace.yaml` in `data`, if it is
/// there. With problems, what is wrong counts as not said.
ConfigurationRead read_configuration(const Console& console, const ConfigurationFlags& flags,
                                     const std::filesystem::path& data);

/// What a running server does with another configuration.
struct ConfigurationChange {
    Configuration configuration;               ///< that of `now` but for what needs a restart
    std::vector<const Setting*> changed;       ///< in it, against the old one
    std::vector<const Setting*> need_restart;  ///< differ in `next`, and stay
};
ConfigurationChange change_between(const Configuration& now, const Configuration& next);

}  // namespace millrace::cli
