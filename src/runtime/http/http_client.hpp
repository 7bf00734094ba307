// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/egress.hpp"
#include "http/http_exchange.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/effect.hpp"

namespace millrace::runtime {

/// Names one call to its caller; never used twice.
struct HttpTicket {
    std::uint64_t value = 0;

    auto operator<=>(const HttpTicket&) const = default;
};

struct HttpLimits {
    std::size_t transfers_max = 256;         ///< at the same time; further calls wait in a queue
    std::size_t queued_max = 65'536;         ///< beyond that a call fails with `http_queue_full`
    core::Duration connect_timeout{10'000};  ///< name resolution and TLS included
    core::Duration idle_timeout{300'000};    ///< no byte in either direction
};

/// Bytes over the network, with heads and redirects, as they were sent.
struct HttpTraffic {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
};

struct HttpCompletion {
    HttpTicket ticket;
    std::expected<engine::HttpAnswer, core::Failure> result;
    HttpTraffic traffic{};
};

/// Receives what has ended since the last time, on the client's thread. It must not block: nothing
/// else moves meanwhile. It may call `start` and `abort`.
using HttpDone = std::function<void(std::vector<HttpCompletion> completions)>;

/// Performs HTTP calls on a thread of its own. Connections are kept and used again; proxies of the
/// environment are ignored; http and https only, also where redirects lead. Thread-safe.
///
/// Failures, by class: `connection` dns_failure, connect_failed, tls_failed, connection_reset,
/// bad_response; `timeout` connect_timeout, idle_timeout; `limit` response_too_large,
/// too_many_redirects, http_queue_full; `validation` egress_denied, bad_url, bad_header;
/// `canceled` canceled; `internal` http_client.
class HttpClient {
public:
    HttpClient(EgressPolicy policy, HttpDone done, HttpLimits limits = {});
    /// Drops what is open without completing it, and joins the thread.
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Completes exactly once. `idempotency_key` is sent where the call asks for it.
    void start(HttpTicket ticket, engine::HttpCall call, std::string idempotency_key,
               HttpAuth auth = {});

    /// Ends the call with the failure `canceled`, unless it has ended already. A request that has
    /// left may take effect all the same.
    void abort(HttpTicket ticket);

    /// Calls that have been started and not completed.
    std::size_t open_calls() const;

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace millrace::runtime
