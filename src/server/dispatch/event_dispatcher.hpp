// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "dispatch/dispatch_parts.hpp"
#include "dispatch/event_value.hpp"
#include "millrace/core/result.hpp"
#include "service/health.hpp"

namespace millrace::server {

class DispatchCore;

/// Lets events start what waits for them: triggers of the type trigger.event and runs that wait.
/// Follows all that is committed from a place that the store keeps, which moves only behind events
/// whose executions are durable; what a crash repeats has the same id as before and is one
/// execution. While nobody wants an event nothing is decoded. Thread-safe.
class EventDispatcher {
public:
    using Done = std::function<void(EventOutcome)>;

    explicit EventDispatcher(DispatchParts parts);
    ~EventDispatcher();
    EventDispatcher(const EventDispatcher&) = delete;
    EventDispatcher& operator=(const EventDispatcher&) = delete;

    /// Begins where the last one has stopped.
    core::Result<> start();
    /// Nothing is started from now on; what was under way is found again by the next start. Events
    /// that were given are answered as failed.
    void stop();
    /// Triggers have changed; for TriggerTable::subscribe, also when this has gone.
    std::function<void(const std::string& workflow_id)> on_change();

    /// `done` is called, on a work thread, once all that the event starts is durable. Reads the
    /// store: call it on a work thread.
    void give(GivenEvent event, Done done);

    DispatchCounts counts() const;
    ComponentHealth health() const;

private:
    std::shared_ptr<DispatchCore> core_;  // tasks and callbacks that come late keep it
};

}  // namespace millrace::server
