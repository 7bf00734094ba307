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

/// Calls the function that its data names, or `echo`.
inline NodeOutcome call_function(const NodeCall& call) {
    const core::Value& function = call.field("function");
    const core::Value* const input = call.data.find("input");
    return EffectRequest{
        FunctionCall{function.is_string() ? std::string{function.as_string()} : std::string{"echo"},
                     input == nullptr ? call.input() : *input}};
}

}  // namespace millrace::engine
