// SPDX-License-Identifier: Apache-2.0
#include "behaviours.hpp"

namespace millrace::nodes {
namespace {

class DataTemplate final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return engine::Emit::out(call.field("text"));
    }
};

}  // namespace

Behaviour data_template() {
    return std::make_shared<DataTemplate>();
}

}  // namespace millrace::nodes
