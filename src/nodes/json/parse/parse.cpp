// SPDX-License-Identifier: Apache-2.0
#include "behaviours.hpp"
#include "json_text.hpp"

namespace millrace::nodes {
namespace {

class JsonParse final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        const core::Value& input = call.input();
        std::string text;
        if (input.is_string()) {
            text = input.as_string();
        } else if (input.is_bytes()) {
            text.assign(input.as_bytes().begin(), input.as_bytes().end());
        } else {
            return engine::validation_failure(
                "not_a_text", "the input is no text but " + std::string{core::kind_name(input)});
        }
        const core::Result<core::Value> value = read_json_text(text);
        if (!value) return json_failure(value.error(), value.error().message());
        return engine::Emit::out(*value);
    }
};

}  // namespace

Behaviour json_parse() {
    return std::make_shared<JsonParse>();
}

}  // namespace millrace::nodes
