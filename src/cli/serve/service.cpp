// SPDX-License-Identifier: Apache-2.0
#include "serve/service.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "key_file.hpp"
#include "library.hpp"
#include "millrace/runtime/vault.hpp"
#include "millrace/server/listen_address.hpp"
#include "millrace/store/library.hpp"
#include "remote/chosen_server.hpp"
#include "run/permissions.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

/// Each connection takes a descriptor, and many shells allow no more than 1,024 of them unless
/// asked.
void raise_descriptor_limit(const Configuration& configuration, runtime::Log& log) {
    struct ::rlimit limit {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
        ::getrlimit(RLIMIT_NOFILE, &limit);
    }
    const std::size_t wanted = configuration.server.limits.connections_max;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted) return;
    log.write(runtime::LogLevel::info,
              "the limit of open files leaves room for fewer connections than are allowed",
              {{"open_files_max", std::to_string(limit.rlim_cur), true},
               {"connections_max", std::to_string(wanted), true}});
}

fs::path key_file_for(const Configuration& configuration, const store::OpenOptions& place) {
    return configuration.key_file.empty() ? key_file_of(place) : configuration.key_file;
}

/// What is stored must fit the key before anything is changed. A folder that is new, or that has an
/// older schema still, cannot be asked; the runtime tells of those.
core::Result<> check_key(const fs::path& key_file, store::OpenOptions place) {
    place.mode = store::OpenMode::read_only;
    const auto store = store::open_store(place);
    if (!store) return {};
    const auto vault = runtime::Vault::open(key_file, (*store)->secrets());
    if (vault) return {};
    using runtime::VaultErrc;
    for (const VaultErrc code : {VaultErrc::no_key, VaultErrc::bad_key, VaultErrc::wrong_key})
        if (vault.error().is(code)) return std::unexpected(vault.error());
    return {};
}

/// The error that a server runs on the data already, if one does.
std::optional<core::Error> owner_of(const Context& context, const store::OpenOptions& place) {
    const auto running = running_server(context);
    if (!running) return std::nullopt;
    return core::Error{store::StoreErrc::locked, "a server runs on " + one_line(place_of(place)) +
                                                     " already, at " + one_line(running->url) +
                                                     " (process " + std::to_string(running->pid) +
                                                     ")"};
}

core::Result<runtime::FileOptions> file_options(const Context& context,
                                                const Configuration& configuration,
                                                const store::OpenOptions& place,
                                                const fs::path& token_file) {
    PermissionOptions given{configuration.files, {}};
    auto options = given.files();
    if (!options) return options;
    // Nodes must not read the key of the secrets, nor what lets them call the server.
    options->closed = closed_places(place);
    std::ranges::copy(usual_folders(context), std::back_inserter(options->closed));
    for (const runtime::AllowedFolder& allowed : options->folders)
        options->closed.push_back(allowed.path + "/millrace-data");
    for (const fs::path& file :
         {key_file_for(configuration, place), link_key_file_of(place), token_file})
        if (!file.empty()) options->closed.push_back(file.string());
    return options;
}

core::Result<std::unique_ptr<runtime::Runtime>> start_runtime(
    const Configuration& configuration, runtime::FileOptions files,
    std::shared_ptr<runtime::Log> log, const std::shared_ptr<nodes::Registry>& library,
    const store::OpenOptions& place) {
    runtime::RuntimeOptions options;
    auto store = store::open_store(place);
    if (!store) return std::unexpected(store.error());
    options.store = std::move(*store);
    options.nodes = library;
    options.http = configuration.egress;
    options.files = std::move(files);
    options.commands = {configuration.commands};
    options.secrets.key_file = key_file_for(configuration, place);
    // What goes on from before needs an address for its links before the server listens.
    options.links.public_url = configuration.server.public_url.empty()
                                   ? "http://" + configuration.server.listen
                                   : configuration.server.public_url;
    options.links.key_file = link_key_file_of(place);
    options.cache = configuration.cache;
    options.pool_threads = configuration.pool_threads;
    options.limits = configuration.limits;
    options.log = std::move(log);
    return runtime::Runtime::start(std::move(options));
}

bool needs_token(const Configuration& configuration, const server::ListenAddress& address) {
    if (configuration.auth == "auto") return !address.is_loopback;
    return configuration.auth == "token";
}

