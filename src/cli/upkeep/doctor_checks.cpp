// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>

#include "configuration/read_configuration.hpp"
#include "data_folder.hpp"
#include "key_file.hpp"
#include "millrace/format/expression_host.hpp"
#include "millrace/store/admin.hpp"
#include "millrace/store/secrets.hpp"
#include "terminal/wording.hpp"
#include "upkeep/doctor.hpp"
#include "upkeep/libraries.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;
using State = Finding::State;

constexpr std::uint64_t mib = 1u << 20;
constexpr std::uint64_t space_low = 1'024 * mib;
constexpr std::uint64_t space_too_low = 100 * mib;

std::optional<mode_t> mode_of(const fs::path& path) {
    struct ::stat found {};
    if (::stat(path.c_str(), &found) != 0) return std::nullopt;
    return static_cast<mode_t>(found.st_mode & 07777u);
}

Finding check_folder(const fs::path& folder) {
    const std::string shown = one_line(folder.string());
    std::error_code error;
    if (!fs::exists(folder, error)) {
        if (error)
            return {State::bad, "data folder", shown + ": " + error.message(),
                    "make its parents readable, or name another one with --data"};
        return {State::warn, "data folder", shown + " is not there yet",
                "millrace run FILE makes it; --data DIR names another one"};
    }
    if (!fs::is_directory(folder, error))
        return {State::bad, "data folder", shown + " is no folder",
                "move it away, or name another one with --data"};
    if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0)
        return {State::bad, "data folder", shown + " may not be written",
                "give yourself the folder: chown -R \"$USER\" " + shown};
    if (const auto mode = mode_of(folder); mode && (*mode & 077u) != 0)
        return {State::warn, "data folder",
                fmt::format("{} may be read by others (mode {:o})", shown, *mode),
                "chmod 700 " + shown};
    return {State::good, "data folder", shown + ", only for you", ""};
}

Finding check_store(const Context& context) {
    const store::OpenOptions place = chosen_store(context, store::OpenMode::read_only);
    if (place.url == "memory:") return {State::good, "store", "in memory, for one command", ""};
    const auto status = store::migration_status(place);
    if (!status && status.error().is(store::StoreErrc::not_found))
        return {State::good, "store", "none yet; the first run makes it", ""};
    if (!status) {
        return {State::bad, "store", one_line(status.error().message()),
                "if the file is damaged, put a backup in its place; see millrace db backup"};
    }
    const std::string schema = fmt::format("schema {} of {}", status->version, status->newest);
    if (status->version > status->newest)
        return {State::bad, "store", schema + ": written by a newer Millrace",
                "use that version, or millrace db rollback with it"};
    if (status->version < status->newest)
        return {State::warn, "store", schema, "millrace db backup FILE, then millrace db migrate"};
    return {
        State::good, "store",
        fmt::format("{}, {} unfinished", schema, counted(status->live.value_or(0), "execution")),
        ""};
}

Finding check_space(const fs::path& folder) {
    fs::path there = folder.empty() ? fs::path{"."} : folder;
    std::error_code error;
    while (!fs::exists(there, error) && there.has_parent_path() && there != there.parent_path())
        there = there.parent_path();
    if (!fs::exists(there, error)) there = ".";
    struct ::statvfs disk {};
    if (::statvfs(there.c_str(), &disk) != 0)
        return {State::warn, "disk space", "cannot be told", ""};
    const std::uint64_t left = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
    const std::string message = size_words(left) + " free";
    const std::string remedy = "make room, or name a folder on another disk with --data";
    if (left < space_too_low) return {State::bad, "disk space", message, remedy};
    if (left < space_low) return {State::warn, "disk space", message, remedy};
    return {State::good, "disk space", message, ""};
}

