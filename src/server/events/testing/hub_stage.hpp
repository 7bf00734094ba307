// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/event_hub.hpp"
#include "events/testing/fake_store.hpp"

namespace millrace::server::testing {

/// A hub on a store of a test's own; tasks are done when the test says so.
class HubStage {
public:
    explicit HubStage(EventLimits limits = {});
    ~HubStage();
    HubStage(const HubStage&) = delete;
    HubStage& operator=(const HubStage&) = delete;

    FakeStore store;

    EventHub& hub() { return *hub_; }
    /// As when the server ends and another one begins.
    void restart_hub();
    /// One of the tasks that wait; false: there is none.
    bool work(std::size_t which = 0);
    /// All tasks, and those that they bring.
    void work_all();
    /// All that is planned is committed and told, and all work is done.
    void finish();
    /// A frame of these rows, which is committed, told and worked on.
    void happen(std::vector<FakeStore::Row> rows);

private:
    EventLimits limits_;
    std::deque<std::function<void()>> tasks_;
    std::unique_ptr<EventHub> hub_;
};

/// Somebody who follows a topic, takes what there is when it is woken, and connects again with the
/// last cursor that it was given.
class Client {
public:
    Client(HubStage& stage, Topic topic, EventFilter filter = {});

    /// From the beginning of an execution, or from this place in the feed.
    void connect(std::optional<Place> after = Place{});
    void connect_again();
    void disconnect();
    /// Nothing unless it has been woken; whether there was something.
    bool take(std::size_t bytes_max = 1u << 20);
    void take_all();

    bool is_woken() const { return is_woken_; }
    bool has_ended() const { return has_ended_; }
    std::size_t lags() const { return lags_; }
    const std::vector<std::string>& texts() const { return texts_; }
    const std::string& cursor() const { return cursor_; }
    /// `code` of the last word of a stream that could not go on.
    const std::string& error() const { return error_; }

    /// The texts that a follower of these events, behind `after`, is told.
    std::vector<std::string> expected(const std::vector<PlacedEvent>& events,
                                      const Place& after = {}) const;

private:
    HubStage& stage_;
    Topic topic_;
    EventFilter filter_;
    std::shared_ptr<MessageSource> source_;
    bool is_woken_ = false;
    bool has_ended_ = false;
    std::size_t lags_ = 0;
    std::string cursor_;
    std::string error_;
    std::vector<std::string> texts_;
};

}  // namespace millrace::server::testing
