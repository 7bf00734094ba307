// SPDX-License-Identifier: Apache-2.0
#include "server_process.hpp"

#include <signal.h>
#include <chrono>

#include <charconv>
#include <thread>

#include "served_contract.hpp"

namespace millrace::testing {
namespace {

constexpr std::string_view ready_text = "Millrace is ready: ";
constexpr std::string_view ready_end = "Ctrl-C stops)";

/// Of `http://127.0.0.1:PORT` at the start of a text; 0 when there is none.
std::uint16_t port_in(std::string_view url) {
    const std::size_t scheme = url.find("://");
    const std::size_t colon = scheme == std::string_view::npos ? scheme : url.find(':', scheme + 3);
    if (colon == std::string_view::npos) return 0;
    std::uint16_t port = 0;
    std::from_chars(url.data() + colon + 1, url.data() + url.size(), port);
    return port;
}

}  // namespace

ServerProcess::ServerProcess(ServeOptions options)
    : options_{std::move(options)}, contract_{std::make_unique<ServedContract>()} {
    start();
}

ServerProcess::~ServerProcess() = default;

void ServerProcess::start() {
    ProcessOptions process;
    process.arguments = {"serve", "--listen", "127.0.0.1:" + std::to_string(port_), "--data",
                         options_.data.string()};
    process.arguments.insert(process.arguments.end(), options_.arguments.begin(),
                             options_.arguments.end());
    process.environment = options_.environment;
    process.folder = options_.folder;
    port_ = 0;
    ready_line_.clear();
    process_ = std::make_unique<Process>(MILLRACE_BINARY, process);
    const bool is_there = process_->wait_for_output_text(ready_end);
    const std::string out = process_->out_so_far();
    const std::size_t begin = out.find(ready_text);
    if (is_there && begin != std::string::npos) {
        ready_line_ = out.substr(begin, out.find(ready_end, begin) + ready_end.size() - begin);
        port_ = port_in(ready_line_);
    }
    if (!is_ready())
        ADD_FAILURE() << "the server does not get ready\nstdout: " << out
                      << "\nstderr: " << process_->err_so_far();
}

std::string ServerProcess::url() const {
    return "http://127.0.0.1:" + std::to_string(port_);
}

std::string ServerProcess::token() const {
    std::string token = read_file(options_.data / "token");
    while (token.ends_with('\n'))
        token.pop_back();
    return token;
}

Finished ServerProcess::terminate() {
    process_->signal(SIGTERM);
    return process_->wait();
}

Finished ServerProcess::kill_now() {
    process_->signal(SIGKILL);
    return process_->wait();
}

void ServerProcess::restart() {
    if (!process_->has_ended()) kill_now();
    start();
}

HttpAnswer ServerProcess::request(HttpRequest request) {
    if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
    HttpConnection connection{port_};
    const HttpAnswer answer = connection.exchange(request);
    if (answer.status == 0) {
        ADD_FAILURE() << request.method << " " << request.target << ": no answer\n"
                      << process_->err_so_far();
    } else {
        check(request, answer);
    }
    return answer;
}

void ServerProcess::check(const HttpRequest& request, const HttpAnswer& answer) {
    contract_->check(port_, token_, request, answer);
}

HttpAnswer ServerProcess::get(std::string target, HeaderList headers) {
    return request({"GET", std::move(target), std::move(headers), {}});
}

HttpAnswer ServerProcess::post(std::string target, const Value& body, HeaderList headers) {
    headers.emplace_back("Content-Type", "application/json");
    return request({"POST", std::move(target), std::move(headers), core::to_json(body)});
}

HttpAnswer ServerProcess::put(std::string target, const Value& body, HeaderList headers) {
    headers.emplace_back("Content-Type", "application/json");
    return request({"PUT", std::move(target), std::move(headers), core::to_json(body)});
}

HttpAnswer ServerProcess::del(std::string target, HeaderList headers) {
    return request({"DELETE", std::move(target), std::move(headers), {}});
}

Value ServerProcess::get_json(std::string target, int status) {
    const HttpAnswer answer = get(target);
    EXPECT_EQ(answer.status, status) << "GET " << target << "\n" << answer.body;
    return json(answer.body);
}

Value ServerProcess::post_json(std::string target, const Value& body, int status) {
    const HttpAnswer answer = post(target, body);
    EXPECT_EQ(answer.status, status) << "POST " << target << "\n" << answer.body;
    return json(answer.body);
}

Value ServerProcess::create_workflow(std::string_view document) {
    const HttpAnswer answer = request({"POST",
                                       "/api/v1/workflows",
                                       {{"Content-Type", "application/yaml"}},
                                       std::string{document}});
    EXPECT_EQ(answer.status, 201) << answer.body;
    return json(answer.body);
}

Value ServerProcess::execute(const std::string& workflow_id, const Value& body) {
    return post_json("/api/v1/workflows/" + workflow_id + "/execute?wait=30s", body);
}

ServerProcess& ServerTest::serve(Arguments arguments,
                                 std::vector<std::pair<std::string, std::string>> environment) {
    server_.reset();
    server_ = std::make_unique<ServerProcess>(
        ServeOptions{data(), std::move(arguments), std::move(environment), folder.path()});
    return *server_;
}

bool ServerTest::is_gone(const std::string& execution) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (server().get("/api/v1/executions/" + execution).status != 404) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return true;
}

}  // namespace millrace::testing
