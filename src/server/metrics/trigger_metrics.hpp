// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dispatch/event_dispatcher.hpp"
#include "metrics/metric_registry.hpp"
#include "schedules/scheduler.hpp"

namespace millrace::server {

/// What became of events and of due times, beside the executions that they have started. Both
/// outlive all readings.
void add_trigger_metrics(MetricRegistry& registry, const EventDispatcher& events,
                         const Scheduler& schedules);

}  // namespace millrace::server
