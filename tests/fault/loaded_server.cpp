// SPDX-License-Identifier: Apache-2.0
#include "loaded_server.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <charconv>
#include <chrono>

#include "millrace/core/json.hpp"
#include "millrace/core/value.hpp"

namespace millrace::testing {
namespace {

constexpr std::string_view ready_text = "Millrace is ready: http://127.0.0.1:";
constexpr std::string_view ready_end = "Ctrl-C stops)";
constexpr std::chrono::milliseconds between_connections{20};

}  // namespace

bool ServedFolder::start() {
    ProcessOptions options;
    options.arguments = {"serve", "--listen", "127.0.0.1:" + std::to_string(port_), "--data",
                         data_.string()};
    options.environment = environment_;
    process_ = std::make_unique<Process>(MILLRACE_BINARY, options);
    const bool is_there = process_->wait_for_output_text(ready_end);
    const std::string out = process_->out_so_far();
    const std::size_t begin = out.find(ready_text);
    std::uint16_t port = 0;
    if (is_there && begin != std::string::npos)
        std::from_chars(out.data() + begin + ready_text.size(), out.data() + out.size(), port);
    if (port == 0) {
        ADD_FAILURE() << "the server does not get ready\n" << out << process_->err_so_far();
        return false;
    }
    port_ = port;
    return true;
}

void ServedFolder::kill() {
    process_->signal(SIGKILL);
    EXPECT_EQ(process_->wait().status, 128 + SIGKILL);
}

int ServedFolder::end() {
    process_->signal(SIGTERM);
    return process_->wait().status;
}

HttpAnswer ServedFolder::request(const HttpRequest& request) const {
    HttpConnection connection{port_};
    return connection.exchange(request);
}

void ServedFolder::create_workflow(std::string_view document) const {
    const HttpAnswer answer = request({"POST",
                                       "/api/v1/workflows",
                                       {{"Content-Type", "application/yaml"}},
                                       std::string{document}});
    EXPECT_EQ(answer.status, 201) << answer.body;
}

ExecutionLoad::ExecutionLoad(const ServedFolder& server, std::string workflow_id,
                             std::size_t clients, std::size_t count_max)
    : server_{server},
      target_{"/api/v1/workflows/" + workflow_id + "/execute"},
      count_max_{count_max},
      running_{clients} {
    for (std::size_t i = 0; i < clients; ++i) {
        threads_.emplace_back([this] {
            run();
            --running_;
        });
    }
}

void ExecutionLoad::stop() {
    is_stopping_ = true;
    join();
}

void ExecutionLoad::join() {
    for (std::thread& thread : threads_)
        if (thread.joinable()) thread.join();
}

std::map<std::string, std::size_t> ExecutionLoad::take_accepted() {
    const std::scoped_lock lock{mutex_};
    return std::exchange(accepted_, {});
}

std::vector<std::string> ExecutionLoad::refusals() {
    const std::scoped_lock lock{mutex_};
    return refusals_;
}

void ExecutionLoad::run() {
    std::unique_ptr<HttpConnection> connection;
    while (!is_stopping_) {
        const std::size_t n = next_++;
        if (n >= count_max_) return;
        if (!connection || !connection->is_open()) {
            connection = std::make_unique<HttpConnection>(server_.port());
            if (!connection->is_open()) {
                // Nothing listens at the moment. This n is left out.
                std::this_thread::sleep_for(between_connections);
                continue;
            }
        }
        const HttpAnswer answer =
            connection->exchange({"POST",
                                  target_,
                                  {{"Content-Type", "application/json"}},
                                  R"({"input":{"n":)" + std::to_string(n) + "}}"});
        if (answer.status == 0) {
            connection.reset();
            continue;
        }
        const auto body = core::parse_json(answer.body);
        const core::Value* const id = body ? body->find("execution_id") : nullptr;
        const std::scoped_lock lock{mutex_};
        if (answer.status == 202 && id != nullptr) {
            accepted_.emplace(id->as_string(), n);
            ++accepted_count_;
        } else {
            refusals_.push_back(std::to_string(answer.status) + " " + answer.body);
        }
    }
}

}  // namespace millrace::testing
