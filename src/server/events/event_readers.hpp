// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/event_filter.hpp"
#include "events/event_ring.hpp"
#include "events/journals.hpp"
#include "events/place.hpp"
#include "events/workflow_names.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"

namespace millrace::server {

/// Reads what happened from the store, a part at a time. Used by one thread at a time.
class EventReader {
public:
    virtual ~EventReader() = default;
    struct Part {
        std::vector<PlacedEvent> events;
        Place place;             ///< up to which everything has been looked at
        bool at_end = false;     ///< nothing else is there yet
        bool has_ended = false;  ///< nothing else will ever be there
    };
    /// What follows `after`, until that is about `bytes_max`, or some rows have been read. Best
    /// when `after` is the place of the part before. `cursor_expired` when what follows is kept no
    /// longer; the store's `not_found` when the execution was removed.
    virtual core::Result<Part> read(Place after, const EventFilter& filter,
                                    std::size_t bytes_max) = 0;
};

std::unique_ptr<EventReader> make_execution_reader(Journals& journals, core::ExecutionId id);
/// Of one workflow or of all.
std::unique_ptr<EventReader> make_feed_reader(Journals& journals, WorkflowNames& names,
                                              std::optional<std::string> workflow_id);

/// Before the oldest row that the feed has for sure.
core::Result<Place> oldest_place(Journals& journals);

/// The place behind the event `index` (from 0) of the `count` that one row of the feed has.
Place place_in_feed(store::FeedPosition row, std::size_t index, std::size_t count);
/// For those who follow the execution alone.
Place place_in_execution(const core::Event& event);

}  // namespace millrace::server
