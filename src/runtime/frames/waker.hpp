// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "frames/frame_clock.hpp"
#include "frames/frame_loop.hpp"
#include "frames/wake_window.hpp"
#include "ledger.hpp"
#include "millrace/runtime/clock.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/store/store.hpp"
#include "plan_cache.hpp"

namespace millrace::runtime {

/// What a Waker needs; all of it outlives the Waker.
struct WakerParts {
    store::Store& store;
    Clock& clock;
    Log& log;
    PlanCache& plans;
    Ledger& ledger;
    FrameLoop& loop;
    WakeWindow::Limits window;
    /// The execution cannot be woken; it stays in the store as it is.
    std::function<void(core::ExecutionId, const core::Error&)> give_up;
};

/// Brings parked executions back when they are due, or when the engine wants them, and does what
/// else must read the store on behalf of those who may not wait for it. One thread, which reads the
/// next executions while the shard takes the last ones. Thread-safe.
class Waker {
public:
    Waker(WakerParts parts, const store::Ownership& owned);
    ~Waker();
    Waker(const Waker&) = delete;
    Waker& operator=(const Waker&) = delete;

    /// From now on all that the store has parked is woken, also what an earlier process has left;
    /// without it only what has parked in this one, and what it was told to `keep`.
    void cover_all();
    bool covers_all() const;
    void keep(std::span<const store::ParkedExecution> executions);
    /// Will it be woken here?
    bool keeps(core::ExecutionId id) const;
    /// It cannot go on; so it is not.
    void forsake(core::ExecutionId id);

    /// Takes in what a committed frame says.
    void settle(const engine::Frame& frame);
    /// Does something on the waking thread, in order; after `stop_soon` it is called at once, and
    /// told so.
    using Job = std::function<void(bool is_stopping)>;
    void post(Job job);
    /// The same when this time has passed.
    void post(core::Duration after, Job job);

    /// No more is woken; then stop the loop, which ends what is under way, and `join`.
    void stop_soon();
    void join();

private:
    using Lock = std::unique_lock<std::mutex>;
    using Sleepers = std::vector<WakeWindow::Sleeper>;
    struct Underway {
        std::shared_ptr<Restore> restore;
        Sleepers sleepers;
    };

    void run();
    bool step(Lock& lock);
    void sleep(Lock& lock);
    void load(Lock& lock, const WakeWindow::Load& wanted);
    void wake(Lock& lock, Sleepers due, core::Time now);
    core::Result<engine::StoredExecution> stored(WakeWindow::Sleeper& sleeper,
                                                 store::StoredHistory history);
    void put_back(Sleepers sleepers, core::Time now, const core::Error& error);
    void finish_oldest();

    const WakerParts parts_;
    FrameClock frame_clock_;         // the thread's own, as the next two
    std::deque<Underway> underway_;  // oldest first
    bool told_failure_ = false;

    mutable std::mutex mutex_;  // guards all that follows
    std::condition_variable wake_;
    WakeWindow window_;
    std::unordered_set<core::ExecutionId> own_;  // parked in this process; only while not all are
    std::unordered_set<core::ExecutionId> forsaken_;
    std::deque<core::ExecutionId> wanted_;
    std::deque<Job> jobs_;
    std::multimap<core::Duration, Job> later_;  // by the monotonic clock
    core::Duration held_until_{};               // the store could not be read
    bool stopping_ = false;

    std::thread thread_;  // last: it uses the above
};

}  // namespace millrace::runtime
