// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dispatch/event_dispatcher.hpp"
#include "events/event_hub.hpp"
#include "millrace/server/metric_registry.hpp"
#include "observation/observation.hpp"
#include "schedules/scheduler.hpp"

namespace millrace::server {

/// Parts of a server that count for themselves; they outlive all readings.
struct CountedParts {
    const EventDispatcher& dispatcher;
    const Scheduler& scheduler;
    const EventHub& events;
    const Observation& observation;
};

/// What became of events and of due times, beside the executions that they have started; who
/// follows, and what is not counted yet.
void add_part_metrics(MetricRegistry& registry, const CountedParts& parts);

}  // namespace millrace::server
