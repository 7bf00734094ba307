// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/event_value.hpp"
#include "millrace/core/event.hpp"
#include "millrace/core/value.hpp"
#include "millrace/nodes/event_selector.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/store/feed.hpp"
#include "triggers/trigger_table.hpp"

namespace millrace::server {

/// Types of executions' events, a bit for each.
using EventTypes = std::uint32_t;
constexpr EventTypes bit_of(core::EventType type) {
    return EventTypes{1} << static_cast<unsigned>(type);
}
inline constexpr EventTypes all_event_types = ~EventTypes{0};
/// Those that end an execution.
inline constexpr EventTypes last_event_types = bit_of(core::EventType::execution_completed) |
                                               bit_of(core::EventType::execution_failed) |
                                               bit_of(core::EventType::execution_canceled);
EventTypes types_of(const nodes::EventSelector& selector);

/// An active trigger.event. Immutable.
struct EventRule {
    TriggerPtr trigger;
    nodes::EventSelector selector;
    EventTypes types = 0;  ///< of executions' events
    std::uint32_t max_depth = 16;
    core::Value labels;         ///< of what it starts: object or null
    store::FeedPosition since;  ///< events before it were not for this trigger

    /// Whether an event of the workflow's own executions may start it.
    bool takes_own(std::string_view source) const { return selector.names_source(source); }
};
using EventRulePtr = std::shared_ptr<const EventRule>;

/// All active triggers of events. Immutable.
struct EventRules {
    std::vector<EventRulePtr> rules;
    EventTypes types = 0;  ///< that any of them wants

    void add(EventRulePtr rule);
    bool wants_source(std::string_view source) const;
};

/// The rule of a trigger; null, and a line in the log, when its data cannot be read: a document
/// that was saved by another version.
EventRulePtr make_rule(const TriggerPtr& trigger, store::FeedPosition since, runtime::Log& log);

}  // namespace millrace::server
