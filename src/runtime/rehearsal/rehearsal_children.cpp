// SPDX-License-Identifier: Apache-2.0
#include "rehearsal/rehearsal_children.hpp"

#include <string>
#include <utility>
#include <vector>

#include "perform.hpp"

namespace millrace::runtime {

engine::ExecutionOptions child_options(const engine::Effect& effect,
                                       const engine::SubworkflowCall& call) {
    engine::ExecutionOptions options;
    options.priority = call.priority;
    options.labels = call.labels;
    options.mock_external = call.mock_external;
    options.parent = engine::ParentLink{effect.id,   effect.run, effect.attempt,
                                        effect.path, call.depth, call.waits};
    options.trace = effect.trace;
    return options;
}

core::Failure child_failure(const core::Error& error) {
    core::Failure failure;
    failure.code = std::string{error.code()};
    failure.error_class = core::ErrorClass::validation;
    failure.message = error.message();
    return failure;
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
        made.outcome = *failure;
    } else {
        made.outcome = std::vector<engine::PortValue>{
            {core::PortIndex{0}, std::get<core::Value>(end.outcome)}};
    }
    return made;
}

}  // namespace millrace::runtime
