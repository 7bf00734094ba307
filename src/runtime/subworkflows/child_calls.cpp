// SPDX-License-Identifier: Apache-2.0
#include "subworkflows/child_calls.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "failures.hpp"
#include "millrace/engine/shard.hpp"
#include "millrace/engine/trace.hpp"
#include "millrace/format/digest.hpp"
#include "millrace/runtime/runtime.hpp"
#include "perform.hpp"

namespace millrace::runtime {
namespace {

/// Version 7 begins with the milliseconds of its time, high byte first.
core::Time time_of(core::ExecutionId id) {
    core::Time at;
    for (std::size_t i = 0; i < 6; ++i)
        at.ms = at.ms << 8 | id.uuid.bytes[i];
    return at;
}

/// The codes under which people look for what is wrong with a call of another workflow.
std::string code_of(const core::Error& error) {
    if (error.is(store::StoreErrc::not_found)) return "unknown_workflow";
    return std::string{error.code()};
}

core::ErrorClass class_of(const core::Error& error) {
    const bool is_limit =
        error.is(engine::CommandErrc::too_many_executions) || error.is(RuntimeErrc::busy);
    return is_limit ? core::ErrorClass::limit : core::ErrorClass::validation;
}

/// The child's own failure stays its cause; its class decides on retries as any other's.
core::Failure failure_of_child(const engine::ChildEnd& end, const core::Failure& failure) {
    core::Failure told;
    const bool is_canceled = failure.error_class == core::ErrorClass::canceled;
    told.code = is_canceled ? "child_canceled" : "child_failed";
    told.error_class = failure.error_class;
    told.message = "the sub-workflow's execution " + end.child.text() +
                   (is_canceled ? " was canceled: " : " has failed: ") + failure.message;
    told.recoverable = failure.recoverable;
    told.details = core::Value::object({{"execution_id", end.child.text()}});
    told.cause = std::make_shared<const core::Failure>(failure);
    return told;
}

}  // namespace

core::ExecutionId child_id_of(const engine::Effect& effect) {
    core::ExecutionId child{format::named_uuid(
        time_of(effect.id),
        {effect.id.text(), effect.idempotency_key, std::to_string(effect.attempt)})};
    child.uuid.bytes.back() = effect.id.uuid.bytes.back();
    return child;
}

engine::ExecutionOptions child_options(const engine::Effect& effect,
                                       const engine::SubworkflowCall& call) {
    engine::ExecutionOptions options;
    options.priority = call.priority;
    options.labels = call.labels;
    options.mock_external = call.mock_external;
    options.parent = engine::ParentLink{effect.id,   effect.run, effect.attempt,
                                        effect.path, call.depth, call.waits};
    options.trace = engine::trace_of(effect);
    return options;
}

core::Failure child_failure(const core::Error& error) {
    return make_failure(class_of(error), code_of(error), error.message());
}

core::Failure too_deep_failure() {
    return make_failure(core::ErrorClass::limit, "too_deep",
                        "sub-workflows may stand " + std::to_string(subworkflow_depth_max) +
                            " deep in one another, and this would be one more; does a workflow "
                            "call itself without end?");
}

engine::Completion completion_of_start(const engine::Effect& effect,
                                       const engine::SubworkflowCall& call,
                                       core::ExecutionId child) {
    engine::Completion made{effect.id, effect.run, effect.attempt, {}, executor_name, {}};
    if (call.waits) {
        made.outcome = engine::Detached{child, call.abandons};
    } else {
        made.outcome = std::vector<engine::PortValue>{
            {core::PortIndex{0}, core::Value::object({{"execution_id", child.text()}})}};
    }
    return made;
}

engine::Completion end_of_child(const engine::ChildEnd& end) {
    engine::Completion made{
        end.parent.id, end.parent.run, end.parent.attempt, {}, executor_name, {}};
    if (const auto* failure = std::get_if<core::Failure>(&end.outcome)) {
        made.outcome = failure_of_child(end, *failure);
    } else {
        made.outcome = std::vector<engine::PortValue>{
            {core::PortIndex{0}, std::get<core::Value>(end.outcome)}};
    }
    return made;
}

}  // namespace millrace::runtime
