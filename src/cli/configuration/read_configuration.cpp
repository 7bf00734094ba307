// SPDX-License-Identifier: Apache-2.0
#include "configuration/read_configuration.hpp"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "configuration/setting_values.hpp"
#include "documents/document_file.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/format/document.hpp"
#include "millrace/server/listen_address.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_bytes_max = 1u << 20;
constexpr const char* file_variable = "MILLRACE_CONFIG";
constexpr std::string_view file_name = "millrace.yaml";
constexpr std::string_view read_only_suffix = ":ro";

std::vector<std::string_view> keys() {
    std::vector<std::string_view> all;
    for (const Setting& setting : settings())
        all.push_back(setting.key);
    return all;
}

std::string hint(const std::string& near) {
    return near.empty() ? "; see millrace config show" : "; did you mean `" + near + "`?";
}

/// Sentences that hold for single values of these settings.
std::optional<std::string> wrong_text(const Setting& setting, const core::Value& value) {
    if (setting.key == "server.listen") {
        if (const auto address = server::parse_listen_address(value.as_string()); !address)
            return one_line(address.error().message());
    }
    if (setting.key == "server.public_url" && !value.as_string().empty()) {
        const std::string_view url = value.as_string();
        const bool is_web = url.starts_with("http://") || url.starts_with("https://");
        if (!is_web || url.find_first_of(" \t\"<>") != std::string_view::npos)
            return "`" + one_line(url) +
                   "` is no address of a web server; write it like https://flows.example.com";
    }
    return std::nullopt;
}

/// Lets one source after the other decide.
class Reader {
public:
    Reader() {
        for (const Setting& setting : settings())
            read_.values.push_back({setting.load(read_.configuration), "default"});
    }

    void read_file(const Console& console, const std::string& name);
    void read_standard_variables(const Console& console);
    void read_environment(const Console& console);
    void read_flags(const ConfigurationFlags& flags);
    ConfigurationRead finish();

    void complain(std::string problem) { read_.problems.push_back(std::move(problem)); }

private:
    void read_section(const core::Member& section, core::Problems& problems);
    void take(const Setting& setting, core::Value value, std::string origin) {
        setting.store(read_.configuration, value);
        read_.values[static_cast<std::size_t>(&setting - settings().data())] = {std::move(value),
                                                                                std::move(origin)};
    }
    void take_text(const Setting& setting, std::string_view text, const std::string& origin);
    core::Value from_folder(const Setting& setting, const core::Value& value) const;

    ConfigurationRead read_;
};

// ---- The file -------------------------------------------------------------------------------

core::Problem problem_at(core::ProblemCode code, std::string path, std::string message,
                         std::string suggestion = {}) {
    return {code, std::move(path), std::move(message), std::move(suggestion)};
}

/// Relative paths of a file are those of its folder: a server may be started anywhere.
core::Value Reader::from_folder(const Setting& setting, const core::Value& value) const {
    const auto absolute = [this](std::string_view text) {
        const fs::path path{text};
        if (text.empty() || path.is_absolute()) return std::string{text};
        return (read_.file.parent_path() / path).string();
    };
    if (setting.kind == SettingKind::path) return core::Value{absolute(value.as_string())};
    if (setting.kind != SettingKind::paths) return value;
    std::vector<core::Value> items;
    for (const core::Value& item : value.as_array()) {
        std::string_view text = item.as_string();
        const bool is_read_only = text.ends_with(read_only_suffix);
        if (is_read_only) text.remove_suffix(read_only_suffix.size());
        items.emplace_back(absolute(text) + std::string{is_read_only ? read_only_suffix : ""});
    }
    return core::Value::array(std::move(items));
}

