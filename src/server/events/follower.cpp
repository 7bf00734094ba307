// SPDX-License-Identifier: Apache-2.0
#include "events/follower.hpp"

#include <algorithm>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/core/value.hpp"

namespace millrace::server {
namespace {

/// Parts of the store in which nothing is wanted that one task reads before others get their turn.
constexpr int empty_parts_max = 16;

constexpr std::size_t read_bytes_min = 4u << 10;

}  // namespace

Follower::Follower(std::shared_ptr<HubCore> core, const Topic& topic, Place after,
                   EventFilter filter, EventForm form)
    : core_{std::move(core)},
      channel_{core_->channels().enter(topic)},
      form_{form.is_cloud ? std::make_unique<const EventForm>(std::move(form)) : nullptr} {
    waiter_.filter = std::move(filter);
    waiter_.place = after;
}

Follower::~Follower() {
    channel_->leave(waiter_);
    Channels& channels = core_->channels();
    channels.leave(channel_->topic());
    if (core_->is_stopped() || !channels.empty()) return;
    core_->work([core = core_.get()] { core->unwatch_if_idle(); });
}

MessageSource::Batch Follower::take(std::size_t bytes_max, std::function<void()> wake) {
    Found found;
    bool starts_reading = false;
    Batch batch;
    {
        const std::scoped_lock lock{channel_->mutex()};
        if (core_->is_stopped()) phase_ = Phase::ended;
        find(found, bytes_max, wake);
        found.place = waiter_.place;
        const bool is_idle = found.events.empty() && !found.has_lagged;
        if (phase_ == Phase::behind && is_idle) {
            phase_ = Phase::reading;
            read_bytes_ = std::clamp(bytes_max, read_bytes_min,
                                     std::max(read_bytes_min, core_->limits().stream_buffer_bytes));
            starts_reading = true;
        }
        batch.has_ended = phase_ == Phase::ended;
    }
    if (starts_reading) {
        core_->work([weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->read();
        });
    }
    batch.messages = told(found);
    return batch;
}

void Follower::find(Found& found, std::size_t bytes_max, std::function<void()>& wake) {
    while (true) {
        switch (phase_) {
            case Phase::ended: return;
            case Phase::behind:
            case Phase::reading: read_wake_ = std::move(wake); return;
            case Phase::read:
                if (find_read(found, bytes_max)) return;
                break;
            case Phase::live:
                if (find_live(found, bytes_max, wake)) return;
                break;
        }
    }
}

bool Follower::find_read(Found& found, std::size_t bytes_max) {
    while (part_told_ < part_.events.size()) {
        if (found.bytes >= bytes_max) return true;
        PlacedEvent& next = part_.events[part_told_++];
        waiter_.place = next.place;
        found.bytes += next.event->bytes();
        found.events.push_back(std::move(next));
    }
    const EventReader::Part part = std::exchange(part_, {});
    part_told_ = 0;
    if (failed_ || part.has_ended) {
        found.failure = std::exchange(failed_, std::nullopt);
        phase_ = Phase::ended;
        return true;
    }
    waiter_.place = part.place;
    const bool is_even = part.at_end && channel_->ring().covers(generation_, waiter_.place);
    phase_ = is_even ? Phase::live : Phase::behind;
    if (is_even) reader_.reset();
    return !found.events.empty();
}

bool Follower::find_live(Found& found, std::size_t bytes_max, std::function<void()>& wake) {
    if (!channel_->ring().covers(generation_, waiter_.place)) {
        found.has_lagged = true;
        phase_ = Phase::behind;
        return true;
    }
    for (const PlacedEvent& next : channel_->ring().behind(waiter_.place)) {
        if (found.bytes >= bytes_max) return true;
        waiter_.place = next.place;
        if (waiter_.filter.takes(next.event->event())) {
            found.bytes += next.event->bytes();
            found.events.push_back(next);
        }
        if (channel_->ends() && is_last(next.event->event())) {
            phase_ = Phase::ended;
            return true;
        }
    }
    if (found.events.empty()) channel_->wait(waiter_, std::move(wake));
    return true;
}

std::vector<MessageSource::Message> Follower::told(const Found& found) const {
    std::vector<Message> messages;
    messages.reserve(found.events.size() + 1);
    for (const PlacedEvent& placed : found.events) {
        std::string at = cursor(placed.place);
        std::string text =
            form_ == nullptr ? placed.event->text(at) : placed.event->cloud_text(at, form_->origin);
        messages.push_back({std::move(text), std::move(at), {}});
    }
    if (found.has_lagged) messages.push_back(notice("lagged", found.place, nullptr));
    if (found.failure) messages.push_back(notice("error", found.place, &*found.failure));
    return messages;
}

/// What a stream says of itself.
MessageSource::Message Follower::notice(std::string_view type, const Place& place,
                                        const core::Error* error) const {
    std::string at = cursor(place);
    core::ObjectBuilder said;
    said.set("type", type).set("cursor", at);
    if (error != nullptr) said.set("code", error->code()).set("detail", error->message());
    core::Value value = std::move(said).build();
    if (form_ != nullptr) {
        value = core::Value::object({{"specversion", "1.0"},
                                     {"id", std::string{type} + ":" + at},
                                     {"source", form_->origin + "/api/v1/events"},
                                     {"type", "millrace.stream." + std::string{type}},
                                     {"datacontenttype", "application/json"},
                                     {"data", value}});
    }
    return {core::to_json(value), std::move(at), {}};
}

std::string Follower::cursor(const Place& place) const {
    if (const auto* const id = std::get_if<core::ExecutionId>(&channel_->topic()))
        return execution_cursor(*id, place);
    return feed_cursor(place);
}

/// On a work thread, while nobody else touches the reader.
void Follower::read() {
    core_->watch();
    Place from;
    std::uint64_t generation = 0;
    {
        const std::scoped_lock lock{channel_->mutex()};
        from = waiter_.place;
        generation = channel_->ring().generation();
    }
    if (reader_ == nullptr) reader_ = core_->reader_of(channel_->topic());
    auto part = reader_->read(from, waiter_.filter, read_bytes_);
    for (int i = 0; i < empty_parts_max; ++i) {
        if (!part || !part->events.empty() || part->at_end || part->has_ended) break;
        part = reader_->read(part->place, waiter_.filter, read_bytes_);
    }
    std::function<void()> wake;
    {
        const std::scoped_lock lock{channel_->mutex()};
        generation_ = generation;
        phase_ = Phase::read;
        part_told_ = 0;
        if (part) {
            part_ = std::move(*part);
        } else {
            failed_ = std::move(part.error());
        }
        wake = std::exchange(read_wake_, nullptr);
    }
    if (wake) wake();
}

}  // namespace millrace::server
