// SPDX-License-Identifier: Apache-2.0
#include "http/http_server.hpp"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sodium/core.h>
#include <sodium/randombytes.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/connection.hpp"
#include "http/listen.hpp"
#include "millrace/server/server.hpp"

namespace millrace::server {

namespace {

using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, IoExecutor>;

// Deadlines are looked at this often, or eight times as often as the shortest of them needs it.
constexpr core::Duration sweep_max{1'000};
constexpr core::Duration sweep_min{5};
constexpr int sweeps_per_deadline = 8;
// After the system has refused a connection, for want of descriptors or memory.
constexpr std::chrono::milliseconds accept_pause{50};
// Connections from which on their memory is worth a look once they have gone.
constexpr std::size_t crowd = 1'000;
// For what was cut off to end: it only has to notice.
constexpr std::chrono::milliseconds cut_patience{2'000};

constexpr std::string_view full_answer =
    "HTTP/1.1 503 Service Unavailable\r\nServer: Millrace\r\nRetry-After: 1\r\n"
    "Content-Type: application/problem+json\r\nContent-Length: 83\r\nConnection: close\r\n\r\n"
    "{\"type\":\"/problems/busy\",\"title\":\"Too many connections\",\"status\":503,"
    "\"code\":\"busy\"}";

core::Duration sweep_period(const HttpLimits& limits) {
    const core::Duration shortest =
        std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout,
                  limits.write_timeout, limits.heartbeat});
    return std::clamp(core::Duration{shortest.ms / sweeps_per_deadline}, sweep_min, sweep_max);
}

std::string address_text(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

}  // namespace

class HttpServer::Impl {
public:
    Impl(runtime::Log& log, std::function<void(std::function<void()>)> work)
        : all_{log, std::move(work)} {
        all_.request_id_prefix = fmt::format("{:08x}-", randombytes_random());
    }

    core::Result<> open(const ServerOptions& options);
    void run();
    void serve(RequestHandler& handler);
    const std::string& url() const { return url_; }
    void later(core::Duration delay, std::function<void()> task);
    core::Result<> reconfigure(const ServerOptions& options);
    void drain(core::Duration grace);
    void stop();

private:
    Task<void> accept_all();
    void take_in(Socket socket);
    Task<void> sweep();
    void give_memory_back();
    void give_bodies_back();
    template <class Call>
    void for_each_connection(Call call);
    bool wait_until_empty(std::chrono::milliseconds at_most);

