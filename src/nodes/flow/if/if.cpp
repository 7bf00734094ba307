// SPDX-License-Identifier: Apache-2.0
#include "behaviours.hpp"
#include "millrace/expr/expression.hpp"

namespace millrace::nodes {
namespace {

// In the order of node.json.
constexpr core::PortIndex true_port{0};
constexpr core::PortIndex false_port{1};

class FlowIf final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        // A condition that gave undefined is not there, and reads as null: both are falsy.
        const bool holds = expr::is_truthy(expr::Operand{call.field("condition")});
        engine::Emit emit;
        emit.ports.push_back({holds ? true_port : false_port, call.input()});
        return emit;
    }
};

}  // namespace

Behaviour flow_if() {
    return std::make_shared<FlowIf>();
}

}  // namespace millrace::nodes
