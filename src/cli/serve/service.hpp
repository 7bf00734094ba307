// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "commands.hpp"
#include "configuration/configuration.hpp"
#include "millrace/core/result.hpp"
#include "millrace/nodes/registry.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/server/server.hpp"
#include "millrace/store/open.hpp"
#include "serve/server_files.hpp"

namespace millrace::cli {

/// A runtime and the server in front of it, on the data of this machine.
class Service {
public:
    /// Looks for what would keep it from serving, then takes the data over, lets go on what an
    /// earlier process has left, and listens.
    static core::Result<std::unique_ptr<Service>> start(const Context& context,
                                                        const Configuration& configuration,
                                                        std::shared_ptr<runtime::LevelLog> log);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    const std::string& url() const { return server_->url(); }
    /// Stored ones, from files or not.
    core::Result<std::size_t> workflow_count() const;
    /// The file with the token that callers show; empty when they show none.
    const std::filesystem::path& token_file() const { return token_file_; }

    /// Goes on with what can change without a restart, which `configuration` is.
    core::Result<> reconfigure(const Configuration& configuration);

    /// Answers what is under way, at most for `grace`, then stops the runtime: what is unfinished
    /// stays in the store. Called once, from any thread.
    void stop(core::Duration grace);
    /// Nobody should find the server any more: the process ends at once.
    void abandon() noexcept { file_.remove(); }

private:
    explicit Service(std::shared_ptr<runtime::LevelLog> log) : log_{std::move(log)} {}
    core::Result<> recover();
    core::Result<> listen(const Configuration& configuration);

    std::shared_ptr<runtime::LevelLog> log_;
    std::shared_ptr<nodes::Registry> library_;
    server::ServerOptions options_;
    std::filesystem::path token_file_;
    std::unique_ptr<runtime::Runtime> runtime_;
    std::unique_ptr<server::Server> server_;  // uses the runtime
    ServerFile file_;
};

}  // namespace millrace::cli
