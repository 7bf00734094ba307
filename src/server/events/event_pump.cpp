// SPDX-License-Identifier: Apache-2.0
#include "events/event_pump.hpp"

#include <memory>
#include <string>
#include <utility>

#include "events/event_readers.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

std::size_t bytes_of(const runtime::CommittedRow& row) {
    return row.bytes.size() + row.workflow_id.size() + sizeof(row);
}

}  // namespace

EventPump::EventPump(Parts parts)
    : parts_{std::move(parts)}, decoders_{parts_.journals, parts_.views_max} {}

void EventPump::on_committed(std::span<const runtime::CommittedRow> rows) {
    const auto chosen = parts_.channels.choose(rows, parts_.names);
    if (chosen.empty()) return;
    bool is_new = false;
    {
        const std::scoped_lock lock{mutex_};
        for (const runtime::CommittedRow* const row : chosen) {
            inbox_.bytes += bytes_of(*row);
            inbox_.rows.push_back(*row);
        }
        // Whoever follows finds in the store what is dropped here.
        if (inbox_.bytes > parts_.inbox_bytes_max) inbox_ = Inbox::after_gap();
        is_new = !std::exchange(is_scheduled_, true);
    }
    schedule(is_new);
}

void EventPump::on_lagged(std::uint64_t) {
    bool is_new = false;
    {
        const std::scoped_lock lock{mutex_};
        inbox_ = Inbox::after_gap();
        is_new = !std::exchange(is_scheduled_, true);
    }
    schedule(is_new);
}

void EventPump::forget() {
    bool is_new = false;
    {
        const std::scoped_lock lock{mutex_};
        inbox_ = Inbox{};
        inbox_.is_void = true;
        is_new = !std::exchange(is_scheduled_, true);
    }
    schedule(is_new);
}

void EventPump::schedule(bool is_wanted) {
    if (is_wanted) parts_.work([this] { run(); });
}

void EventPump::run() {
    Inbox inbox;
    {
        const std::scoped_lock lock{mutex_};
        std::swap(inbox, inbox_);
    }
    if (inbox.has_gap || inbox.is_void) decoders_.clear();
    if (inbox.has_gap) lose();
    for (const runtime::CommittedRow& row : inbox.rows)
        tell(row);
    bool is_more = false;
    {
        const std::scoped_lock lock{mutex_};
        is_more = !inbox_.rows.empty() || inbox_.has_gap || inbox_.is_void;
        is_scheduled_ = is_more;
    }
    // As a task of its own: others get their turn in between.
    schedule(is_more);
}

void EventPump::lose() {
    for (const std::shared_ptr<Channel>& channel : parts_.channels.all())
        channel->lose();
    parts_.channels.subscriptions().lose();
}

/// Null when nobody asks, or when the execution has been removed.
WorkflowNames::Name EventPump::workflow_of(const runtime::CommittedRow& row) {
    if (!parts_.channels.has_workflows()) return nullptr;
    if (!row.workflow_id.empty()) return parts_.names.note(row.id, row.workflow_id);
    auto name = parts_.names.of(row.id, parts_.journals);
    return name ? std::move(*name) : nullptr;
}

void EventPump::tell(const runtime::CommittedRow& row) {
    const WorkflowNames::Name name = workflow_of(row);
    const Listeners listeners = parts_.channels.listeners(row.id, name.get());
    if (listeners.empty()) return;
    auto events = decoders_.events_of({row.id, row.first_seq, &row.bytes});
    if (!events) {
        if (parts_.log != nullptr && !events.error().is(store::StoreErrc::not_found)) {
            parts_.log->write(
                runtime::LogLevel::warning,
                "events cannot be told as they happen; they are read of the store",
                {{"execution_id", row.id.text()}, {"error", events.error().message()}});
        }
        for (const auto& channel : {listeners.execution, listeners.workflow, listeners.everything})
            if (channel != nullptr) channel->lose();
        if (listeners.has_subscriptions) parts_.channels.subscriptions().lose();
        return;
    }
    if (events->empty()) return;
    std::vector<SharedEvent> told;
    std::vector<PlacedEvent> of_execution;
    std::vector<PlacedEvent> of_feed;
    for (std::size_t i = 0; i < events->size(); ++i) {
        told.push_back(std::make_shared<const ToldEvent>(std::move((*events)[i])));
        of_execution.push_back({place_in_execution(told.back()->event()), told.back()});
        of_feed.push_back({place_in_feed(row.position, i, events->size()), told.back()});
    }
    if (listeners.execution != nullptr) listeners.execution->publish(of_execution);
    if (listeners.workflow != nullptr) listeners.workflow->publish(of_feed);
    if (listeners.everything != nullptr) listeners.everything->publish(of_feed);
    if (listeners.has_subscriptions) parts_.channels.subscriptions().publish(told);
}

}  // namespace millrace::server
