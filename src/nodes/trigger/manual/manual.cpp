// SPDX-License-Identifier: Apache-2.0
#include "behaviours.hpp"

namespace millrace::nodes {
namespace {

/// The engine delivers what the execution was started with; there is nothing to compute.
class TriggerManual final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return engine::Emit::out(call.input());
    }
};

}  // namespace

Behaviour trigger_manual() {
    return std::make_shared<TriggerManual>();
}

}  // namespace millrace::nodes
