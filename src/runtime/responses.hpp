// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/runtime/runtime.hpp"

namespace millrace::runtime {

/// Callers whom a node of their execution may answer. Thread-safe.
class Responses {
public:
    void await(core::ExecutionId id, Runtime::Responded responded) {
        const std::scoped_lock lock{mutex_};
        waiting_.insert_or_assign(id, std::move(responded));
    }
    void forget(core::ExecutionId id) {
        const std::scoped_lock lock{mutex_};
        waiting_.erase(id);
    }
    /// Takes out who waits for one of these responses; they are to be told with no lock held.
    std::vector<std::pair<Runtime::Responded, engine::Response>> take(
        std::vector<engine::Response>&& responses) {
        std::vector<std::pair<Runtime::Responded, engine::Response>> told;
        if (responses.empty()) return told;
        const std::scoped_lock lock{mutex_};
        for (engine::Response& response : responses) {
            const auto waiting = waiting_.find(response.id);
            if (waiting == waiting_.end()) continue;
            told.emplace_back(std::move(waiting->second), std::move(response));
            waiting_.erase(waiting);
        }
        return told;
    }

private:
    std::mutex mutex_;
    std::unordered_map<core::ExecutionId, Runtime::Responded> waiting_;
};

}  // namespace millrace::runtime
