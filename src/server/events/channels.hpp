// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "events/channel.hpp"
#include "events/subscriptions.hpp"
#include "events/workflow_names.hpp"
#include "millrace/runtime/observer.hpp"

namespace millrace::server {

/// Who is to be told of an execution's events.
struct Listeners {
    std::shared_ptr<Channel> execution;
    std::shared_ptr<Channel> workflow;
    std::shared_ptr<Channel> everything;
    bool has_subscriptions = false;

    bool empty() const { return !execution && !workflow && !everything && !has_subscriptions; }
};

/// All that is followed at the moment. Thread-safe.
class Channels {
public:
    explicit Channels(std::size_t bytes_max) : bytes_max_{bytes_max} {}

    /// The channel of a topic, which stays until as many have left as have come.
    std::shared_ptr<Channel> enter(const Topic& topic);
    void leave(const Topic& topic);
    bool empty() const;
    std::size_t followers() const;

    /// Those that somebody may want to hear of. Notes which workflows new executions are of.
    std::vector<const runtime::CommittedRow*> choose(std::span<const runtime::CommittedRow> rows,
                                                     WorkflowNames& names);
    bool has_workflows() const;
    /// `workflow_id` may be null: not known, or not asked for.
    Listeners listeners(core::ExecutionId id, const std::string* workflow_id) const;
    std::vector<std::shared_ptr<Channel>> all() const;

    Subscriptions& subscriptions() { return subscriptions_; }

private:
    struct Entry {
        std::shared_ptr<Channel> channel;
        std::size_t followers = 0;
    };

    bool wants(const runtime::CommittedRow& row, WorkflowNames& names) const;
    Entry& entry(const Topic& topic);

    const std::size_t bytes_max_;
    mutable std::mutex mutex_;
    std::unordered_map<core::ExecutionId, Entry> executions_;
    std::map<std::string, Entry> workflows_;
    Entry everything_;
    std::size_t followers_ = 0;
    Subscriptions subscriptions_;
};

}  // namespace millrace::server
