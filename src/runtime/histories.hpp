// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/engine/frame.hpp"

namespace millrace::runtime {

/// The journals of executions whose callers want to see all of it at the end, kept from the first
/// row on so that nobody needs to read them from the store. One of whose rows this process was not
/// told, since their commit's outcome was unknown, is not kept, nor is one that leaves memory: it
/// may take weeks until it ends. Thread-safe.
class Histories {
public:
    explicit Histories(std::size_t bytes_max) : bytes_max_{bytes_max} {}

    /// Before the execution is created.
    void keep(core::ExecutionId id);
    /// Copies what belongs to those that are kept.
    void add(const engine::Frame& frame);
    /// The rows, which are forgotten here; none when they are not kept any more.
    std::optional<std::vector<std::string>> take(core::ExecutionId id);
    std::size_t size() const;

private:
    struct Kept {
        std::vector<std::string> rows;
        std::size_t bytes = 0;
        std::uint64_t next_seq = 1;
    };
    using KeptById = std::unordered_map<core::ExecutionId, Kept>;

    // Under the lock.
    void add(const engine::JournalRow& row);
    void drop(KeptById::iterator at);
    void drop_largest();

    const std::size_t bytes_max_;  // of all together
    std::atomic<bool> is_empty_{true};
    mutable std::mutex mutex_;
    std::size_t bytes_ = 0;
    KeptById kept_;
};

}  // namespace millrace::runtime
