// SPDX-License-Identifier: Apache-2.0
#include "events/channels.hpp"

#include <utility>

namespace millrace::server {
namespace {

/// What many executions tell is more than what one does.
constexpr std::size_t feed_factor = 8;

}  // namespace

Channels::Entry& Channels::entry(const Topic& topic) {
    if (const auto* const id = std::get_if<core::ExecutionId>(&topic)) return executions_[*id];
    if (const auto* const name = std::get_if<std::string>(&topic)) return workflows_[*name];
    return everything_;
}

std::shared_ptr<Channel> Channels::enter(const Topic& topic) {
    std::shared_ptr<Channel> channel;
    {
        const std::scoped_lock lock{mutex_};
        Entry& entered = entry(topic);
        if (entered.channel == nullptr) {
            const bool is_one = std::holds_alternative<core::ExecutionId>(topic);
            const std::size_t bytes = is_one ? bytes_max_ : bytes_max_ * feed_factor;
            entered.channel = std::make_shared<Channel>(topic, bytes);
        }
        ++entered.followers;
        ++followers_;
        channel = entered.channel;
    }
    channel->join();
    return channel;
}

void Channels::leave(const Topic& topic) {
    const std::scoped_lock lock{mutex_};
    --followers_;
    Entry& left = entry(topic);
    if (--left.followers > 0) return;
    if (const auto* const id = std::get_if<core::ExecutionId>(&topic)) {
        executions_.erase(*id);
    } else if (const auto* const name = std::get_if<std::string>(&topic)) {
        workflows_.erase(*name);
    } else {
        everything_ = {};
    }
}

bool Channels::empty() const {
    const std::scoped_lock lock{mutex_};
    return followers_ == 0 && subscriptions_.count() == 0;
}

std::size_t Channels::followers() const {
    const std::scoped_lock lock{mutex_};
    return followers_ + subscriptions_.count();
}

bool Channels::has_workflows() const {
    const std::scoped_lock lock{mutex_};
    return !workflows_.empty();
}

bool Channels::wants(const runtime::CommittedRow& row, WorkflowNames& names) const {
    if (!workflows_.empty()) {
        const bool is_new = !row.workflow_id.empty();
        const WorkflowNames::Name name =
            is_new ? names.note(row.id, row.workflow_id) : names.find(row.id);
        // Of one that has not moved since anybody follows a workflow the name is looked up later.
        if (name == nullptr || workflows_.contains(*name)) return true;
    }
    return executions_.contains(row.id);
}

std::vector<const runtime::CommittedRow*> Channels::choose(
    std::span<const runtime::CommittedRow> rows, WorkflowNames& names) {
    std::vector<const runtime::CommittedRow*> chosen;
    const std::scoped_lock lock{mutex_};
    const bool takes_all = everything_.channel != nullptr || subscriptions_.count() > 0;
    for (const runtime::CommittedRow& row : rows) {
        // Asked in any case: it notes names.
        const bool is_wanted = wants(row, names);
        if (is_wanted || takes_all) chosen.push_back(&row);
    }
    return chosen;
}

Listeners Channels::listeners(core::ExecutionId id, const std::string* workflow_id) const {
    Listeners found;
    const std::scoped_lock lock{mutex_};
    if (const auto at = executions_.find(id); at != executions_.end())
        found.execution = at->second.channel;
    if (workflow_id != nullptr) {
        const auto at = workflows_.find(*workflow_id);
        if (at != workflows_.end()) found.workflow = at->second.channel;
    }
    found.everything = everything_.channel;
    found.has_subscriptions = subscriptions_.count() > 0;
    return found;
}

std::vector<std::shared_ptr<Channel>> Channels::all() const {
    std::vector<std::shared_ptr<Channel>> channels;
    const std::scoped_lock lock{mutex_};
    for (const auto& [id, entry] : executions_)
        channels.push_back(entry.channel);
    for (const auto& [name, entry] : workflows_)
        channels.push_back(entry.channel);
    if (everything_.channel != nullptr) channels.push_back(everything_.channel);
    return channels;
}

}  // namespace millrace::server
