// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/http_client.hpp"
#include "support/process.hpp"

namespace millrace::testing {

/// `millrace serve` on a folder and, from its first start on, on one port.
class ServedFolder {
public:
    ServedFolder(std::filesystem::path data,
                 std::vector<std::pair<std::string, std::string>> environment = {})
        : data_{std::move(data)}, environment_{std::move(environment)} {}

    /// False, with a failed test, when it does not get ready.
    bool start();
    /// SIGKILL.
    void kill();
    /// SIGTERM; its exit status.
    int end();
    std::uint16_t port() const { return port_; }
    pid_t id() const { return process_->id(); }
    HttpAnswer request(const HttpRequest& request) const;
    /// Adds a workflow; a failed test when it is refused.
    void create_workflow(std::string_view document) const;

private:
    std::filesystem::path data_;
    std::vector<std::pair<std::string, std::string>> environment_;
    std::atomic<std::uint16_t> port_ = 0;
    std::unique_ptr<Process> process_;
};

/// Clients that start executions of one workflow, each the next as soon as one was accepted. They
/// go on through the server's deaths until they are told to stop or all are started.
class ExecutionLoad {
public:
    /// The n-th request's input is `{n: n}`, n from 0 to `count_max - 1`.
    ExecutionLoad(const ServedFolder& server, std::string workflow_id, std::size_t clients,
                  std::size_t count_max);
    ~ExecutionLoad() { stop(); }
    void stop();
    /// Waits until all are started.
    void join();
    /// Whether all are started.
    bool is_done() const { return running_ == 0; }
    std::size_t accepted() const { return accepted_count_; }
    /// By their ids: the n of each that was answered with 202.
    std::map<std::string, std::size_t> take_accepted();
    /// Answers that were neither 202 nor an end of the connection.
    std::vector<std::string> refusals();

private:
    void run();

    const ServedFolder& server_;
    std::string target_;
    std::size_t count_max_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<std::size_t> accepted_count_ = 0;
    std::atomic<std::size_t> running_;
    std::atomic<bool> is_stopping_ = false;
    std::mutex mutex_;
    std::map<std::string, std::size_t> accepted_;
    std::vector<std::string> refusals_;
    std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace millrace::testing
