// SPDX-License-Identifier: Apache-2.0
#include "events/event_hub.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "events/testing/hub_stage.hpp"

namespace millrace::server {
namespace {

using testing::Client;
using testing::execution;
using testing::FakeStore;
using testing::HubStage;

constexpr std::uint8_t executions = 6;

std::string workflow_of(std::uint8_t number) {
    return number % 2 == 0 ? "orders" : "returns";
}

/// Executions of two workflows that go on at random, some to their end.
void plan_history(FakeStore& store, std::uint32_t seed, int frames) {
    std::mt19937 dice{seed};
    std::vector<std::uint8_t> live;
    for (std::uint8_t i = 1; i <= executions; ++i)
        live.push_back(i);
    for (int frame = 0; frame < frames && !live.empty(); ++frame) {
        std::shuffle(live.begin(), live.end(), dice);
        std::vector<FakeStore::Row> rows;
        const std::size_t count = 1 + dice() % std::min<std::size_t>(live.size(), 3);
        for (std::size_t i = 0; i < count; ++i) {
            const core::ExecutionId id = execution(live[i]);
            rows.push_back(store.row(id, workflow_of(live[i]), 1 + dice() % 4, dice() % 300));
        }
        store.plan_frame(std::move(rows));
        // One that has moved in this frame may end in the next.
        if (dice() % 6 != 0) continue;
        store.plan_frame({store.last_row(execution(live.front()))});
        live.erase(live.begin());
    }
}

struct Step {
    std::uint8_t what = 0;
    std::uint8_t which = 0;
};

std::vector<PlacedEvent> of_execution(const std::vector<PlacedEvent>& all, core::ExecutionId id) {
    std::vector<PlacedEvent> mine;
    for (const PlacedEvent& placed : all)
        if (placed.event->event().execution_id == id)
            mine.push_back({{placed.event->event().seq, 0, 0}, placed.event});
    return mine;
}

/// Clients who follow various things, are slow, and lose their connections, while the notifier
/// lags and hubs come and go.
class Play {
public:
    explicit Play(std::uint32_t seed) : stage_{limits()} {
        plan_history(stage_.store, seed, 25);
        stage_.store.commit();
        for (std::uint8_t i = 1; i <= executions; ++i)
            add(execution(i), {});
        add(execution(1), *EventFilter::make("execution.*", {}));
        add(std::string{"orders"}, {});
        add(std::string{"returns"}, *EventFilter::make({}, "work"));
        add(Everything{}, {});
        add(Everything{}, *EventFilter::make("execution.*", {}));
    }

    void step(Step step) {
        Client& client = *clients_[step.which % clients_.size()];
        switch (step.what % 12) {
            case 0:
            case 1: stage_.store.commit(); return;
            case 2:
            case 3: stage_.store.tell(); return;
            case 4:
            case 5:
            case 6: stage_.work(step.which); return;
            case 7:
            case 8: client.take(1); return;
            case 9: client.take(1'000); return;
            case 10: connect(client); return;
            case 11: break;
        }
        if (step.which % 4 == 0) stage_.store.lag();
        if (step.which % 16 != 1) return;
        stage_.restart_hub();
        for (auto& one : clients_)
            connect(*one);
    }

    void finish() {
        stage_.finish();
        // Some have not got a word yet, or wanted to follow what was not there.
        for (auto& client : clients_)
            if (client->cursor().empty()) connect(*client);
        bool is_more = true;
        while (is_more) {
            is_more = false;
            for (auto& client : clients_)
                is_more = client->take(500) || is_more;
            is_more = stage_.work() || is_more;
        }
    }

    void check() {
        const auto all = stage_.store.feed_events();
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            const auto* const id = std::get_if<core::ExecutionId>(&topics_[i]);
            const auto events = id == nullptr ? all : of_execution(all, *id);
            RC_ASSERT(clients_[i]->error() == "" || events.empty());
            const bool is_told_all = clients_[i]->texts() == clients_[i]->expected(events);
            RC_ASSERT(is_told_all);
        }
    }

private:
    static EventLimits limits() {
        EventLimits limits;
        limits.stream_buffer_bytes = 1'200;
        limits.inbox_bytes_max = 4'000;
        limits.views_max = 4;
        return limits;
    }
    void add(Topic topic, EventFilter filter) {
        clients_.push_back(std::make_unique<Client>(stage_, topic, std::move(filter)));
        topics_.push_back(std::move(topic));
    }
    static void connect(Client& client) {
        if (client.cursor().empty()) {
            client.connect();
        } else {
            client.connect_again();
        }
    }

