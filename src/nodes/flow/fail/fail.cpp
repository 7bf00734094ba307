// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "behaviours.hpp"
#include "millrace/core/json.hpp"

namespace millrace::nodes {
namespace {

bool is_code(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !text.empty() && text.size() <= 64 && text.front() >= 'a' && text.front() <= 'z' &&
           std::ranges::all_of(text, fits);
}

class FlowFail final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        const core::Value& code = call.field("code");
        if (!code.is_null() && !(code.is_string() && is_code(code.as_string()))) {
            return engine::validation_failure(
                "bad_code", "code must be lower-case letters, digits and _, at most 64");
        }
        const core::Value& message = call.field("message");
        std::string text = "the workflow failed on purpose";
        if (message.is_string()) {
            text = message.as_string();
        } else if (!message.is_null()) {
            text = core::to_json(message);
        }
        return engine::validation_failure(code.is_null() ? "failed" : std::string{code.as_string()},
                                          std::move(text));
    }
};

}  // namespace

Behaviour flow_fail() {
    return std::make_shared<FlowFail>();
}

}  // namespace millrace::nodes
