// SPDX-License-Identifier: Apache-2.0
#include "behaviours.hpp"
#include "millrace/core/json.hpp"

namespace millrace::nodes {
namespace {

class JsonStringify final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return engine::Emit::out(core::to_json(call.input()));
    }
};

}  // namespace

Behaviour json_stringify() {
    return std::make_shared<JsonStringify>();
}

}  // namespace millrace::nodes