void Reader::read_section(const core::Member& section, core::Problems& problems) {
    const std::string path = core::pointer_child("", section.key);
    std::vector<std::string_view> names;
    std::vector<std::string_view> sections;
    for (const Setting& setting : settings()) {
        sections.push_back(setting.section());
        if (setting.section() == section.key) names.push_back(setting.name());
    }
    if (names.empty()) {
        problems.push_back(problem_at(core::ProblemCode::unknown_key, path,
                                      "there is no section `" + section.key + "`",
                                      core::nearest(section.key, sections)));
        return;
    }
    if (section.value.is_null()) return;
    if (!section.value.is_object()) {
        problems.push_back(problem_at(core::ProblemCode::bad_value, path,
                                      "a section holds `name: value`, one below the other"));
        return;
    }
    for (const core::Member& member : section.value.as_object()) {
        const std::string place = core::pointer_child(path, member.key);
        const Setting* const setting = find_setting(section.key + "." + member.key);
        if (setting == nullptr) {
            problems.push_back(
                problem_at(core::ProblemCode::unknown_key, place,
                           "there is no setting `" + member.key + "` in `" + section.key + "`",
                           core::nearest(member.key, names)));
            continue;
        }
        if (member.value.is_null()) continue;
        auto value = setting_of_value(*setting, member.value);
        if (value) {
            if (auto wrong = wrong_text(*setting, *value)) value = std::unexpected{*wrong};
        }
        if (value) {
            take(*setting, from_folder(*setting, *value), place);
        } else {
            problems.push_back(problem_at(core::ProblemCode::bad_value, place,
                                          std::string{setting->key} + ": " + value.error()));
        }
    }
}

void Reader::read_file(const Console& console, const std::string& name) {
    auto text = read_text(console, name, file_bytes_max);
    if (!text) return complain(text.error().message());
    read_.file = name;
    const format::SourceText source{name, std::move(*text), format::syntax_of(name)};
    format::TreeRead tree = format::read_tree(source);
    core::Problems problems = std::move(tree.problems);
    if (tree.value && tree.value->is_object()) {
        for (const core::Member& section : tree.value->as_object())
            read_section(section, problems);
    } else if (tree.value && !tree.value->is_null()) {
        problems.push_back(problem_at(core::ProblemCode::bad_value, "",
                                      "a configuration holds sections, such as `server:`"));
    }
    // The places of what it has set, which stand for their origins so far.
    core::Problems places;
    for (const SettingValue& value : read_.values)
        if (value.origin.starts_with('/'))
            places.push_back(problem_at(core::ProblemCode::unknown_key, value.origin, ""));
    format::locate(source, places);
    for (SettingValue& value : read_.values) {
        const auto place = std::ranges::find(places, value.origin, &core::Problem::path);
        if (place == places.end()) continue;
        value.origin =
            name + ":" + std::to_string(place->line) + ":" + std::to_string(place->column);
    }
    format::locate(source, problems);
    for (const core::Problem& problem : problems)
        complain(one_line(format::to_text(name, problem)));
}

// ---- Environment and flags ------------------------------------------------------------------

void Reader::take_text(const Setting& setting, std::string_view text, const std::string& origin) {
    auto value = setting_of_text(setting, text);
    if (value) {
        if (auto wrong = wrong_text(setting, *value)) value = std::unexpected{*wrong};
    }
    if (!value) return complain(origin + ": " + value.error());
    take(setting, *std::move(value), origin);
}

/// What OpenTelemetry's own programs go by. Weaker than a file, which is about Millrace.
void Reader::read_standard_variables(const Console& console) {
    constexpr std::pair<const char*, std::string_view> standard[] = {
        {"OTEL_EXPORTER_OTLP_ENDPOINT", "otlp.endpoint"},
        {"OTEL_EXPORTER_OTLP_HEADERS", "otlp.headers"},
        {"OTEL_SERVICE_NAME", "otlp.service_name"}};
    for (const auto& [name, key] : standard) {
        const auto text = console.environment(name);
        if (text && !text->empty()) take_text(*find_setting(key), *text, "$" + std::string{name});
    }
}

