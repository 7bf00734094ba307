// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "behaviours.hpp"
#include "millrace/nodes/event_selector.hpp"

namespace millrace::nodes {
namespace {

/// The engine delivers the event that the execution was started with. Which events start one is
/// for those who follow them.
class TriggerEvent final : public engine::NodeBehaviour {
public:
    void check(const core::Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_event_selector(data, pointer, "event", problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return engine::Emit::out(call.input());
    }
};

}  // namespace

Behaviour trigger_event() {
    return std::make_shared<TriggerEvent>();
}

}  // namespace millrace::nodes
