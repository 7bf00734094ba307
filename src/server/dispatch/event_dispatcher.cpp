// SPDX-License-Identifier: Apache-2.0
#include "dispatch/event_dispatcher.hpp"

#include <utility>

#include "dispatch/dispatch_core.hpp"
#include "millrace/runtime/links.hpp"
#include "millrace/store/cursors.hpp"
#include "service/services.hpp"

namespace millrace::server {

std::string api_address(runtime::Runtime& runtime) {
    return runtime.links().page("api/v1").value_or("/api/v1");
}

DispatchParts dispatch_parts(Services& services) {
    runtime::Runtime& runtime = services.runtime;
    const auto put = [&runtime](const std::vector<DispatchParts::Named>& cursors) {
        return runtime.write([&](store::Store& store) -> core::Result<> {
            for (const auto& [name, place] : cursors)
                if (auto done = store.cursors().put(name, place); !done) return done;
            return {};
        });
    };
    return {
        .journals = journals_of(runtime),
        .triggers = [&table = services.triggers] { return table.of_type("trigger.event"); },
        .start =
            [&services](const TriggerStart& start,
                        std::function<void(core::Result<core::ExecutionId>)> accepted) {
                start_by_trigger(services, start, std::move(accepted));
            },
        .answer =
            [&runtime](engine::AnswerWait answer, std::function<void(core::Result<>)> answered) {
                runtime.send(std::move(answer), [answered = std::move(answered)](
                                                    const core::Result<core::ExecutionId>& id) {
                    if (id) return answered({});
                    answered(std::unexpected(id.error()));
                });
            },
        .open_waits =
            [&runtime](std::size_t limit, std::uint64_t after) {
                return runtime.store().waits().open_events(limit, after);
            },
        .cursor =
            [&runtime](const std::string& name) { return runtime.store().cursors().get(name); },
        .put_cursors = put,
        .work = services.work,
        .later = services.later,
        .log = services.log,
        .api = [&runtime] { return api_address(runtime); }};
}

EventDispatcher::EventDispatcher(DispatchParts parts)
    : core_{DispatchCore::make(std::move(parts))} {}

EventDispatcher::~EventDispatcher() {
    stop();
}

core::Result<> EventDispatcher::start() {
    return core_->start();
}

void EventDispatcher::stop() {
    core_->stop();
}

std::function<void(const std::string&)> EventDispatcher::on_change() {
    return [weak = std::weak_ptr{core_}](const std::string& workflow_id) {
        if (const auto core = weak.lock()) core->refresh_rules(workflow_id);
    };
}

void EventDispatcher::give(GivenEvent event, Done done) {
    core_->give(std::move(event), std::move(done));
}

DispatchCounts EventDispatcher::counts() const {
    return core_->counts();
}

ComponentHealth EventDispatcher::health() const {
    return core_->health();
}

}  // namespace millrace::server