/// What can be found out before anything is touched.
core::Result<> check_place(const Context& context, const Configuration& configuration,
                           const store::OpenOptions& place, const server::ListenAddress& address) {
    if (auto fits = check_key(key_file_for(configuration, place), place); !fits) return fits;
    const fs::path& workflows = configuration.workflows.folder;
    std::error_code ignored;
    if (!workflows.empty() && !fs::is_directory(workflows, ignored)) {
        return core::fail(FileErrc::bad_argument,
                          "workflows.folder: " + one_line(workflows.string()) +
                              " is no folder; name one that exists");
    }
    if (address.port == 0) return {};
    const auto is_free = server::check_free(configuration.server.listen);
    if (is_free) return {};
    // A server that runs on this folder is the most likely owner of the address.
    return std::unexpected(owner_of(context, place).value_or(is_free.error()));
}

}  // namespace

core::Result<std::unique_ptr<Service>> Service::start(const Context& context,
                                                      const Configuration& configuration,
                                                      std::shared_ptr<runtime::LevelLog> log) {
    const store::OpenOptions place = chosen_store(context, store::OpenMode::own);
    const auto address = server::parse_listen_address(configuration.server.listen);
    if (!address) return std::unexpected(address.error());
    if (const auto fits = check_place(context, configuration, place, *address); !fits)
        return std::unexpected(fits.error());
    std::unique_ptr<Service> service{new Service{std::move(log)}};
    if (needs_token(configuration, *address)) {
        service->token_file_ = configuration.token_file.empty() ? server_place(place, "token")
                                                                : configuration.token_file;
        if (service->token_file_.empty())
            return core::fail(FileErrc::bad_argument,
                              "a store in memory has no place for the token; name one with --set "
                              "server.token_file=FILE");
    }
    auto files = file_options(context, configuration, place, service->token_file_);
    if (!files) return std::unexpected(files.error());
    auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    service->library_ = std::move(*library);
    raise_descriptor_limit(configuration, *service->log_);
    auto runtime =
        start_runtime(configuration, std::move(*files), service->log_, service->library_, place);
    if (!runtime) {
        const bool is_locked = runtime.error().is(store::StoreErrc::locked);
        const auto owner = is_locked ? owner_of(context, place) : std::nullopt;
        return std::unexpected(owner.value_or(runtime.error()));
    }
    service->runtime_ = std::move(*runtime);
    if (const auto going_on = service->recover(); !going_on)
        return std::unexpected(going_on.error());
    if (const auto listening = service->listen(configuration); !listening)
        return std::unexpected(listening.error());
    auto file = ServerFile::write(server_place(place, "server.json"), service->url(),
                                  context.console.now());
    if (!file) return std::unexpected(file.error());
    service->file_ = std::move(*file);
    return service;
}

core::Result<> Service::listen(const Configuration& configuration) {
    options_ = configuration.server;
    options_.auth = server::AuthMode::none;
    if (!token_file_.empty()) {
        auto token = read_or_make_token(token_file_);
        if (!token) return std::unexpected(token.error());
        options_.auth = server::AuthMode::token;
        options_.token = std::move(*token);
    }
    auto server = server::Server::start({*runtime_, *library_, *log_, MILLRACE_VERSION}, options_,
                                        configuration.workflows, configuration.retention);
    if (!server) return std::unexpected(server.error());
    server_ = std::move(*server);
    return {};
}

Service::~Service() {
    file_.remove();
    server_.reset();
    if (runtime_) runtime_->stop();
}

core::Result<> Service::recover() {
    const auto report = runtime_->recover();
    if (!report) return std::unexpected(report.error());
    if (!report->resumed.empty()) {
        log_->write(runtime::LogLevel::info, "executions of an earlier process go on",
                    {{"executions", std::to_string(report->resumed.size()), true}});
    }
    for (const auto& [id, error] : report->failed) {
        log_->write(runtime::LogLevel::error, "an execution of an earlier process cannot go on",
                    {{"execution_id", id.text()},
                     {"code", std::string{error.code()}},
                     {"error", error.message()}});
    }
    return {};
}

core::Result<std::size_t> Service::workflow_count() const {
    constexpr std::size_t page_size = 1'000;
    std::size_t count = 0;
    std::string cursor;
    do {
        const auto page = runtime_->store().library().list({}, page_size, cursor);
        if (!page) return std::unexpected(page.error());
        count += page->items.size();
        cursor = page->next_cursor.value_or("");
    } while (!cursor.empty());
    return count;
}

core::Result<> Service::reconfigure(const Configuration& configuration) {
    server::ServerOptions options = configuration.server;
    options.auth = options_.auth;
    options.token = options_.token;
    auto done = server_->reconfigure(options, configuration.workflows, configuration.retention);
    if (done) options_ = std::move(options);
    return done;
}

void Service::stop(core::Duration grace) {
    // Commands of this machine go to the data themselves from now on.
    file_.remove();
    server_->drain(grace);
    runtime_->stop();
}

}  // namespace millrace::cli
