// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>

#include "behaviours.hpp"
#include "millrace/core/json.hpp"

namespace millrace::nodes {
namespace {

constexpr std::array<std::string_view, 4> levels = {"debug", "info", "warn", "error"};

class DebugLog final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        const core::Value& field = call.field("level");
        const std::string_view level = field.is_string() ? field.as_string() : "info";
        if (std::ranges::find(levels, level) == levels.end()) {
            return engine::validation_failure(
                "bad_level",
                "level must be debug, info, warn or error, not \"" + std::string{level} + "\"");
        }
        const core::Value& message =
            call.data.find("message") == nullptr ? call.input() : call.field("message");
        const core::Value text =
            message.is_string() ? message : core::Value{core::to_json(message)};
        engine::Emit emit = engine::Emit::out(call.input());
        emit.note = core::Value::object({{"level", level}, {"message", text}});
        return emit;
    }
};

}  // namespace

Behaviour debug_log() {
    return std::make_shared<DebugLog>();
}

}  // namespace millrace::nodes
