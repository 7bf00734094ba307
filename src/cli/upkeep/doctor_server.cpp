// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "data_folder.hpp"
#include "millrace/server/listen_address.hpp"
#include "remote/chosen_server.hpp"
#include "serve/server_files.hpp"
#include "terminal/wording.hpp"
#include "upkeep/doctor.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;
using State = Finding::State;

std::vector<Finding> check_configuration(const ConfigurationRead& read) {
    std::vector<Finding> findings;
    for (const std::string& problem : read.problems)
        findings.push_back({State::bad, "configuration", one_line(problem),
                            "mend it; docs/configuration.md has all settings"});
    for (const std::string& warning : read.warnings)
        findings.push_back({State::warn, "configuration", one_line(warning), ""});
    if (!findings.empty()) return findings;
    const std::string file = one_line(read.file.string());
    return {{State::good, "configuration",
             file.empty() ? "no file; defaults and the environment" : file + " is understood", ""}};
}

/// One that runs, or whether one could start.
Finding check_server(const Context& context, const Configuration& configuration) {
    const fs::path folder = chosen_folder(context).folder;
    std::error_code ignored;
    if (const auto running = running_server(context))
        return {State::good, "server",
                fmt::format("runs at {} (process {})", one_line(running->url), running->pid), ""};
    const auto address = server::parse_listen_address(configuration.server.listen);
    if (!address)
        return {State::bad, "server", one_line(address.error().message()), "set server.listen"};
    const auto is_free = server::check_free(configuration.server.listen);
    if (!is_free)
        return {State::warn, "server", "none runs; " + one_line(is_free.error().message()),
                "millrace serve --listen 127.0.0.1:0 takes a free port"};
    const std::string left =
        fs::exists(folder / "server.json", ignored) ? ", though one has ended without a word" : "";
    return {State::good, "server",
            "none runs" + left + "; one could listen at " + configuration.server.listen, ""};
}

/// Nothing where none is needed.
std::optional<Finding> check_token(const Context& context, const Configuration& configuration) {
    const store::OpenOptions place = chosen_store(context, store::OpenMode::read_only);
    const fs::path file =
        configuration.token_file.empty() ? server_place(place, "token") : configuration.token_file;
    struct ::stat found {};
    if (file.empty() || ::stat(file.c_str(), &found) != 0) return std::nullopt;
    const std::string shown = one_line(file.string());
    if ((found.st_mode & 077u) != 0)
        return Finding{
            State::bad, "token",
            fmt::format("{} may be read by others (mode {:o})", shown, found.st_mode & 07777u),
            "remove it and start the server again: it makes a new one"};
    return Finding{State::good, "token", shown + ", only for you", ""};
}

}  // namespace

std::vector<Finding> examine_server(const Context& context, const ConfigurationRead& read) {
    std::vector<Finding> findings = check_configuration(read);
    findings.push_back(check_server(context, read.configuration));
    if (auto token = check_token(context, read.configuration))
        findings.push_back(std::move(*token));
    return findings;
}

}  // namespace millrace::cli
