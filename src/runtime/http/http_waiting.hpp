// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <expected>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>

#include "http/http_client.hpp"
#include "millrace/core/failure.hpp"

namespace millrace::runtime {

/// Threads that wait for the answers of calls they have made themselves. Thread-safe.
class HttpWaiting {
public:
    using Result = std::expected<engine::HttpAnswer, core::Failure>;

    /// Before the call starts.
    void expect(HttpTicket ticket);
    /// Whether anybody waits for it; then it has the result.
    bool bring(HttpCompletion& completion);
    /// Nothing when it was asked to stop first; the call no longer counts then.
    std::optional<Result> wait(HttpTicket ticket, const std::stop_token& stop);

private:
    std::mutex mutex_;
    std::condition_variable_any brought_;
    std::map<HttpTicket, std::optional<Result>> results_;
};

}  // namespace millrace::runtime
