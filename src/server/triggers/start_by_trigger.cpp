// SPDX-License-Identifier: Apache-2.0
#include "triggers/start_by_trigger.hpp"

#include <utility>

#include "millrace/engine/plan.hpp"
#include "millrace/format/digest.hpp"
#include "service/services.hpp"
#include "service/workflow_catalog.hpp"

namespace millrace::server {
namespace {

runtime::StartRequest request_of(const TriggerStart& start,
                                 std::shared_ptr<const engine::Plan> plan) {
    runtime::StartRequest request;
    request.plan = std::move(plan);
    request.trigger = start.trigger->node_id;
    request.input = start.input;
    request.trigger_data = start.trigger_data;
    request.id = start.id;
    request.options.trace = start.trace;
    request.options.labels = start.labels;
    return request;
}

}  // namespace

core::ExecutionId derived_id(core::Time at, std::initializer_list<std::string_view> parts) {
    return {format::named_uuid(at, parts)};
}

std::optional<runtime::StartRequest> known_request(const Services& services,
                                                   const TriggerStart& start) {
    auto plan = services.catalog.known(start.trigger->workflow_id);
    if (!plan || plan->identity().version != start.trigger->version) return std::nullopt;
    return request_of(start, std::move(plan));
}

core::Result<runtime::StartRequest> trigger_request(Services& services, const TriggerStart& start) {
    if (auto known = known_request(services, start)) return *std::move(known);
    const store::ActiveTrigger& trigger = *start.trigger;
    auto plan = services.catalog.load(trigger.workflow_id);
    if (!plan || (*plan)->identity().version != trigger.version) {
        // Another version has become the active one since; what was asked for was this one.
        plan = services.catalog.load(trigger.workflow_id,
                                     {VersionChoice::Kind::number, trigger.version});
    }
    if (!plan) return std::unexpected(plan.error());
    return request_of(start, *std::move(plan));
}

core::Result<core::ExecutionId> start_by_trigger(Services& services, const TriggerStart& start) {
    auto request = trigger_request(services, start);
    if (!request) return std::unexpected(request.error());
    return services.runtime.execute(*std::move(request));
}

void start_by_trigger(Services& services, const TriggerStart& start,
                      runtime::Runtime::Accepted accepted, runtime::Runtime::Finished finished) {
    auto request = trigger_request(services, start);
    if (!request) return accepted(std::unexpected(request.error()));
    services.runtime.execute(*std::move(request), std::move(accepted), std::move(finished));
}

bool starts_nothing(const core::Error& error) {
    using engine::CommandErrc;
    using engine::StartErrc;
    using runtime::RuntimeErrc;
    // What a store has to do with is not certain.
    return error.is(CommandErrc::too_many_executions) || error.is(CommandErrc::too_large) ||
           error.is(CommandErrc::bad_variable) || error.is(CommandErrc::bad_option) ||
           error.is(StartErrc::unknown_trigger) || error.is(StartErrc::no_trigger) ||
           error.is(StartErrc::ambiguous_trigger) || error.is(StartErrc::bad_input) ||
           error.is(StartErrc::bad_variable) || error.is(RuntimeErrc::busy) ||
           error.is(RuntimeErrc::bad_workflow);
}

}  // namespace millrace::server
