// SPDX-License-Identifier: Apache-2.0
#include "events/follower.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "events/testing/hub_stage.hpp"

namespace millrace::server {
namespace {

using testing::Client;
using testing::execution;
using testing::HubStage;

const core::ExecutionId first = execution(1);
const core::ExecutionId second = execution(2);
const Topic everything = Everything{};

/// Of buffers that hold few events.
EventLimits small() {
    EventLimits limits;
    limits.stream_buffer_bytes = 2'000;
    return limits;
}

class FollowerTest : public ::testing::Test {
protected:
    void happen(core::ExecutionId id, std::size_t events = 1, const char* workflow = "orders",
                std::size_t padding = 0) {
        stage.happen({stage.store.row(id, workflow, events, padding)});
    }
    void end(core::ExecutionId id) { stage.happen({stage.store.last_row(id)}); }
    /// Connects and takes until it goes with what happens.
    void join(Client& client, std::optional<Place> after = Place{}) {
        client.connect(after);
        do {
            client.take_all();
        } while (stage.work());
        client.take_all();
    }
    std::vector<std::string> all_of(const Client& client, core::ExecutionId id) {
        return client.expected(stage.store.execution_events(id));
    }

    HubStage stage{small()};
};

TEST_F(FollowerTest, IsToldAnExecutionFromItsFirstEventToItsLast) {
    happen(first, 3);
    Client client{stage, first};
    join(client);
    EXPECT_EQ(client.texts().size(), 3);
    happen(first, 2);
    end(first);
    client.take_all();
    EXPECT_EQ(client.texts(), all_of(client, first));
    EXPECT_TRUE(client.has_ended());
    EXPECT_EQ(client.lags(), 0);
}

TEST_F(FollowerTest, ReadsTheStoreOnceForAllThatHappensLive) {
    happen(first, 3);
    std::vector<Client> clients(10, Client{stage, first});
    for (Client& client : clients)
        join(client);
    stage.store.reads = 0;
    happen(first);
    happen(first);
    for (Client& client : clients) {
        client.take_all();
        EXPECT_EQ(client.texts(), all_of(client, first));
    }
    // To decode the first of them, what was before it is needed once.
    EXPECT_EQ(stage.store.reads, 1);
}

TEST_F(FollowerTest, IsToldThatItWasTooSlowAndMissesNothing) {
    happen(first, 2);
    Client slow{stage, first};
    Client fast{stage, first};
    join(slow);
    join(fast);
    for (int i = 0; i < 20; ++i) {
        happen(first, 1, "orders", 100);
        fast.take_all();
    }
    do {
        slow.take_all();
    } while (stage.work());
    EXPECT_EQ(slow.lags(), 1);
    EXPECT_EQ(fast.lags(), 0);
    EXPECT_EQ(slow.texts(), all_of(slow, first));
    EXPECT_EQ(fast.texts(), all_of(fast, first));
}

TEST_F(FollowerTest, ReadsTheStoreWhenTheNotifierHasDroppedRows) {
    happen(first, 2);
    Client client{stage, first};
    join(client);
    stage.store.plan_frame({stage.store.row(first, "orders", 2)});
    stage.store.commit();
    stage.store.lag();
    do {
        client.take_all();
    } while (stage.work());
    happen(first, 1);
    client.take_all();
    EXPECT_EQ(client.lags(), 1);
    EXPECT_EQ(client.texts(), all_of(client, first));
}

TEST_F(FollowerTest, ReadsAgainWhenRowsWereDroppedWhileItRead) {
    happen(first, 2);
    Client client{stage, first};
    client.connect();
    client.take_all();
    stage.store.plan_frame({stage.store.row(first, "orders", 2)});
    stage.store.after_read = [this] {
        stage.store.commit();
        stage.store.lag();
        stage.work_all();
    };
    do {
        client.take_all();
    } while (stage.work());
    EXPECT_EQ(client.texts(), all_of(client, first));
    EXPECT_EQ(client.texts().size(), 4);
}

TEST_F(FollowerTest, ReadsTheStoreWhenMoreIsCommittedThanCanWait) {
    EventLimits limits = small();
    limits.inbox_bytes_max = 1'000;
    HubStage narrow{limits};
    Client client{narrow, everything};
    client.connect();
    client.take_all();
    narrow.work_all();
    client.take_all();
    for (int i = 0; i < 10; ++i)
        narrow.store.plan_frame({narrow.store.row(first, "orders", 3)});
    while (narrow.store.commit() && narrow.store.tell()) {
    }
    do {
        client.take_all();
    } while (narrow.work());
    EXPECT_EQ(client.lags(), 1);
    EXPECT_EQ(client.texts(), client.expected(narrow.store.feed_events()));
}

TEST_F(FollowerTest, IsNotWokenForWhatItDoesNotWantAndDoesNotLagForIt) {
    happen(first, 2);
    Client client{stage, first, *EventFilter::make("execution.*", {})};
    join(client);
    for (int i = 0; i < 50; ++i) {
        happen(first, 1, "orders", 100);
        EXPECT_FALSE(client.is_woken());
    }
    end(first);
    EXPECT_TRUE(client.is_woken());
    client.take_all();
    EXPECT_EQ(client.lags(), 0);
    EXPECT_EQ(client.texts(), all_of(client, first));
}

TEST_F(FollowerTest, EndsBehindTheLastEventAlsoWhenItDoesNotWantIt) {
    happen(first, 2);
    Client client{stage, first, *EventFilter::make("node.*", {})};
    join(client);
    end(first);
    EXPECT_TRUE(client.is_woken());
    client.take_all();
    EXPECT_TRUE(client.has_ended());
    EXPECT_EQ(client.texts().size(), 1);
}

TEST_F(FollowerTest, HasNothingToFollowBehindTheEnd) {
    happen(first, 2);
    end(first);
    Client client{stage, first};
    join(client);
    EXPECT_TRUE(client.has_ended());
    client.connect_again();
    EXPECT_TRUE(client.has_ended());
    EXPECT_EQ(client.texts(), all_of(client, first));
}

TEST_F(FollowerTest, HearsOfItsWorkflowOnly) {
    happen(first, 2, "orders");
    Client orders{stage, std::string{"orders"}};
    Client returns{stage, std::string{"returns"}};
    join(orders, std::nullopt);
    join(returns, std::nullopt);
    const Place begin = Place::behind({1, 1});
    stage.happen({stage.store.row(second, "returns", 2), stage.store.row(first, "orders", 3)});
    orders.take_all();
    returns.take_all();
    EXPECT_EQ(orders.texts(), orders.expected(stage.store.feed_events(), begin));
    EXPECT_EQ(returns.texts(), returns.expected(stage.store.feed_events(), begin));
    EXPECT_EQ(orders.texts().size(), 3);
    EXPECT_EQ(returns.texts().size(), 2);
}

TEST_F(FollowerTest, IsRefusedBehindACursorThatIsNotKept) {
    for (int i = 0; i < 5; ++i)
        happen(first);
    stage.store.forget_all_but(2);
    Client client{stage, everything};
    client.connect(Place{1, 1, 0});
    EXPECT_EQ(client.error(), "cursor_expired");
    Client ahead{stage, everything};
    ahead.connect(Place{9, 1, 0});
    EXPECT_EQ(ahead.error(), "cursor_expired");
    Client other{stage, first};
    other.connect(Place{99, 0, 0});
    EXPECT_EQ(other.error(), "cursor_expired");
}

TEST_F(FollowerTest, SaysWhenItHasFallenOutOfWhatIsKept) {
    happen(first);
    Client client{stage, everything};
    join(client);
    for (int i = 0; i < 200; ++i)
        happen(first, 2, "orders", 100);
    stage.store.forget_all_but(2);
    do {
        client.take_all();
    } while (stage.work());
    EXPECT_EQ(client.lags(), 1);
    EXPECT_EQ(client.error(), "cursor_expired");
    EXPECT_TRUE(client.has_ended());
}

TEST_F(FollowerTest, PassesOverExecutionsThatHaveBeenRemoved) {
    happen(first, 2);
    happen(second, 2);
    end(first);
    stage.store.remove(first);
    Client client{stage, everything};
    join(client);
    const auto all = client.expected(stage.store.feed_events());
    EXPECT_EQ(client.texts(), (std::vector<std::string>{all[2], all[3]}));
    EXPECT_EQ(client.error(), "");
}

TEST_F(FollowerTest, IsWokenToItsEndWhenTheHubStops) {
    happen(first);
    Client client{stage, first};
    join(client);
    EXPECT_FALSE(client.is_woken());
    stage.hub().stop();
    EXPECT_TRUE(client.is_woken());
    client.take_all();
    EXPECT_TRUE(client.has_ended());
}

TEST_F(FollowerTest, TheRuntimeIsWatchedOnlyWhileSomebodyFollows) {
    EXPECT_FALSE(stage.store.is_observed());
    happen(first);
    Client client{stage, first};
    join(client);
    EXPECT_TRUE(stage.store.is_observed());
    client.disconnect();
    stage.work_all();
    EXPECT_FALSE(stage.store.is_observed());
    EXPECT_EQ(stage.hub().followers(), 0);
    happen(first, 2);
    client.connect_again();
    join(client, Place{1, 0, 0});
    happen(first, 2);
    client.take_all();
    EXPECT_EQ(client.texts(), all_of(client, first));
}

TEST(Follower, TakesLittleMemoryWhileNothingHappens) {
    EXPECT_LE(sizeof(Follower), 400);
}

}  // namespace
}  // namespace millrace::server
