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

    /// Only of a run by hand, whose input is the event's data.
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return engine::Emit::out(core::Value::object({{"id", "manual"},
                                                      {"type", "manual"},
                                                      {"source", "manual"},
                                                      {"time", call.now.text()},
                                                      {"data", call.input()},
                                                      {"depth", 0}}));
    }
};

}  // namespace

Behaviour trigger_event() {
    return std::make_shared<TriggerEvent>();
}

}  // namespace millrace::nodes
