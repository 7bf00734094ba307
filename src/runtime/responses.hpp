// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
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
    /// The last one who waits for an execution is told; `number` tells it from those before it.
    void await(core::ExecutionId id, std::uint64_t number, Runtime::Responded responded) {
        const std::scoped_lock lock{mutex_};
        waiting_.insert_or_assign(id, Caller{number, std::move(responded)});
    }
    void forget(core::ExecutionId id, std::uint64_t number) {
        // What the callback holds may call the runtime as it goes.
        Runtime::Responded forgotten;
        const std::scoped_lock lock{mutex_};
        const auto waiting = waiting_.find(id);
        if (waiting == waiting_.end() || waiting->second.number != number) return;
        forgotten = std::move(waiting->second.responded);
        waiting_.erase(waiting);
    }
    std::size_t size() const {
        const std::scoped_lock lock{mutex_};
        return waiting_.size();
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
            told.emplace_back(std::move(waiting->second.responded), std::move(response));
            waiting_.erase(waiting);
        }
        return told;
    }

private:
    struct Caller {
        std::uint64_t number = 0;
        Runtime::Responded responded;
    };

    mutable std::mutex mutex_;
    std::unordered_map<core::ExecutionId, Caller> waiting_;
};

}  // namespace millrace::runtime
