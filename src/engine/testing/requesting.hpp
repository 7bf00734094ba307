// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "millrace/engine/node.hpp"

// What test node types ask of the outside.

namespace millrace::engine {

/// Sends its `body` to its `url`, both of which may name secrets.
inline NodeOutcome send(const NodeCall& call) {
    HttpCall request;
    const core::Value* const url = call.data.find("url");
    const core::Value* const body = call.data.find("body");
    if (url == nullptr) {
        core::Failure failure;
        failure.code = "no_url";
        failure.message =
            "no url for " + (body == nullptr ? std::string{} : std::string{body->as_string()});
        return failure;
    }
    request.url = url->as_string();
    if (body != nullptr) request.body = body->as_string();
    return EffectRequest{std::move(request)};
}

/// Waits for a signal, or for an approval, as long as `ms` says.
inline NodeOutcome wait_for_answer(const NodeCall& call) {
    const core::Value& signal = call.field("signal");
    WaitFor wait;
    wait.kind = signal.is_string() ? WaitKind::signal : WaitKind::approval;
    if (signal.is_string()) wait.name = std::string{signal.as_string()};
    wait.details = call.field("details");
    const core::Value& ms = call.field("ms");
    if (ms.is_integer()) wait.until = call.now + core::Duration{ms.as_integer()};
    wait.on_timeout.ports = {{core::PortIndex{1}, call.input()}};
    return wait;
}

/// Answers whoever started the execution with what it gets.
inline NodeOutcome respond(const NodeCall& call) {
    Emit emit = Emit::out(call.input());
    emit.response = core::Value::object({{"body", call.input()}});
    return emit;
}

inline NodeOutcome start_child(const NodeCall& call) {
    SubworkflowCall child;
    const core::Value& workflow = call.field("workflow");
    child.workflow = workflow.is_string() ? std::string{workflow.as_string()} : "child";
    child.input = call.input();
    child.waits = call.field("waits") != core::Value{false};
    child.abandons = call.field("abandons") == core::Value{true};
    return EffectRequest{std::move(child)};
}

/// Calls the function that its data names, or `echo`.
inline NodeOutcome call_function(const NodeCall& call) {
    const core::Value& function = call.field("function");
    const core::Value* const input = call.data.find("input");
    return EffectRequest{
        FunctionCall{function.is_string() ? std::string{function.as_string()} : std::string{"echo"},
                     input == nullptr ? call.input() : *input}};
}

}  // namespace millrace::engine
