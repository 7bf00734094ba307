// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/nodes/registry.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/server/metric_registry.hpp"
#include "millrace/server/options.hpp"

namespace millrace::server {

enum class ServerErrc {
    bad_option,     ///< an address or a URL that cannot be understood, or no auth beyond loopback
    cannot_listen,  ///< the address is taken or may not be used
    bad_workflows,  ///< the folder of workflows cannot be read
};
std::string_view code_text(ServerErrc code);

/// What a server works with; all of it outlives the server.
struct ServerParts {
    runtime::Runtime& runtime;
    nodes::Registry& registry;
    runtime::Log& log;
    std::string version;  ///< of the program
};

/// The API, live events and health of one runtime over HTTP/1.1 and WebSocket. Thread-safe.
class Server {
public:
    /// Listens and answers from now on; the runtime's executions should have been recovered.
    static core::Result<std::unique_ptr<Server>> start(const ServerParts& parts,
                                                       ServerOptions options,
                                                       FileWorkflowOptions files,
                                                       RetentionOptions retention);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// `http://127.0.0.1:8420`: with the real port.
    const std::string& url() const;

    /// What may change while it runs: allowed hosts, limits, retention, and files are read anew.
    /// The error names what cannot change without a restart; nothing is changed then.
    core::Result<> reconfigure(const ServerOptions& options, const FileWorkflowOptions& files,
                               const RetentionOptions& retention);

    /// What `/metrics` tells; others may add what they count. Lives as long as the server.
    MetricRegistry& metrics();

    /// Accepts no more, answers what is under way, ends streams with a word, at most for `grace`.
    void drain(core::Duration grace);

private:
    class Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::server
