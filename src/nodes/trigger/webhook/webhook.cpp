// SPDX-License-Identifier: Apache-2.0
#include "behaviours.hpp"
#include "millrace/nodes/webhook_definition.hpp"

namespace millrace::nodes {
namespace {

/// The server judges calls and says what the trigger emits; here is what it emits when somebody
/// starts it by hand.
class TriggerWebhook final : public engine::NodeBehaviour {
public:
    void check(const core::Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_webhook(data, pointer, problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        const core::Value none = core::Value::object({});
        return engine::Emit::out(webhook_call(call.input(), none, none, none, "POST"));
    }
};

}  // namespace

Behaviour trigger_webhook() {
    return std::make_shared<TriggerWebhook>();
}

}  // namespace millrace::nodes
