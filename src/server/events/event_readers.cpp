// SPDX-License-Identifier: Apache-2.0
#include "events/event_readers.hpp"

#include <utility>

#include "events/decoders.hpp"
#include "events/hub_error.hpp"
#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/record.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

/// A part that is being filled.
struct Filling {
    EventReader::Part part;
    std::size_t bytes = 0;

    void add(core::Event event, const Place& place, const EventFilter& filter) {
        part.place = place;
        // The text of what nobody wants is not even made.
        if (!filter.takes(event)) return;
        auto told = std::make_shared<const ToldEvent>(std::move(event));
        bytes += told->bytes();
        part.events.push_back({place, std::move(told)});
    }
};

class ExecutionReader final : public EventReader {
public:
    ExecutionReader(Journals& journals, core::ExecutionId id) : journals_{journals}, id_{id} {}

    core::Result<Part> read(Place after, const EventFilter& filter,
                            std::size_t bytes_max) override {
        if (view_ == nullptr || after.major < last_event_) {
            if (const auto begun = begin(); !begun) return std::unexpected(begun.error());
        }
        const auto rows = journals_.rows(id_, next_seq_ - 1);
        if (!rows) return std::unexpected(rows.error());
        Filling filling;
        filling.part.place = after;
        for (const std::string& row : *rows) {
            if (filling.bytes >= bytes_max) return std::move(filling.part);
            const auto records = engine::read_row(row);
            if (!records) return std::unexpected(records.error());
            for (const engine::Record& record : *records) {
                next_seq_ = record.seq + 1;
                std::optional<core::Event> event = view_->feed(record);
                if (!event) continue;
                last_event_ = event->seq;
                filling.part.has_ended = is_last(*event);
                if (last_event_ <= after.major) continue;
                const Place place = place_in_execution(*event);
                filling.add(*std::move(event), place, filter);
            }
        }
        filling.part.at_end = true;
        if (last_event_ < after.major) {
            return core::fail(HubErrc::cursor_expired,
                              "the cursor is behind the event " + std::to_string(after.major) +
                                  " of the execution " + id_.text() + ", which has had " +
                                  std::to_string(last_event_) + "; start without a cursor");
        }
        return std::move(filling.part);
    }

private:
    core::Result<> begin() {
        const auto row = journals_.execution(id_);
        if (!row) return std::unexpected(row.error());
        auto plan = journals_.plan(row->workflow_id, row->workflow_version);
        if (!plan) return std::unexpected(std::move(plan.error()));
        view_ = std::make_unique<engine::ExecutionView>(id_, std::move(*plan));
        next_seq_ = 1;
        last_event_ = 0;
        return {};
    }

    Journals& journals_;
    core::ExecutionId id_;
    std::unique_ptr<engine::ExecutionView> view_;
    std::uint64_t next_seq_ = 1;    ///< of the first record that the view does not know
    std::uint64_t last_event_ = 0;  ///< that the view has told
};

std::unexpected<core::Error> expired(const Place& place) {
    return core::fail(HubErrc::cursor_expired,
                      "what followed the cursor " + feed_cursor(place) +
                          " is kept no longer; list the executions anew and start without one");
}

class FeedReader final : public EventReader {
public:
    FeedReader(Journals& journals, WorkflowNames& names, std::optional<std::string> workflow_id)
        : journals_{journals},
          names_{names},
          workflow_id_{std::move(workflow_id)},
          decoders_{journals, views_max} {}

    core::Result<Part> read(Place after, const EventFilter& filter,
                            std::size_t bytes_max) override {
        const auto rows = journals_.feed(after.position(), rows_max);
        if (!rows && rows.error().is(store::StoreErrc::not_found)) return expired(after);
        if (!rows) return std::unexpected(rows.error());
        // A place within a row is only told once that row is there.
        const store::FeedPosition within{after.major, after.row + 1};
        if (after.event > 0 && (rows->empty() || rows->front().position != within))
            return expired(after);
        Filling filling;
        filling.part.place = after;
        for (const store::FeedRow& row : *rows) {
            if (filling.bytes >= bytes_max) return std::move(filling.part);
            auto events = events_of(row);
            if (!events) return std::unexpected(std::move(events.error()));
            for (std::size_t i = 0; i < events->size(); ++i) {
                const Place place = place_in_feed(row.position, i, events->size());
                if (place > after) filling.add(std::move((*events)[i]), place, filter);
            }
            filling.part.place = Place::behind(row.position);
        }
        filling.part.at_end = rows->size() < rows_max;
        return std::move(filling.part);
    }

private:
    static constexpr std::size_t views_max = 256;
    static constexpr std::size_t rows_max = 256;

    /// None of other workflows' executions, and none of those that have been removed meanwhile.
    core::Result<std::vector<core::Event>> events_of(const store::FeedRow& row) {
        if (workflow_id_) {
            const auto name = names_.of(row.id, journals_);
            if (!name && name.error().is(store::StoreErrc::not_found)) return nothing();
            if (!name) return std::unexpected(name.error());
            if (**name != *workflow_id_) return nothing();
        }
        auto events = decoders_.events_of({row.id, row.first_seq, nullptr});
        if (!events && events.error().is(store::StoreErrc::not_found)) return nothing();
        return events;
    }
    static std::vector<core::Event> nothing() { return {}; }

    Journals& journals_;
    WorkflowNames& names_;
    std::optional<std::string> workflow_id_;
    Decoders decoders_;
};

}  // namespace

std::string_view code_text(HubErrc code) {
    switch (code) {
        case HubErrc::cursor_expired: return "cursor_expired";
        case HubErrc::stopped: return "stopped";
    }
    return "stopped";
}

std::unique_ptr<EventReader> make_execution_reader(Journals& journals, core::ExecutionId id) {
    return std::make_unique<ExecutionReader>(journals, id);
}

std::unique_ptr<EventReader> make_feed_reader(Journals& journals, WorkflowNames& names,
                                              std::optional<std::string> workflow_id) {
    return std::make_unique<FeedReader>(journals, names, std::move(workflow_id));
}

core::Result<Place> oldest_place(Journals& journals) {
    const auto end = journals.feed_end();
    if (!end) return std::unexpected(end.error());
    // What is before a frame is either forgotten or not, and frames are forgotten oldest first.
    std::uint64_t forgotten = 0;
    std::uint64_t kept = end->frame;
    const auto is_kept = [&](std::uint64_t frame) -> core::Result<bool> {
        const auto rows = journals.feed({frame, 0}, 1);
        if (rows) return true;
        if (rows.error().is(store::StoreErrc::not_found)) return false;
        return std::unexpected(rows.error());
    };
    const auto first = is_kept(0);
    if (!first) return std::unexpected(first.error());
    if (*first) return Place{};
    while (kept - forgotten > 1) {
        const std::uint64_t middle = forgotten + (kept - forgotten) / 2;
        const auto is_there = is_kept(middle);
        if (!is_there) return std::unexpected(is_there.error());
        (*is_there ? kept : forgotten) = middle;
    }
    const auto last = is_kept(kept);
    if (!last) return std::unexpected(last.error());
    return *last ? Place{kept, 0, 0} : Place::behind(*end);
}

Place place_in_feed(store::FeedPosition row, std::size_t index, std::size_t count) {
    if (index + 1 == count) return Place::behind(row);
    return {row.frame, row.row - 1, static_cast<std::uint32_t>(index + 1)};
}

Place place_in_execution(const core::Event& event) {
    return {event.seq, 0, 0};
}

}  // namespace millrace::server
