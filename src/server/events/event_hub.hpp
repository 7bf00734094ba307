// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/message.hpp"
#include "events/channel.hpp"
#include "events/event_filter.hpp"
#include "events/event_options.hpp"
#include "events/hub_error.hpp"
#include "events/journals.hpp"
#include "events/place.hpp"
#include "events/subscriptions.hpp"
#include "events/told_event.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/runtime.hpp"

namespace millrace::server {

/// Events in order, as a list gives them.
struct EventPage {
    struct Item {
        SharedEvent event;
        std::string cursor;
    };
    std::vector<Item> items;
    std::string next_cursor;  ///< empty: these are the last ones so far
};

class HubCore;

/// Tells everybody who wants to know what happens to executions: live from what is committed, and
/// from the store what was before or came too fast. Each event is decoded once for all who follow,
/// and nothing is while nobody does. Nobody who is slow holds up anybody else. Thread-safe.
class EventHub {
public:
    using Work = std::function<void(std::function<void()>)>;

    /// `work` does a task on another thread, where reading the store may block. The runtime
    /// outlives the tasks that are given to it; `log` may be null.
    EventHub(runtime::Runtime& runtime, Work work, EventLimits limits = {},
             runtime::Log* log = nullptr);
    EventHub(std::unique_ptr<Journals> journals, Work work, EventLimits limits = {},
             runtime::Log* log = nullptr);
    ~EventHub();
    EventHub(const EventHub&) = delete;
    EventHub& operator=(const EventHub&) = delete;

    /// Ends all streams; those who follow are woken. The runtime is watched only while somebody
    /// follows, so there is nothing to start.
    void stop();

    // These read the store: call them on a work thread.

    /// Events behind `after`; ends behind the event that ends the execution. The store's
    /// `not_found` when there is no such execution. Null when it has ended and nothing follows
    /// `after`.
    core::Result<std::shared_ptr<MessageSource>> follow_execution(core::ExecutionId id, Place after,
                                                                  EventFilter filter,
                                                                  EventForm form);
    /// Events of all executions of a workflow, or of all there are, behind `after`, or from now on.
    core::Result<std::shared_ptr<MessageSource>> follow_workflow(std::optional<std::string> id,
                                                                 std::optional<Place> after,
                                                                 EventFilter filter,
                                                                 EventForm form);

    core::Result<EventPage> list_execution(core::ExecutionId id, Place after,
                                           const EventFilter& filter, std::size_t limit);
    /// Without `after` from the oldest event that is kept.
    core::Result<EventPage> list_workflow(const std::optional<std::string>& id,
                                          std::optional<Place> after, const EventFilter& filter,
                                          std::size_t limit);

    /// Events from now on. `wake` is called from any thread when there are some again after all
    /// were taken; it must not block.
    std::shared_ptr<EventSubscription> subscribe(EventFilter filter, std::size_t events_max,
                                                 std::function<void()> wake);

    /// How many follow: streams and subscriptions.
    std::size_t followers() const;

private:
    core::Result<EventPage> list(const Topic& topic, Place after, const EventFilter& filter,
                                 std::size_t limit);

    std::shared_ptr<HubCore> core_;  // those who follow and tasks under way keep it
};

}  // namespace millrace::server