    Connections all_;  // first: connections that io_ still has leave it when io_ goes
    asio::io_context io_{1};
    asio::executor_work_guard<IoExecutor> keeps_running_{io_.get_executor()};
    Acceptor acceptor_{io_.get_executor()};
    Timer pause_{io_.get_executor()};
    Timer sweep_timer_{io_.get_executor()};
    bool is_sweeping_ = false;
    bool was_crowded_ = false;
    bool is_on_loopback_ = false;
    std::string url_;
    std::mutex mutex_;  // guards is_empty_
    std::condition_variable emptied_;
    bool is_empty_ = true;
    std::mutex stop_mutex_;  // one drain or stop at a time
    std::thread thread_;
};

core::Result<> HttpServer::Impl::open(const ServerOptions& options) {
    auto endpoint = resolve_listen_address(options.listen);
    if (!endpoint) return std::unexpected{endpoint.error()};
    is_on_loopback_ = endpoint->address().is_loopback();
    auto guard = Guard::make(options, is_on_loopback_);
    if (!guard) return std::unexpected{guard.error()};
    all_.settings = std::make_shared<const HttpSettings>(options.limits, std::move(*guard));
    if (auto listening = listen_on(acceptor_, *endpoint, options.listen); !listening) {
        return listening;
    }
    url_ = url_of(acceptor_);
    all_.mailbox =
        std::make_shared<Mailbox>([this] { asio::post(io_, [this] { all_.mailbox->deliver(); }); });
    thread_ = std::thread{[this] { run(); }};
    return {};
}

void HttpServer::Impl::run() {
    all_.mailbox->settle();
    for (;;) {
        try {
            io_.run();
            return;
        } catch (const std::exception& failure) {
            // One connection's trouble must not end all others.
            all_.log.write(runtime::LogLevel::error,
                           "the connections' thread goes on after a failure",
                           {{"error", failure.what()}});
        }
    }
}

void HttpServer::Impl::serve(RequestHandler& handler) {
    asio::post(io_, [this, &handler] {
        all_.handler = &handler;
        asio::co_spawn(io_.get_executor(), accept_all(), asio::detached);
    });
}

Task<void> HttpServer::Impl::accept_all() {
    bool is_noted = false;
    while (acceptor_.is_open()) {
        IoError error;
        Socket socket{io_.get_executor()};
        co_await acceptor_.async_accept(socket, asio::redirect_error(awaiting, error));
        if (!error) {
            is_noted = false;
            take_in(std::move(socket));
        } else if (error != asio::error::operation_aborted &&
                   error != asio::error::connection_aborted) {
            if (!is_noted) {
                all_.log.write(runtime::LogLevel::warning, "connections cannot be accepted",
                               {{"error", error.message()}});
            }
            is_noted = true;
            pause_.expires_after(accept_pause);
            co_await pause_.async_wait(asio::redirect_error(awaiting, error));
        }
    }
}

void HttpServer::Impl::take_in(Socket socket) {
    IoError error;
    const auto remote = socket.remote_endpoint(error);
    const auto local = error ? remote : socket.local_endpoint(error);
    if (error) return;
    if (all_.open.size() >= all_.settings->limits.connections_max) {
        socket.non_blocking(true, error);
        socket.write_some(asio::buffer(full_answer), error);
        socket.shutdown(Socket::shutdown_send, error);
        return;
    }
    Peer peer{.address = address_text(remote.address()),
              .local_address = address_text(local.address())};
    std::make_shared<Connection>(all_, std::move(socket), std::move(peer))->start();
    if (is_sweeping_) return;
    is_sweeping_ = true;
    {
        const std::scoped_lock lock{mutex_};
        is_empty_ = false;
    }
    asio::co_spawn(io_.get_executor(), sweep(), asio::detached);
}

/// One timer for all deadlines; without connections there is none.
Task<void> HttpServer::Impl::sweep() {
    std::vector<std::shared_ptr<Connection>> due;
    while (!all_.open.empty()) {
        IoError error;
        // A drain waits for connections to end, and is not to wait for a whole period.
        const core::Duration period =
            all_.is_draining ? sweep_min : sweep_period(all_.settings->limits);
        sweep_timer_.expires_after(to_chrono(period));
        co_await sweep_timer_.async_wait(asio::redirect_error(awaiting, error));
        const Instant now = SteadyClock::now();
        for (Connection* connection : all_.open) {
            if (connection->is_due(now)) due.push_back(connection->shared_from_this());
        }
        for (const auto& connection : due)
            connection->on_due(now);
        due.clear();
        give_bodies_back();
    }
    give_bodies_back();
    is_sweeping_ = false;
    const std::scoped_lock lock{mutex_};
    is_empty_ = true;
    emptied_.notify_all();
}

/// After a crowd has left, the allocator would keep what it needed.
void HttpServer::Impl::give_memory_back() {
    if (all_.open.size() >= crowd) {
        was_crowded_ = true;
    } else if (was_crowded_ && all_.open.size() < crowd / 2) {
        was_crowded_ = false;
        malloc_trim(0);
    }
}

/// The allocator would keep what large bodies needed. Giving it back takes milliseconds, so that a
/// work thread does it, and no more often than connections are looked through.
void HttpServer::Impl::give_bodies_back() {
    if (all_.is_draining || !std::exchange(all_.had_large_body, false)) return;
    all_.work([] { malloc_trim(0); });
}

void HttpServer::Impl::later(core::Duration delay, std::function<void()> task) {
    // Answers are made this way; they need no timer each.
    if (delay <= core::Duration{0}) return asio::post(io_, std::move(task));
    asio::post(io_, [this, delay, task = std::move(task)]() mutable {
        auto timer = std::make_shared<Timer>(io_.get_executor());
        timer->expires_after(to_chrono(delay));
        timer->async_wait([timer, task = std::move(task)](IoError error) {
            if (!error) task();
        });
    });
}

core::Result<> HttpServer::Impl::reconfigure(const ServerOptions& options) {
    auto guard = Guard::make(options, is_on_loopback_);
    if (!guard) return std::unexpected{guard.error()};
    asio::post(io_, [this, settings = std::make_shared<const HttpSettings>(
                               options.limits, std::move(*guard))]() mutable {
        all_.settings = std::move(settings);
        sweep_timer_.cancel();
    });
    return {};
}

template <class Call>
void HttpServer::Impl::for_each_connection(Call call) {
    std::vector<std::shared_ptr<Connection>> open;
    for (Connection* connection : all_.open)
        open.push_back(connection->shared_from_this());
    for (const auto& connection : open)
        call(*connection);
}

bool HttpServer::Impl::wait_until_empty(std::chrono::milliseconds at_most) {
    std::unique_lock lock{mutex_};
    return emptied_.wait_for(lock, at_most, [this] { return is_empty_; });
}

void HttpServer::Impl::drain(core::Duration grace) {
    const std::scoped_lock lock{stop_mutex_};
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
        IoError ignored;
        acceptor_.close(ignored);
        all_.is_draining = true;
        sweep_timer_.cancel();
        for_each_connection([](Connection& connection) { connection.drain(); });
    });
    if (wait_until_empty(to_chrono(grace))) return;
    asio::post(io_, [this] {
        all_.log.write(runtime::LogLevel::warning, "connections are cut off: they took too long",
                       {{"connections", std::to_string(all_.open.size()), true}});
        for_each_connection([](Connection& connection) { connection.cut(); });
        sweep_timer_.cancel();
    });
    wait_until_empty(cut_patience);
}

void HttpServer::Impl::stop() {
    drain(core::Duration{0});
    const std::scoped_lock lock{stop_mutex_};
    if (!thread_.joinable()) return;
    all_.mailbox->close();
    io_.stop();
    thread_.join();
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}

HttpServer::~HttpServer() {
    impl_->stop();
}

core::Result<std::unique_ptr<HttpServer>> HttpServer::open(
    const ServerOptions& options, runtime::Log& log,
    std::function<void(std::function<void()>)> work) {
    if (sodium_init() < 0) {
        return core::fail(ServerErrc::cannot_listen, "libsodium cannot be started");
    }
    auto impl = std::make_unique<Impl>(log, std::move(work));
    if (auto opened = impl->open(options); !opened) return std::unexpected{opened.error()};
    return std::unique_ptr<HttpServer>{new HttpServer{std::move(impl)}};
}

void HttpServer::serve(RequestHandler& handler) {
    impl_->serve(handler);
}

const std::string& HttpServer::url() const {
    return impl_->url();
}

void HttpServer::later(core::Duration delay, std::function<void()> task) {
    impl_->later(delay, std::move(task));
}

core::Result<> HttpServer::reconfigure(const ServerOptions& options) {
    return impl_->reconfigure(options);
}

void HttpServer::drain(core::Duration grace) {
    impl_->drain(grace);
}

}  // namespace millrace::server
