// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/handler.hpp"
#include "millrace/core/result.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/server/options.hpp"

namespace millrace::server {

/// HTTP/1.1 and WebSocket on one address: one thread has all connections. Thread-safe.
class HttpServer {
public:
    /// Takes the address; clients wait until `serve`. `bad_option` and `cannot_listen`. `work`
    /// does a task on another thread; it and `log` outlive the server.
    static core::Result<std::unique_ptr<HttpServer>> open(
        const ServerOptions& options, runtime::Log& log,
        std::function<void(std::function<void()>)> work);
    /// Cuts off what is still open.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Lets clients in. Once; `handler` outlives the server.
    void serve(RequestHandler& handler);

    /// `http://127.0.0.1:8420`; all addresses are called by the loopback one.
    const std::string& url() const;

    /// Does `task` on the connections' thread once `delay` has passed, unless the server ends.
    void later(core::Duration delay, std::function<void()> task);

    /// Limits and hosts for requests that begin from now on. `bad_option` as for `open`.
    core::Result<> reconfigure(const ServerOptions& options);

    /// Accepts no more, answers what is under way and ends streams; what is not done after `grace`
    /// is cut off.
    void drain(core::Duration grace);

private:
    class Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::server
