// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>

#include "events/channels.hpp"
#include "events/event_options.hpp"
#include "events/event_pump.hpp"
#include "events/event_readers.hpp"
#include "events/journals.hpp"
#include "events/workflow_names.hpp"
#include "millrace/runtime/log.hpp"

namespace millrace::server {

/// What the parts of a hub share; kept by the hub, those who follow, and tasks under way.
/// Thread-safe.
class HubCore : public std::enable_shared_from_this<HubCore> {
public:
    using Work = std::function<void(std::function<void()>)>;

    static std::shared_ptr<HubCore> make(std::unique_ptr<Journals> journals, Work work,
                                         EventLimits limits, runtime::Log* log);

    Journals& journals() { return *journals_; }
    Channels& channels() { return channels_; }
    WorkflowNames& names() { return names_; }
    const EventLimits& limits() const { return limits_; }
    bool is_stopped() const { return is_stopped_; }

    /// Does the task on a work thread; until then all of this stays.
    void work(std::function<void()> task);
    std::unique_ptr<EventReader> reader_of(const Topic& topic);

    /// Somebody follows: from now on, what is committed is told here.
    void watch();
    /// Somebody has left: when it was the last one, nothing more is told here.
    void unwatch_if_idle();
    void stop();

private:
    HubCore(std::unique_ptr<Journals> journals, Work work, EventLimits limits);

    const std::unique_ptr<Journals> journals_;
    const Work work_;
    const EventLimits limits_;
    Channels channels_;
    WorkflowNames names_;
    std::atomic<bool> is_stopped_ = false;
    std::mutex watching_;  ///< guards `is_watching_`, and observing itself
    bool is_watching_ = false;
    std::shared_ptr<EventPump> pump_;
};

}  // namespace millrace::server
