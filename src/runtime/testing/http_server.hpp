// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace millrace::runtime::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct ServedRequest {
    std::string method;
    std::string target;  ///< path and query as they were sent
    Headers headers;     ///< names in lower case
    std::string body;

    /// Empty when there is no such header.
    std::string_view header(std::string_view name) const;
    bool has_header(std::string_view name) const;
};

/// Holds replies back until a test opens it.
class Gate {
public:
    void open();
    void wait();

private:
    std::mutex mutex_;
    std::condition_variable opened_;
    bool is_open_ = false;
};

struct Reply {
    int status = 200;
    Headers headers;
    std::string body;
    bool chunked = false;
    /// The connection is closed after this many bytes of the body, though more were announced.
    std::optional<std::size_t> close_after;
    /// Nothing is sent before it opens.
    std::shared_ptr<Gate> gate;
    /// Sent instead of all the above; then the connection is closed.
    std::optional<std::string> raw;

    static Reply text(std::string body) {
        return {.headers = {{"content-type", "text/plain"}}, .body = std::move(body)};
    }
    static Reply json(std::string body) {
        return {.headers = {{"content-type", "application/json"}}, .body = std::move(body)};
    }
    static Reply redirect(int status, std::string location) {
        return {.status = status, .headers = {{"location", std::move(location)}}};
    }
    static Reply close_without_answer() { return {.raw = std::string{}}; }
};

/// A small HTTP/1.1 server on a free port of 127.0.0.1, a thread per connection. The handler may
/// be called from several threads at once.
class HttpServer {
public:
    using Handler = std::function<Reply(const ServedRequest&)>;

    explicit HttpServer(Handler handler);
    /// Opens every gate, cuts every connection and joins.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::uint16_t port() const { return port_; }
    /// `http://127.0.0.1:PORT` with `target` behind it.
    std::string url(std::string_view target = "/") const;

    /// All so far, in the order they were read.
    std::vector<ServedRequest> requests() const;
    std::size_t connection_count() const;
    /// Blocks until so many requests have been read.
    void wait_for_requests(std::size_t count) const;

private:
    struct Connection {
        int socket = -1;
        std::string pending;  // read, but not used
        std::thread thread;   // last: it uses the above
    };

    void accept_all();
    void serve(Connection& connection);
    std::optional<ServedRequest> read_request(Connection& connection) const;
    bool answer(Connection& connection, const ServedRequest& request, const Reply& reply);
    void hold(const std::shared_ptr<Gate>& gate);

    Handler handler_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    mutable std::condition_variable arrived_;
    std::vector<ServedRequest> requests_;  // this and below: guarded by mutex_
    std::vector<std::shared_ptr<Gate>> gates_;
    std::list<Connection> connections_;
    bool stopping_ = false;
    std::thread acceptor_;  // last: it uses all of the above
};

}  // namespace millrace::runtime::testing
