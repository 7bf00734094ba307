// SPDX-License-Identifier: Apache-2.0
#include "events/subscriptions.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace millrace::server {

class Subscriptions::Queue final : public EventSubscription {
public:
    Queue(EventFilter filter, std::size_t events_max, std::function<void()> wake)
        : filter_{std::move(filter)},
          events_max_{std::max<std::size_t>(events_max, 1)},
          wake_{std::move(wake)} {}

    Taken take(std::size_t events_max) override {
        const std::scoped_lock lock{mutex_};
        Taken taken;
        taken.dropped = std::exchange(dropped_, 0);
        taken.has_gap = std::exchange(has_gap_, false);
        const auto count = static_cast<std::ptrdiff_t>(std::min(events_max, events_.size()));
        taken.events.assign(std::make_move_iterator(events_.begin()),
                            std::make_move_iterator(events_.begin() + count));
        events_.erase(events_.begin(), events_.begin() + count);
        return taken;
    }

    void put(std::span<const SharedEvent> events) {
        bool is_first = false;
        {
            const std::scoped_lock lock{mutex_};
            for (const SharedEvent& event : events) {
                if (!filter_.takes(event->event())) continue;
                is_first = is_first || events_.empty();
                if (events_.size() == events_max_) {
                    events_.pop_front();
                    ++dropped_;
                }
                events_.push_back(event);
            }
        }
        if (is_first && wake_) wake_();
    }

    void lose() {
        bool is_first = false;
        {
            const std::scoped_lock lock{mutex_};
            is_first = events_.empty() && !has_gap_;
            has_gap_ = true;
        }
        if (is_first && wake_) wake_();
    }

private:
    const EventFilter filter_;
    const std::size_t events_max_;
    const std::function<void()> wake_;
    std::mutex mutex_;
    std::deque<SharedEvent> events_;
    std::uint64_t dropped_ = 0;
    bool has_gap_ = false;
};

std::shared_ptr<EventSubscription> Subscriptions::add(EventFilter filter, std::size_t events_max,
                                                      std::function<void()> wake) {
    auto queue = std::make_shared<Queue>(std::move(filter), events_max, std::move(wake));
    const std::scoped_lock lock{mutex_};
    std::erase_if(queues_, [](const auto& known) { return known.expired(); });
    queues_.push_back(queue);
    return queue;
}

std::vector<std::shared_ptr<Subscriptions::Queue>> Subscriptions::queues() {
    std::vector<std::shared_ptr<Queue>> found;
    const std::scoped_lock lock{mutex_};
    for (const std::weak_ptr<Queue>& known : queues_)
        if (auto queue = known.lock()) found.push_back(std::move(queue));
    return found;
}

void Subscriptions::publish(std::span<const SharedEvent> events) {
    for (const auto& queue : queues())
        queue->put(events);
}

void Subscriptions::lose() {
    for (const auto& queue : queues())
        queue->lose();
}

std::size_t Subscriptions::count() const {
    const std::scoped_lock lock{mutex_};
    return static_cast<std::size_t>(
        std::ranges::count_if(queues_, [](const auto& known) { return !known.expired(); }));
}

}  // namespace millrace::server
