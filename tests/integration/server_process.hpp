// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/command.hpp"
#include "support/http_client.hpp"

// The real `millrace serve` on a free port of loopback with a data folder of the test's own.

namespace millrace::testing {

/// Checks answers against what the server says of itself in `/api/v1/openapi.json`.
class ServedContract;

struct ServeOptions {
    std::filesystem::path data;  ///< the data folder
    /// Beside `--listen` and `--data`.
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;
    std::filesystem::path folder;  ///< where it starts; empty: here
};

/// A running server. Killed at the latest when this object ends.
class ServerProcess {
public:
    /// Starts it and waits for its ready line; a failed test when that does not come.
    explicit ServerProcess(ServeOptions options);
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    bool is_ready() const { return port_ != 0; }
    std::uint16_t port() const { return port_; }
    /// `http://127.0.0.1:PORT`.
    std::string url() const;
    /// `Millrace is ready: …`
    const std::string& ready_line() const { return ready_line_; }
    Process& process() { return *process_; }
    std::filesystem::path data() const { return options_.data; }
    std::string token() const;  ///< in the data folder; empty when there is none

    /// SIGTERM, then its end.
    Finished terminate();
    /// SIGKILL, then its end.
    Finished kill_now();
    /// Ends it hard when it still runs, and starts it on the same folder and port.
    void restart();

    /// One request over a connection of its own. The answer is checked against the server's own
    /// OpenAPI document: a failed test when it does not fit.
    HttpAnswer request(HttpRequest request);
    HttpAnswer get(std::string target, HeaderList headers = {});
    /// `body` as JSON.
    HttpAnswer post(std::string target, const Value& body, HeaderList headers = {});
    HttpAnswer put(std::string target, const Value& body, HeaderList headers = {});
    HttpAnswer del(std::string target, HeaderList headers = {});
    /// The body of an answer that must have this status.
    Value get_json(std::string target, int status = 200);
    Value post_json(std::string target, const Value& body, int status = 200);
    /// Puts a document, YAML or JSON text, as `POST /workflows` takes it; the answer's body.
    Value create_workflow(std::string_view document);
    /// Runs a workflow and waits for its end; the finished execution.
    Value execute(const std::string& workflow_id, const Value& body = Value::object({}));

    /// Checks an answer that was made by other means, such as over a kept connection.
    void check(const HttpRequest& request, const HttpAnswer& answer);
    /// Sent with every request: `Authorization` for a server with a token.
    void use_token(std::string token) { token_ = std::move(token); }

private:
    void start();

    ServeOptions options_;
    std::uint16_t port_ = 0;
    std::string ready_line_;
    std::string token_;
    std::unique_ptr<Process> process_;
    std::unique_ptr<ServedContract> contract_;
};

/// A test with servers, and commands beside them, on the folder `data()`.
class ServerTest : public CommandTest {
protected:
    /// Starts the test's server; a second call ends the first one.
    ServerProcess& serve(Arguments arguments = {},
                         std::vector<std::pair<std::string, std::string>> environment = {});
    ServerProcess& server() { return *server_; }
    /// Whether retention removes that execution in time.
    bool is_gone(const std::string& execution);

private:
    std::unique_ptr<ServerProcess> server_;
};

}  // namespace millrace::testing