/// Durable timers and the order of executions need a clock that does not go back.
Finding check_clock(const Context& context) {
    const core::Time now = context.console.now();
    const std::string shown = date_text(now) + " UTC";
    const core::Time released = core::Time::parse("2024-01-01T00:00:00.000Z").value_or(now);
    const std::string remedy = "set the system's clock, best by NTP: timedatectl set-ntp true";
    if (now < released) return {State::bad, "clock", shown + " is in the past", remedy};
    const auto store = store::open_store(chosen_store(context, store::OpenMode::read_only));
    if (store) {
        const auto page = (*store)->executions({}, 1, {});
        constexpr core::Duration tolerated{60'000};
        if (page && !page->items.empty() && page->items.front().created_at > now + tolerated) {
            return {State::bad, "clock",
                    shown + " is before the newest execution, of " +
                        date_text(page->items.front().created_at) + " UTC",
                    remedy};
        }
    }
    return {State::good, "clock", shown, ""};
}

Finding check_zones(const Context& context) {
    const expr::Host& host = format::expression_host();
    if (!host.has_zone("Europe/Berlin"))
        return {State::bad, "time zones", "the time zone database is missing",
                "install the package tzdata"};
    const auto zone = context.console.environment("TZ");
    const bool is_name = zone && zone->find('/') != std::string::npos && !zone->starts_with(':');
    if (is_name && !host.has_zone(*zone)) {
        const std::string near = host.nearest_zone(*zone);
        return {State::warn, "time zones", "$TZ is " + one_line(*zone) + ", which is no time zone",
                near.empty() ? "set TZ to a zone such as Europe/Berlin" : "TZ=" + near};
    }
    return {State::good, "time zones", "the database is there", ""};
}

Finding check_key(const Context& context, const Configuration& configuration) {
    const fs::path file = configuration.key_file.empty()
                              ? key_file_of(chosen_store(context, store::OpenMode::read_only))
                              : configuration.key_file;
    const std::string shown = one_line(file.string());
    std::size_t secrets = 0;
    if (const auto store = store::open_store(chosen_store(context, store::OpenMode::read_only))) {
        if (const auto all = (*store)->secrets().list(std::nullopt)) secrets = all->size();
    }
    const auto mode = mode_of(file);
    if (!mode && secrets > 0)
        return {State::bad, "key file",
                fmt::format("{} is missing, and {} cannot be read without it", shown,
                            counted(secrets, "stored secret")),
                "put the file back from a backup, or delete the secrets and set them again"};
    if (!mode) return {State::good, "key file", "none yet; the first secret makes it", ""};
    if ((*mode & 077u) != 0)
        return {State::bad, "key file",
                fmt::format("{} may be read by others (mode {:o})", shown, *mode),
                "chmod 600 " + shown + ", then millrace secrets rotate-key"};
    return {State::good, "key file",
            shown + ", only for you; keep a copy apart from backups of the data", ""};
}

Finding check_certificates() {
    const std::string file = certificate_file();
    std::error_code error;
    if (file.empty()) return {State::good, "certificates", "those of libcurl", ""};
    if (!fs::exists(file, error))
        return {State::warn, "certificates", one_line(file) + " is missing; https will fail",
                "install the package ca-certificates"};
    return {State::good, "certificates", one_line(file), ""};
}

Finding check_egress(const Context& context, const Configuration& configuration) {
    for (const char* const name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy"}) {
        if (context.console.environment(name)) {
            return {State::warn, "egress",
                    std::string{"$"} + name + " is set, but nodes do not go through a proxy",
                    "let the machine reach the peers directly, or unset it"};
        }
    }
    if (configuration.egress.only_allowed)
        return {State::good, "egress", "only what egress.allow names", ""};
    return {State::good, "egress",
            "all but link-local addresses and clouds' metadata; --egress-allow and --egress-deny "
            "change it",
            ""};
}

/// What a server may raise it to is what counts: it does.
Finding check_files(const Configuration& configuration) {
    constexpr rlim_t wanted = 1'024;
    struct ::rlimit limit {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {State::warn, "open files", "unknown", ""};
    if (limit.rlim_max == RLIM_INFINITY) return {State::good, "open files", "unlimited", ""};
    const std::string message = limit.rlim_max == limit.rlim_cur
                                    ? fmt::format("at most {}", limit.rlim_cur)
                                    : fmt::format("at most {}, which a server raises to {}",
                                                  limit.rlim_cur, limit.rlim_max);
    if (limit.rlim_max < wanted) return {State::warn, "open files", message, "ulimit -n 4096"};
    const std::size_t connections = configuration.server.limits.connections_max;
    if (limit.rlim_max < connections)
        return {State::warn, "open files",
                message + fmt::format("; {} connections are allowed", connections),
                fmt::format("ulimit -Hn {}, or lower http.connections_max", connections + 512)};
    return {State::good, "open files", message, ""};
}

}  // namespace

std::vector<Finding> examine(const Context& context) {
    const fs::path folder = chosen_folder(context).folder;
    const ConfigurationRead read = read_configuration(context.console, {}, folder);
    const Configuration& configuration = read.configuration;
    std::vector<Finding> findings{
        check_folder(folder),       check_store(context), check_space(folder),
        check_clock(context),       check_zones(context), check_key(context, configuration),
        check_files(configuration), check_certificates(), check_egress(context, configuration)};
    std::ranges::move(examine_server(context, read), std::back_inserter(findings));
    return findings;
}

}  // namespace millrace::cli