void Reader::read_environment(const Console& console) {
    for (const Setting& setting : settings()) {
        const std::string name{setting.variable};
        if (const auto text = console.environment(name.c_str()))
            take_text(setting, *text, "$" + name);
    }
    if (!console.environment_names) return;
    constexpr std::string_view prefix = "MILLRACE_";
    std::vector<std::string_view> known{"MILLRACE_DATA", "MILLRACE_CONFIG", "MILLRACE_SERVER",
                                        "MILLRACE_TOKEN"};
    for (const Setting& setting : settings())
        known.push_back(setting.variable);
    for (const std::string& name : console.environment_names()) {
        if (!name.starts_with(prefix)) continue;
        if (std::ranges::find(known, name) != known.end()) continue;
        // Kubernetes sets these for a service that is called millrace.
        if (name.starts_with("MILLRACE_SERVICE_") || name.starts_with("MILLRACE_PORT")) continue;
        // What looks like a typing mistake is worth a word; all else may be somebody's own.
        const std::string near = core::nearest(name, known);
        if (!near.empty())
            read_.warnings.push_back("$" + one_line(name) + " is no setting; did you mean $" +
                                     near + "?");
    }
}

void Reader::read_flags(const ConfigurationFlags& flags) {
    for (const std::string& assignment : flags.assignments) {
        const std::size_t equals = assignment.find('=');
        const std::string key = assignment.substr(0, equals);
        const Setting* const setting = find_setting(key);
        if (setting == nullptr) {
            complain("--set: there is no setting `" + one_line(key) + "`" +
                     hint(core::nearest(key, keys())));
        } else if (equals == std::string::npos) {
            complain("--set " + key + ": write --set " + key + "=VALUE");
        } else {
            take_text(*setting, assignment.substr(equals + 1), "--set " + key);
        }
    }
    for (const auto& [key, texts] : flags.values) {
        const Setting& setting = *find_setting(key);
        const std::string flag{setting.flag};
        if (!setting.is_list()) {
            take_text(setting, texts.back(), flag);
            continue;
        }
        // A part is taken as it is, so that names with commas can be given, too.
        take(setting, core::Value::array({texts.begin(), texts.end()}), flag);
    }
}

ConfigurationRead Reader::finish() {
    const Configuration& made = read_.configuration;
    const auto address = server::parse_listen_address(made.server.listen);
    if (made.auth == "none" && address && !address->is_loopback) {
        complain(read_.value_of("server.auth").origin +
                 ": server.auth is `none`, which only goes with loopback: at " +
                 made.server.listen +
                 " everybody in the network could run workflows; leave it out, and callers show "
                 "the token");
    }
    if (made.workflows.watch && made.workflows.folder.empty()) {
        complain(read_.value_of("workflows.watch").origin +
                 ": workflows.watch is on, but there is no folder to watch; name it with "
                 "workflows.folder or --workflows");
    }
    return std::move(read_);
}

}  // namespace

const SettingValue& ConfigurationRead::value_of(std::string_view key) const {
    return values[static_cast<std::size_t>(find_setting(key) - settings().data())];
}

ConfigurationRead read_configuration(const Console& console, const ConfigurationFlags& flags,
                                     const fs::path& data) {
    Reader reader;
    reader.read_standard_variables(console);
    std::error_code ignored;
    if (!flags.file.empty()) {
        reader.read_file(console, flags.file);
    } else if (const auto named = console.environment(file_variable)) {
        reader.read_file(console, *named);
    } else if (const fs::path usual = data / file_name; fs::exists(usual, ignored)) {
        reader.read_file(console, usual.string());
    }
    reader.read_environment(console);
    reader.read_flags(flags);
    return reader.finish();
}

ConfigurationChange change_between(const Configuration& now, const Configuration& next) {
    ConfigurationChange change{now, {}, {}};
    for (const Setting& setting : settings()) {
        const core::Value wanted = setting.load(next);
        if (wanted == setting.load(now)) continue;
        if (setting.changes_live) {
            setting.store(change.configuration, wanted);
            change.changed.push_back(&setting);
        } else {
            change.need_restart.push_back(&setting);
        }
    }
    return change;
}

}  // namespace millrace::cli
