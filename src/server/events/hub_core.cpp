// SPDX-License-Identifier: Apache-2.0
#include "events/hub_core.hpp"

#include <optional>
#include <string>
#include <utility>

namespace millrace::server {
namespace {

/// Of which it is known whose workflow they are.
constexpr std::size_t named_executions_max = 65'536;

}  // namespace

HubCore::HubCore(std::unique_ptr<Journals> journals, Work work, EventLimits limits)
    : journals_{std::move(journals)},
      work_{std::move(work)},
      limits_{limits},
      channels_{limits.stream_buffer_bytes},
      names_{named_executions_max} {}

std::shared_ptr<HubCore> HubCore::make(std::unique_ptr<Journals> journals, Work work,
                                       EventLimits limits, runtime::Log* log) {
    const std::shared_ptr<HubCore> core{new HubCore{std::move(journals), std::move(work), limits}};
    // The pump is a part of the core, so it must not own it.
    const auto post = [weak = core->weak_from_this()](std::function<void()> task) {
        if (const auto alive = weak.lock()) alive->work(std::move(task));
    };
    core->pump_ = std::make_shared<EventPump>(
        EventPump::Parts{core->journals(), core->channels(), core->names(), post, log,
                         limits.inbox_bytes_max, limits.views_max});
    return core;
}

void HubCore::work(std::function<void()> task) {
    work_([self = shared_from_this(), task = std::move(task)] { task(); });
}

std::unique_ptr<EventReader> HubCore::reader_of(const Topic& topic) {
    if (const auto* const id = std::get_if<core::ExecutionId>(&topic))
        return make_execution_reader(*journals_, *id);
    const auto* const name = std::get_if<std::string>(&topic);
    return make_feed_reader(*journals_, names_,
                            name == nullptr ? std::nullopt : std::optional{*name});
}

void HubCore::watch() {
    const std::scoped_lock lock{watching_};
    if (is_watching_ || is_stopped_) return;
    is_watching_ = true;
    journals_->observe(pump_);
}

void HubCore::unwatch_if_idle() {
    const std::scoped_lock lock{watching_};
    if (!is_watching_ || !channels_.empty()) return;
    is_watching_ = false;
    journals_->unobserve(pump_);
    pump_->forget();
}

void HubCore::stop() {
    {
        const std::scoped_lock lock{watching_};
        is_stopped_ = true;
        if (std::exchange(is_watching_, false)) journals_->unobserve(pump_);
    }
    for (const auto& channel : channels_.all())
        channel->wake_all();
}

}  // namespace millrace::server
