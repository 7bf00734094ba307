// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dispatch/dispatch_backlogs.hpp"
#include "dispatch/dispatch_inbox.hpp"
#include "dispatch/dispatch_parts.hpp"
#include "dispatch/event_dispatcher.hpp"
#include "dispatch/event_matcher.hpp"
#include "dispatch/event_rules.hpp"

namespace millrace::server {

/// The dispatcher's work, one step after the other: a step looks at some rows or given events on a
/// work thread and sends what they do; when all of that is answered the next one may begin.
class DispatchCore : public std::enable_shared_from_this<DispatchCore> {
public:
    static std::shared_ptr<DispatchCore> make(DispatchParts parts);

    core::Result<> start();
    void stop();
    void refresh_rules(const std::string& workflow_id);
    void give(GivenEvent event, EventDispatcher::Done done);
    DispatchCounts counts() const;
    ComponentHealth health() const;

private:
    struct Given {
        std::shared_ptr<const HappenedEvent> event;
        store::FeedPosition after;  ///< waits up to here are to be known before
        EventDispatcher::Done done;
        EventOutcome outcome;
        std::size_t open = 0;  ///< deliveries that are not answered
    };
    /// A delivery that is sent.
    struct Sent {
        Delivery delivery;
        std::shared_ptr<Given> given;  ///< null: an execution's event
        core::Result<core::ExecutionId> answer;
        bool is_again = false;  ///< it could not be sent before
    };
    struct Batch {
        std::vector<Sent> sent;
        std::atomic<std::size_t> open{0};
    };
    using BatchPtr = std::shared_ptr<Batch>;

    explicit DispatchCore(DispatchParts parts);

    // Steps, one at a time: each looks at something, sends what it does, and settles the answers.
    void poke();
    void step();
    void rest();
    core::Result<> look(Batch& batch);
    void fail(const core::Error& error);
    core::Result<> catch_up(Batch& batch);
    core::Result<> load_waits();
    core::Result<> skip_forgotten();
    core::Result<> take_rows(Batch& batch);
    core::Result<> read_late(Batch& batch);
    core::Result<> skip_forgotten(const EventRules& late);
    void take_given(Batch& batch);
    void take_unsent(Batch& batch);
    void fail_given(const core::Error& error);
    void add(std::vector<Delivery> found, const std::shared_ptr<Given>& given, Batch& batch);

    void send(const BatchPtr& batch);
    void send_one(const BatchPtr& batch, std::size_t index);
    void on_answer(const BatchPtr& batch, std::size_t index,
                   core::Result<core::ExecutionId> answer);
    void settle(Batch& batch);
    void settle_one(Sent& sent);
    void settle_failed(Sent& sent, const core::Error& error);
    void retry_later();
    void save_place(bool is_due);

    std::shared_ptr<const EventRules> rules() const;

    const DispatchParts parts_;
    std::shared_ptr<DispatchInbox> inbox_;

    mutable std::mutex mutex_;  // guards what follows
    std::shared_ptr<const EventRules> rules_ = std::make_shared<EventRules>();
    std::deque<std::shared_ptr<Given>> given_;
    DispatchCounts counts_;
    std::size_t unsent_count_ = 0;
    std::size_t late_count_ = 0;  ///< triggers
    std::size_t waits_count_ = 0;
    std::string last_failure_;
    bool is_running_ = false;
    bool is_poked_ = false;
    bool is_stopped_ = true;
    bool has_retry_ = false;     ///< a task will try again what was not sent
    bool is_retry_due_ = false;  ///< it has come

    std::mutex changing_;  ///< held while rules are made: the newest ones stay
    bool is_started_ = false;

    // Touched by the running step only.
    EventMatcher matcher_;
    EventMatcher late_matcher_;        ///< of those that are late; it knows no waits
    DispatchBacklogs backlogs_;        ///< tried again later
    store::FeedPosition place_;        ///< behind all that was looked at
    store::FeedPosition saved_;        ///< what the store has of it
    store::FeedPosition waits_known_;  ///< waits up to here have been read
    bool is_behind_ = true;            ///< the feed is read until there is nothing more
    bool needs_waits_ = true;
    bool has_more_ = false;    ///< to look at, at once
    bool is_failing_ = false;  ///< the store could not be read
    core::Duration retry_delay_{0};
    DispatchCounts found_counts_;  ///< of what the running step has found
};

}  // namespace millrace::server
