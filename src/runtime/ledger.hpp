// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/status.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/runtime/runtime.hpp"

namespace millrace::runtime {

/// Who waits for what: callers for the answer to their command, others for an execution's end; and
/// which executions are in memory as far as is committed. Thread-safe.
class Ledger {
public:
    /// What is to be told once no lock is held. Callbacks may call the runtime.
    class News {
    public:
        void tell();
        /// The first part of it: callers hear that they were understood before anything else.
        void tell_answers();

    private:
        friend class Ledger;
        struct Answered {
            Runtime::Accepted accepted;
            core::Result<core::ExecutionId> result;
        };
        struct Ended {
            Runtime::Finished finished;
            core::ExecutionId id;
            core::Result<core::ExecutionStatus> result;
        };
        std::vector<Answered> answered_;
        std::vector<Ended> ended_;
    };
    using WatchId = std::uint64_t;

    /// For a watch that is to begin later.
    WatchId new_watch();
    /// Registers a caller; `busy` above `live_max` executions, when it wants to create one. The
    /// callbacks are taken only when that succeeds. `finished` becomes a watch with the answer; 0:
    /// one that nobody takes back.
    core::Result<engine::CallToken> open_call(core::ExecutionId id, Runtime::Accepted&& accepted,
                                              Runtime::Finished&& finished,
                                              std::optional<std::size_t> live_max = {},
                                              WatchId watch = 0);
    News refuse(std::span<const engine::CallToken> tokens, const core::Error& error);
    /// Takes in what a committed frame says.
    [[nodiscard]] News settle(engine::Frame& frame);

    /// None when the execution is not live here, or the ledger is closed. One that `is_parked` need
    /// not live; the caller looks again afterwards whether it has ended meanwhile. `number` is from
    /// `new_watch`, or 0.
    std::optional<WatchId> watch(core::ExecutionId id, Runtime::Finished finished,
                                 bool is_parked = false, WatchId number = 0);
    void unwatch(core::ExecutionId id, WatchId watch);
    /// How many wait for an end.
    std::size_t watch_count() const;

    void adopt(core::ExecutionId id);
    /// It does not live here any more, though it has not ended.
    [[nodiscard]] News drop(core::ExecutionId id, const core::Error& error);
    bool is_live(core::ExecutionId id) const;
    /// Sorted.
    std::vector<core::ExecutionId> live() const;
    std::size_t live_count() const;

    /// Nobody will be told anything else; later calls and watches get the same error.
    News close(const core::Error& error);

private:
    struct Call {
        core::ExecutionId id;
        Runtime::Accepted accepted;
        Runtime::Finished finished;
        bool creates = false;
        WatchId watch = 0;
    };
    struct Watch {
        WatchId number = 0;
        Runtime::Finished finished;
    };

    // Under the lock.
    WatchId begin(core::ExecutionId id, WatchId number, Runtime::Finished&& finished);
    void end(const engine::ExecutionRow& row, News& news);

    mutable std::mutex mutex_;
    engine::CallToken last_token_ = 0;
    WatchId last_watch_ = 0;
    std::size_t creating_ = 0;
    std::unordered_map<engine::CallToken, Call> calls_;
    std::unordered_map<core::ExecutionId, std::vector<Watch>> watches_;
    std::unordered_set<core::ExecutionId> live_;
    std::optional<core::Error> closed_;
};

}  // namespace millrace::runtime
