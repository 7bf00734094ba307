// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/time.hpp"

namespace millrace::server {

/// Who may call.
enum class AuthMode : std::uint8_t {
    none,   ///< whoever reaches the address; on loopback only
    token,  ///< who shows the server's token
};

/// What bounds one connection and all of them. Bytes, and counts.
struct HttpLimits {
    std::size_t connections_max = 20'000;
    std::size_t target_bytes_max = 8u << 10;
    std::size_t header_bytes_max = 16u << 10;
    std::size_t body_bytes_max = 16u << 20;
    std::size_t pipelined_max = 64;                ///< requests that one connection has waiting
    core::Duration header_timeout{10'000};         ///< from its first byte to its last
    core::Duration body_timeout{60'000};           ///< between two parts of it
    core::Duration idle_timeout{75'000};           ///< between requests
    core::Duration write_timeout{30'000};          ///< a peer that takes nothing is cut
    core::Duration wait_max{300'000};              ///< the longest `?wait`
    core::Duration heartbeat{15'000};              ///< of live streams
    std::size_t gzip_bytes_min = 1'400;            ///< smaller answers are not worth it
    std::size_t stream_buffer_bytes = 256u << 10;  ///< for one slow reader of events
};

/// What is counted for Prometheus, at `/metrics`.
struct MetricsOptions {
    bool enabled = true;
    std::size_t workflows_max = 0;  ///< that are counted one by one; 0: none

    bool operator==(const MetricsOptions&) const = default;
};

/// Where traces of executions go, by OTLP over HTTP as JSON.
struct TracingOptions {
    std::string endpoint;  ///< `http://collector:4318`, or the URL of its `/v1/traces`; empty: none
    std::vector<std::pair<std::string, std::string>> headers;  ///< never logged
    std::string service_name = "millrace";
    std::size_t spans_waiting_max = 16'384;  ///< further ones are dropped, and counted
    std::size_t batch_max = 512;             ///< spans in one request
    core::Duration batch_after{2'000};       ///< a smaller one goes after this time
    core::Duration timeout{10'000};          ///< of one request

    bool operator==(const TracingOptions&) const = default;
};

struct ServerOptions {
    std::string listen = "127.0.0.1:8420";  ///< `HOST:PORT`, `[V6]:PORT`; port 0: a free one
    /// Where people reach it: links are built from this, never from what a request says.
    std::string public_url;
    std::vector<std::string> allowed_hosts;  ///< names in `Host` beside loopback and public_url
    /// Addresses and ranges of proxies that are believed when they say who has called them.
    std::vector<std::string> trusted_proxies;
    AuthMode auth = AuthMode::none;
    std::string token;  ///< with AuthMode::token; never logged
    HttpLimits limits;
    MetricsOptions metrics;
    TracingOptions tracing;
    std::size_t work_threads = 2;  ///< for what reads the store or compiles
};

/// Files that are kept as workflows while the server runs.
struct FileWorkflowOptions {
    std::filesystem::path folder;  ///< empty: none
    bool watch = false;            ///< follow changes; else they are read once
    bool activate = true;          ///< what has a trigger becomes active
};

/// How long what is finished is kept; zero: for ever.
struct RetentionOptions {
    core::Duration age{30LL * 24 * 3'600'000};
    std::uint64_t count = 0;          ///< newest finished executions that are kept
    core::Duration interval{60'000};  ///< between two clean-ups
    core::Duration idempotency{86'400'000};
    std::filesystem::path archive_folder;  ///< where executions go before that; empty: none
};

}  // namespace millrace::server
