// SPDX-License-Identifier: Apache-2.0
#include "remote/chosen_server.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "body.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "millrace/core/json.hpp"
#include "serve/server_files.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_bytes_max = 64u << 10;

/// Where the server of the chosen data leaves a file; empty: nowhere.
fs::path place(const Context& context, std::string_view name) {
    return server_place(chosen_store(context, store::OpenMode::read_only), name);
}

/// Empty when it cannot be read.
std::string small_file(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::string text(file_bytes_max, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

/// Written by a server of this user, and not something that came with a folder from elsewhere.
bool is_trusted(const fs::path& path) {
    struct ::stat found {};
    return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
           (found.st_uid == ::geteuid() || ::geteuid() == 0) && (found.st_mode & 077u) == 0;
}

std::string given_token(const Context& context) {
    return context.console.environment("MILLRACE_TOKEN").value_or("");
}

std::string token_of_data(const Context& context) {
    std::string token = small_file(place(context, "token"));
    while (!token.empty() && (token.back() == '\n' || token.back() == ' '))
        token.pop_back();
    return token.find_first_of("\r\n") == std::string::npos ? token : std::string{};
}

bool is_alive(std::int64_t pid) {
    return pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
}

bool is_loopback(std::string_view url) {
    const std::size_t begin = url.find("://");
    std::string_view host = begin == std::string_view::npos ? url : url.substr(begin + 3);
    if (host.starts_with("[::1]")) return true;
    host = host.substr(0, host.find(':'));
    return host == "localhost" || host.starts_with("127.");
}

/// Another server may have taken the address and the number of the process since then.
bool is_same_start(const Context& context, const RunningServer& server, const core::Value& health) {
    constexpr std::int64_t tolerated_ms = 60'000;
    const auto started = core::Time::parse(server.started_at);
    const auto uptime = number_at(health, "uptime_ms");
    if (!started || !uptime) return true;
    const std::int64_t lasting = (context.console.now() - *started).ms;
    return std::abs(lasting - *uptime) <= tolerated_ms;
}

bool answers(const Context& context, const RunningServer& server) {
    constexpr core::Duration patience{3'000};
    const auto client = ApiClient::make(server.url, "");
    if (!client) return false;
    ApiRequest request;
    request.path = "/health";
    request.timeout = patience;
    request.connect_timeout = patience;
    const auto answer = client->send(request);
    // One that is not well is there all the same.
    if (!answer) return !answer.error().is(RemoteErrc::unreachable);
    return is_same_start(context, server, answer->body);
}

}  // namespace

std::optional<NamedServer> named_server(const Context& context) {
    const GlobalOptions& global = context.global;
    if (!global.server.empty()) return NamedServer{global.server, "--server"};
    if (!global.store.empty() || !global.data.empty()) return std::nullopt;
    const auto named = context.console.environment("MILLRACE_SERVER");
    if (!named || named->empty()) return std::nullopt;
    return NamedServer{*named, "$MILLRACE_SERVER"};
}

std::optional<RunningServer> running_server(const Context& context) {
    const fs::path file = place(context, "server.json");
    if (file.empty() || !is_trusted(file)) return std::nullopt;
    const auto read = core::parse_json(small_file(file));
    if (!read) return std::nullopt;
    RunningServer server{text_at(*read, "url"), number_at(*read, "pid").value_or(0),
                         text_at(*read, "started_at")};
    if (server.url.empty() || !is_alive(server.pid) || !answers(context, server))
        return std::nullopt;
    return server;
}

std::string token_for(const Context& context, const std::string& url) {
    if (std::string given = given_token(context); !given.empty()) return given;
    // The token of this data's server is nothing for another machine to see.
    const auto noted = core::parse_json(small_file(place(context, "server.json")));
    const bool is_its_server = noted && text_at(*noted, "url") == url;
    return is_its_server || is_loopback(url) ? token_of_data(context) : std::string{};
}

core::Result<std::optional<ApiClient>> server_for(const Context& context, Access access) {
    const GlobalOptions& global = context.global;
    if (!global.server.empty() && !global.store.empty()) {
        return core::fail(FileErrc::bad_argument,
                          "--server and --store exclude each other: a server has its own store");
    }
    const bool may_be_found =
        access == Access::changes || (access == Access::reads && global.store.empty());
    std::string url;
    std::string token;
    std::string origin;
    if (const auto named = named_server(context)) {
        url = named->url;
        token = token_for(context, url);
        origin = named->origin;
    } else if (may_be_found) {
        const auto running = running_server(context);
        if (!running) return std::nullopt;
        url = running->url;
        // Nobody has named it, so what the environment holds for another server is not shown to it.
        token = token_of_data(context);
        if (token.empty() && is_loopback(url)) token = given_token(context);
        origin = "it runs on " + place_of(chosen_store(context, store::OpenMode::read_only));
    } else {
        return std::nullopt;
    }
    auto client = ApiClient::make(url, token);
    if (!client) return std::unexpected(client.error());
    context.console.say(Tone::dim,
                        "server: " + one_line(client->url()) + " (" + one_line(origin) + ")");
    return std::move(*client);
}

core::Error as_of_store(const core::Error& error) {
    if (!error.is(RemoteErrc::not_found)) return error;
    return {store::StoreErrc::not_found, error.message()};
}

core::Result<> only_local(const Context& context, std::string_view what, std::string_view instead) {
    const auto named = named_server(context);
    if (!named) return {};
    return core::fail(FileErrc::bad_argument,
                      std::string{what} +
                          " works on the data of its own machine, not on a server (" +
                          named->origin + "); " + std::string{instead});
}

}  // namespace millrace::cli
