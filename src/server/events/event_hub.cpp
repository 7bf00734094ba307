// SPDX-License-Identifier: Apache-2.0
#include "events/event_hub.hpp"

#include <algorithm>
#include <utility>

#include "events/event_readers.hpp"
#include "events/follower.hpp"
#include "events/hub_core.hpp"
#include "millrace/core/status.hpp"

namespace millrace::server {
namespace {

// What one page of a list may take to make.
constexpr std::size_t page_bytes_max = 4u << 20;
constexpr std::size_t page_parts_max = 64;

/// What is read at once for so many events.
std::size_t part_bytes(std::size_t limit) {
    return std::min(page_bytes_max, limit * (16u << 10));
}

std::unexpected<core::Error> not_of_this_store(const Place& place) {
    return core::fail(HubErrc::cursor_expired,
                      "the cursor " + feed_cursor(place) +
                          " is ahead of everything that this store has; start without one");
}

core::Result<> check_place(Journals& journals, const Place& place) {
    const auto end = journals.feed_end();
    if (!end) return std::unexpected(end.error());
    if (place > Place::behind(*end)) return not_of_this_store(place);
    return {};
}

Topic topic_of(const std::optional<std::string>& workflow_id) {
    return workflow_id ? Topic{*workflow_id} : Topic{Everything{}};
}

}  // namespace

EventHub::EventHub(runtime::Runtime& runtime, Work work, EventLimits limits, runtime::Log* log)
    : EventHub{journals_of(runtime), std::move(work), limits, log} {}

EventHub::EventHub(std::unique_ptr<Journals> journals, Work work, EventLimits limits,
                   runtime::Log* log)
    : core_{HubCore::make(std::move(journals), std::move(work), limits, log)} {}

EventHub::~EventHub() {
    stop();
}

void EventHub::stop() {
    core_->stop();
}

core::Result<std::shared_ptr<MessageSource>> EventHub::follow_execution(core::ExecutionId id,
                                                                        Place after,
                                                                        EventFilter filter,
                                                                        EventForm form) {
    const auto row = core_->journals().execution(id);
    if (!row) return std::unexpected(row.error());
    if (after != Place{}) {
        // Also tells a cursor that cannot be of this execution.
        const auto next = list_execution(id, after, {}, 1);
        if (!next) return std::unexpected(next.error());
        if (next->items.empty() && core::is_terminal(row->status))
            return std::shared_ptr<MessageSource>{};
    }
    return std::make_shared<Follower>(core_, id, after, std::move(filter), std::move(form));
}

core::Result<std::shared_ptr<MessageSource>> EventHub::follow_workflow(
    std::optional<std::string> id, std::optional<Place> after, EventFilter filter, EventForm form) {
    Journals& journals = core_->journals();
    if (after) {
        if (const auto checked = check_place(journals, *after); !checked)
            return std::unexpected(checked.error());
        // Whether it is still kept. What is found is read again when somebody takes it.
        const auto next = make_feed_reader(journals, core_->names(), id)->read(*after, {}, 1);
        if (!next) return std::unexpected(next.error());
    } else {
        const auto end = journals.feed_end();
        if (!end) return std::unexpected(end.error());
        after = Place::behind(*end);
    }
    return std::make_shared<Follower>(core_, topic_of(id), *after, std::move(filter),
                                      std::move(form));
}

core::Result<EventPage> EventHub::list(const Topic& topic, Place after, const EventFilter& filter,
                                       std::size_t limit) {
    const auto* const execution = std::get_if<core::ExecutionId>(&topic);
    const auto cursor = [&](const Place& place) {
        return execution != nullptr ? execution_cursor(*execution, place) : feed_cursor(place);
    };
    const std::unique_ptr<EventReader> reader = core_->reader_of(topic);
    EventPage page;
    std::size_t bytes = 0;
    Place place = after;
    for (std::size_t i = 0; i < page_parts_max && bytes < page_bytes_max; ++i) {
        const auto part = reader->read(place, filter, part_bytes(limit));
        if (!part) return std::unexpected(part.error());
        for (const PlacedEvent& next : part->events) {
            if (page.items.size() == limit) {
                page.next_cursor = page.items.back().cursor;
                return page;
            }
            bytes += next.event->bytes();
            page.items.push_back({next.event, cursor(next.place)});
        }
        if (part->at_end) return page;
        place = part->place;
    }
    page.next_cursor = cursor(place);
    return page;
}

core::Result<EventPage> EventHub::list_execution(core::ExecutionId id, Place after,
                                                 const EventFilter& filter, std::size_t limit) {
    return list(id, after, filter, limit);
}

core::Result<EventPage> EventHub::list_workflow(const std::optional<std::string>& id,
                                                std::optional<Place> after,
                                                const EventFilter& filter, std::size_t limit) {
    if (after) {
        if (const auto checked = check_place(core_->journals(), *after); !checked)
            return std::unexpected(checked.error());
    } else {
        const auto oldest = oldest_place(core_->journals());
        if (!oldest) return std::unexpected(oldest.error());
        after = *oldest;
    }
    return list(topic_of(id), *after, filter, limit);
}

std::shared_ptr<EventSubscription> EventHub::subscribe(EventFilter filter, std::size_t events_max,
                                                       std::function<void()> wake) {
    auto subscription =
        core_->channels().subscriptions().add(std::move(filter), events_max, std::move(wake));
    core_->watch();
    return subscription;
}

std::size_t EventHub::followers() const {
    return core_->channels().followers();
}

}  // namespace millrace::server
