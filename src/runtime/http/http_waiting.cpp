// SPDX-License-Identifier: Apache-2.0
#include "http/http_waiting.hpp"

#include <utility>

namespace millrace::runtime {

void HttpWaiting::expect(HttpTicket ticket) {
    const std::scoped_lock lock{mutex_};
    results_[ticket] = std::nullopt;
}

bool HttpWaiting::bring(HttpCompletion& completion) {
    const std::scoped_lock lock{mutex_};
    const auto at = results_.find(completion.ticket);
    if (at == results_.end()) return false;
    at->second = std::move(completion.result);
    brought_.notify_all();
    return true;
}

std::optional<HttpWaiting::Result> HttpWaiting::wait(HttpTicket ticket,
                                                     const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    const auto at = results_.find(ticket);
    brought_.wait(lock, stop, [&] { return at->second.has_value(); });
    std::optional<Result> result = std::move(at->second);
    results_.erase(at);
    return result;
}

}  // namespace millrace::runtime
