// SPDX-License-Identifier: Apache-2.0
#include "perform.hpp"

#include <exception>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace millrace::runtime {
namespace {

using Outcome = decltype(engine::Completion::outcome);

core::Failure internal_failure(std::string code, std::string message) {
    core::Failure failure;
    failure.code = std::move(code);
    failure.error_class = core::ErrorClass::internal;
    failure.message = std::move(message);
    return failure;
}

engine::Completion completion(const engine::Effect& effect, Outcome outcome) {
    return {effect.id, effect.run, effect.attempt, std::move(outcome), executor_name, {}};
}

Outcome first_port(std::expected<core::Value, core::Failure> result) {
    if (!result) return std::move(result.error());
    std::vector<engine::PortValue> ports;
    ports.push_back({core::PortIndex{0}, std::move(*result)});
    return ports;
}

void cancel_failure(Outcome& outcome, const std::stop_token& stop) {
    auto* const failure = std::get_if<core::Failure>(&outcome);
    if (failure == nullptr || !stop.stop_requested()) return;
    failure->code = "canceled";
    failure->error_class = core::ErrorClass::canceled;
}

/// Exceptions end here: `what` threw one.
template <class Work>
Outcome guarded(const std::string& what, Work work) {
    try {
        return work();
    } catch (const std::exception& thrown) {
        return internal_failure("exception", what + " threw an exception: " + thrown.what());
    } catch (...) {
        return internal_failure("exception", what + " threw something that is no std::exception");
    }
}

}  // namespace

engine::Completion failed(const engine::Effect& effect, core::Failure failure) {
    return completion(effect, std::move(failure));
}

core::Failure canceled_failure() {
    core::Failure failure;
    failure.code = "canceled";
    failure.error_class = core::ErrorClass::canceled;
    failure.message = "the attempt was given up before it ended";
    return failure;
}

engine::Completion guarded_result(
    const engine::Effect& effect, const std::stop_token& stop,
    const std::function<std::expected<core::Value, core::Failure>()>& work) {
    Outcome outcome =
        guarded("node \"" + effect.node_id + "\"", [&] { return first_port(work()); });
    cancel_failure(outcome, stop);
    return completion(effect, std::move(outcome));
}

engine::Completion call_function(const engine::Effect& effect, const Functions& functions,
                                 const std::stop_token& stop) {
    const auto& call = std::get<engine::FunctionCall>(effect.request);
    const std::shared_ptr<const Function> function = functions.find(call.function);
    if (!function) {
        core::Failure failure;
        failure.code = "unknown_function";
        failure.error_class = core::ErrorClass::validation;
        failure.message = "no function \"" + call.function +
                          "\" is registered; the program adds it with Runtime::functions().add";
        return failed(effect, std::move(failure));
    }
    const FunctionContext context{effect.id, effect.node_id, effect.attempt, effect.idempotency_key,
                                  stop};
    Outcome outcome = guarded("function \"" + call.function + "\"",
                              [&] { return first_port((*function)(call.input, context)); });
    cancel_failure(outcome, stop);
    return completion(effect, std::move(outcome));
}

engine::Completion run_job(const engine::Effect& effect, const engine::PureJob& job) {
    core::Value note;
    Outcome outcome = guarded("node \"" + effect.node_id + "\"", [&]() -> Outcome {
        auto result = job.run();
        if (auto* failure = std::get_if<core::Failure>(&result)) return std::move(*failure);
        auto& emit = std::get<engine::Emit>(result);
        note = std::move(emit.note);
        return std::move(emit.ports);
    });
    engine::Completion done = completion(effect, std::move(outcome));
    done.note = std::move(note);
    return done;
}

engine::Completion read_answer(const engine::Effect& effect, const engine::HttpAnswer& answer) {
    const auto& call = std::get<engine::HttpCall>(effect.request);
    return completion(effect, guarded("node \"" + effect.node_id + "\"", [&] {
                          return first_port(effect.definition->behaviour->finish(call, answer));
                      }));
}

}  // namespace millrace::runtime
