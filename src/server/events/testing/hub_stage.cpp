// SPDX-License-Identifier: Apache-2.0
#include "events/testing/hub_stage.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "millrace/core/event.hpp"
#include "millrace/core/json.hpp"

namespace millrace::server::testing {

HubStage::HubStage(EventLimits limits) : limits_{limits} {
    restart_hub();
}

HubStage::~HubStage() {
    hub_.reset();
    work_all();
}

void HubStage::restart_hub() {
    hub_.reset();
    hub_ = std::make_unique<EventHub>(
        store.journals(), [this](std::function<void()> task) { tasks_.push_back(std::move(task)); },
        limits_);
}

bool HubStage::work(std::size_t which) {
    if (tasks_.empty()) return false;
    const auto at = tasks_.begin() + static_cast<std::ptrdiff_t>(which % tasks_.size());
    const std::function<void()> task = std::move(*at);
    tasks_.erase(at);
    task();
    return true;
}

void HubStage::work_all() {
    while (work()) {
    }
}

void HubStage::finish() {
    while (store.commit()) {
    }
    while (store.tell() || work()) {
    }
}

void HubStage::happen(std::vector<FakeStore::Row> rows) {
    store.plan_frame(std::move(rows));
    finish();
}

Client::Client(HubStage& stage, Topic topic, EventFilter filter)
    : stage_{stage}, topic_{std::move(topic)}, filter_{std::move(filter)} {}

void Client::connect(std::optional<Place> after) {
    source_.reset();
    error_.clear();
    core::Result<std::shared_ptr<MessageSource>> source;
    EventHub& hub = stage_.hub();
    if (const auto* const id = std::get_if<core::ExecutionId>(&topic_)) {
        source = hub.follow_execution(*id, after.value_or(Place{}), filter_, {});
    } else if (const auto* const name = std::get_if<std::string>(&topic_)) {
        source = hub.follow_workflow(*name, after, filter_, {});
    } else {
        source = hub.follow_workflow(std::nullopt, after, filter_, {});
    }
    if (!source) {
        error_ = source.error().code();
        return;
    }
    has_ended_ = *source == nullptr;
    source_ = std::move(*source);
    is_woken_ = true;
}

void Client::connect_again() {
    if (cursor_.empty()) return;
    if (std::holds_alternative<core::ExecutionId>(topic_)) {
        connect(Place{core::EventCursor::parse(cursor_)->seq, 0, 0});
    } else {
        connect(parse_feed_cursor(cursor_));
    }
}

void Client::disconnect() {
    source_.reset();
    is_woken_ = false;
}

bool Client::take(std::size_t bytes_max) {
    if (source_ == nullptr || !is_woken_ || has_ended_) return false;
    const MessageSource::Batch batch = source_->take(bytes_max, [this] { is_woken_ = true; });
    for (const MessageSource::Message& message : batch.messages) {
        const core::Value value = *core::parse_json(message.text);
        EXPECT_EQ(value.find("cursor")->as_string(), message.cursor);
        if (value.find("type")->as_string() == "lagged") {
            ++lags_;
            continue;
        }
        if (value.find("type")->as_string() == "error") {
            error_ = value.find("code")->as_string();
            continue;
        }
        cursor_ = message.cursor;
        texts_.push_back(message.text);
    }
    has_ended_ = batch.has_ended;
    // Only an empty answer promises to wake.
    if (batch.messages.empty()) is_woken_ = false;
    return !batch.messages.empty();
}

void Client::take_all() {
    while (take()) {
    }
}

std::vector<std::string> Client::expected(const std::vector<PlacedEvent>& events,
                                          const Place& after) const {
    const auto* const id = std::get_if<core::ExecutionId>(&topic_);
    const auto* const name = std::get_if<std::string>(&topic_);
    std::vector<std::string> texts;
    for (const PlacedEvent& placed : events) {
        const core::Event& event = placed.event->event();
        const bool is_mine = name == nullptr || event.workflow_id == *name;
        if (!is_mine || placed.place <= after || !filter_.takes(event)) continue;
        texts.push_back(placed.event->text(id == nullptr ? feed_cursor(placed.place)
                                                         : execution_cursor(*id, placed.place)));
    }
    return texts;
}

}  // namespace millrace::server::testing
