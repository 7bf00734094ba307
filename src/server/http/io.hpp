// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "millrace/core/time.hpp"

// Asio's types with the one executor there is: the erased ones cost an allocation here and there.

namespace millrace::server {

namespace asio = boost::asio;

using IoError = boost::system::error_code;
using IoExecutor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, IoExecutor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor>;
template <class T>
using Task = asio::awaitable<T, IoExecutor>;
using Awaiting = asio::use_awaitable_t<IoExecutor>;
inline constexpr Awaiting awaiting{};

using SteadyClock = std::chrono::steady_clock;
using Instant = SteadyClock::time_point;

inline std::chrono::milliseconds to_chrono(core::Duration duration) {
    return std::chrono::milliseconds{duration.ms};
}

/// Lets one coroutine of the connections' thread wait until somebody on that thread calls `set`.
/// A call while nobody waits is remembered.
class Event {
public:
    void set() {
        is_set_ = true;
        // The coroutine goes on within this call and may end whatever owns this.
        if (waiter_) std::exchange(waiter_, nullptr)();
    }

    Task<void> wait() {
        if (!is_set_) {
            co_await asio::async_initiate<const Awaiting&, void()>(
                [this](auto handler) { waiter_ = std::move(handler); }, awaiting);
        }
        is_set_ = false;
    }

private:
    bool is_set_ = false;
    std::move_only_function<void()> waiter_;
};

}  // namespace millrace::server
