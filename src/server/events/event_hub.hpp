// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/message.hpp"
#include "events/event_filter.hpp"
#include "events/journals.hpp"
#include "events/place.hpp"
#include "events/told_event.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/runtime.hpp"

namespace millrace::server {

enum class HubErrc {
    cursor_expired,  ///< what followed it is kept no longer, or it is of another store
    stopped,
};
std::string_view code_text(HubErrc code);

struct EventLimits {
    /// What those who follow one execution may lag behind before they are told so and read the
    /// store instead. For all of them together: they share what is kept. Workflows get eight times
    /// as much.
    std::size_t stream_buffer_bytes = 256u << 10;
    std::size_t inbox_bytes_max = 32u << 20;  ///< committed, but not decoded yet
    std::size_t views_max = 2'048;            ///< executions whose events are decoded as they come
};

/// How the events of a stream look to who follows it.
struct EventForm {
    bool is_cloud = false;  ///< in the envelope of CloudEvents
    std::string origin;     ///< begins the source of those: the server's public URL, or nothing
};

/// Events in order, as a list gives them.
struct EventPage {
    struct Item {
        SharedEvent event;
        std::string cursor;
    };
    std::vector<Item> items;
    std::string next_cursor;  ///< empty: these are the last ones so far
};

/// Events for somebody within the program, in the order of their commits. Holds a bounded number;
/// the oldest are dropped for new ones. Thread-safe. Ends with its last owner.
class EventSubscription {
public:
    virtual ~EventSubscription() = default;
    struct Taken {
        std::vector<SharedEvent> events;
        std::uint64_t dropped = 0;  ///< before these, since the last call
        bool has_gap = false;       ///< some more were left out, nobody knows how many
    };
    virtual Taken take(std::size_t events_max) = 0;
};

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

    void start();
    /// Ends all streams; those who follow are woken.
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
    class Impl;
    std::shared_ptr<Impl> impl_;  // tasks under way keep it
};

}  // namespace millrace::server