    HubStage stage_;
    std::vector<Topic> topics_;
    std::vector<std::unique_ptr<Client>> clients_;
};

RC_GTEST_PROP(EventHub, TellsEverybodyEverythingOnceWhateverHappensOnTheWay, (std::uint32_t seed)) {
    const auto numbers = *rc::gen::scale(
        4.0, rc::gen::container<std::vector<std::pair<std::uint8_t, std::uint8_t>>>(rc::gen::pair(
                 rc::gen::arbitrary<std::uint8_t>(), rc::gen::arbitrary<std::uint8_t>())));
    Play play{seed};
    for (const auto& [what, which] : numbers)
        play.step({what, which});
    play.finish();
    play.check();
}

RC_GTEST_PROP(EventHub, ListsTheSameInPagesOfAnySize, (std::uint32_t seed)) {
    HubStage stage;
    plan_history(stage.store, seed, 15);
    stage.finish();
    const auto limit = *rc::gen::inRange<std::size_t>(1, 12);
    const auto id = execution(1);
    std::vector<std::string> cursors;
    Place place;
    while (true) {
        const auto page = stage.hub().list_execution(id, place, {}, limit);
        if (!page) break;  // nothing has happened to it
        RC_ASSERT(page->items.size() <= limit);
        for (const EventPage::Item& item : page->items)
            cursors.push_back(item.event->text(item.cursor));
        if (page->next_cursor.empty()) break;
        place.major = core::EventCursor::parse(page->next_cursor)->seq;
    }
    RC_ASSERT(cursors == Client(stage, id).expected(stage.store.execution_events(id)));

    std::vector<std::string> of_workflow;
    std::optional<Place> after;
    while (true) {
        const auto page = stage.hub().list_workflow("orders", after, {}, limit);
        RC_ASSERT(page.has_value());
        for (const EventPage::Item& item : page->items)
            of_workflow.push_back(item.event->text(item.cursor));
        if (page->next_cursor.empty()) break;
        after = parse_feed_cursor(page->next_cursor);
    }
    RC_ASSERT(of_workflow ==
              Client(stage, std::string{"orders"}).expected(stage.store.feed_events()));
}

TEST(EventHub, ListsWhatIsKeptOfTheFeed) {
    HubStage stage;
    for (int i = 0; i < 20; ++i)
        stage.happen({stage.store.row(execution(1), "orders", 1)});
    stage.store.forget_all_but(7);
    const auto page = stage.hub().list_workflow(std::nullopt, std::nullopt, {}, 100);
    ASSERT_TRUE(page) << page.error().message();
    EXPECT_EQ(page->items.size(), 7);
    EXPECT_TRUE(page->next_cursor.empty());
}

TEST(EventHub, DropsTheOldestForSubscribersWithinTheProgram) {
    HubStage stage;
    int wakes = 0;
    const auto subscription = stage.hub().subscribe({}, 3, [&] { ++wakes; });
    for (int i = 0; i < 5; ++i)
        stage.happen({stage.store.row(execution(1), "orders", 1)});
    EXPECT_EQ(wakes, 1);
    const auto taken = subscription->take(10);
    ASSERT_EQ(taken.events.size(), 3);
    EXPECT_EQ(taken.events.front()->event().seq, 3);
    EXPECT_EQ(taken.dropped, 2);
    EXPECT_FALSE(taken.has_gap);
    stage.store.plan_frame({stage.store.row(execution(1), "orders", 1)});
    stage.store.commit();
    stage.store.lag();
    stage.work_all();
    EXPECT_EQ(wakes, 2);
    EXPECT_TRUE(subscription->take(10).has_gap);
}

TEST(EventHub, GivesSubscribersWhatTheirFilterTakes) {
    HubStage stage;
    const auto subscription =
        stage.hub().subscribe(*EventFilter::make("execution.completed", {}), 3, {});
    stage.happen({stage.store.row(execution(1), "orders", 5)});
    stage.happen({stage.store.last_row(execution(1))});
    const auto taken = subscription->take(10);
    ASSERT_EQ(taken.events.size(), 1);
    EXPECT_EQ(taken.events.front()->event().type, core::EventType::execution_completed);
    EXPECT_EQ(taken.dropped, 0);
}

}  // namespace
}  // namespace millrace::server
