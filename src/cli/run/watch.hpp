// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "millrace/runtime/log.hpp"
#include "millrace/runtime/runtime.hpp"
#include "run/asked_outside.hpp"
#include "run/follower.hpp"
#include "run/wakeups.hpp"
#include "terminal/progress.hpp"

namespace millrace::cli {

/// What other threads tell the thread that watches. Thread-safe.
class Mailbox final : public runtime::Observer, public runtime::Log {
public:
    struct Mail {
        std::vector<runtime::CommittedRow> rows;
        std::vector<Line> lines;
        std::optional<core::Result<core::ExecutionId>> accepted;
        bool lagged = false;
    };

    void on_committed(std::span<const runtime::CommittedRow> rows) override;
    void on_lagged(std::uint64_t rows) override;
    bool takes(runtime::LogLevel level) const override {
        return level >= runtime::LogLevel::warning;
    }
    void put(runtime::LogLevel level, std::string_view message,
             std::span<const runtime::LogField> fields) override;
    void accept(core::Result<core::ExecutionId> id);

    Mail take();
    const Bell& bell() const { return bell_; }

private:
    Bell bell_;
    std::mutex mutex_;
    Mail mail_;  // guarded by mutex_
};

/// How a watch ended.
enum class WatchEnd : std::uint8_t { finished, interrupted, terminated, hung_up };

/// What Ctrl-C means for a watched execution.
enum class OnInterrupt : std::uint8_t {
    cancel,  ///< first cancel, then cancel without waiting for effects, then leave
    leave,   ///< leave it unfinished
};

/// Tells what a first or a second Ctrl-C does.
Line canceling_line(int interrupts);

/// Follows executions of a runtime until they have ended or rest, showing progress and heeding
/// signals. Used from one thread, that of the signal inbox.
class Watch {
public:
    /// All outlive the watch. One that ends before its executions stops the runtime.
    Watch(runtime::Runtime& runtime, std::shared_ptr<Mailbox> mailbox, const SignalInbox& signals,
          Progress& progress, OnInterrupt on_interrupt);
    ~Watch();

    /// Called for each execution as it ends.
    std::function<void(const Follower&)> on_end;
    /// Whether the watch is over for an execution in this status that has left memory, where only
    /// time or a command can move it. A paused one is, unless this says otherwise. One that waits
    /// for nothing but answers from outside is in any case: nobody can give them while this process
    /// owns the data.
    std::function<bool(core::ExecutionStatus)> rests_at = [](core::ExecutionStatus status) {
        return status == core::ExecutionStatus::paused;
    };

    /// Follows an execution. What the store knows of it already is an earlier process's, or new.
    core::Result<> add(core::ExecutionId id, std::shared_ptr<const engine::Plan> plan,
                       bool is_leftover);
    /// The same for one that is accepted only while it is watched; an error of its start ends the
    /// watch.
    void expect(std::shared_ptr<const engine::Plan> plan) { expected_ = std::move(plan); }

    /// Reads what was committed so far, as news.
    core::Result<> refresh();

    /// No longer waits for an execution.
    void forget(core::ExecutionId id) { followers_.erase(id); }

    core::Result<WatchEnd> until_all_ended();

    const std::map<core::ExecutionId, Follower>& followers() const { return followers_; }
    /// What an execution that is followed waits for.
    std::vector<Question> questions(core::ExecutionId id) const;

private:
    core::Result<> read_mail();
    core::Result<> take_row(const runtime::CommittedRow& row);
    core::Result<> catch_up(Follower& follower);
    core::Result<> check_runtime();
    void count(const Follower& follower);
    void show(Follower& follower, const std::vector<core::Event>& events);
    std::optional<WatchEnd> heed(Request request);
    void cancel_all();
    bool all_ended() const;
    bool is_over(const Follower& follower) const;

    runtime::Runtime& runtime_;
    std::shared_ptr<Mailbox> mailbox_;
    const SignalInbox& signals_;
    Progress& progress_;
    const OnInterrupt on_interrupt_;
    std::map<core::ExecutionId, Follower> followers_;
    std::map<core::ExecutionId, AskedOutside> asked_;
    std::shared_ptr<const engine::Plan> expected_;
    int interrupts_ = 0;
    std::vector<std::jthread> cancels_;  // last: its threads use the runtime
};

}  // namespace millrace::cli
