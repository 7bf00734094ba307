// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/engine/node.hpp"

namespace millrace::nodes {

/// What containers have in common: the engine runs their bodies and never starts them.
class Container : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const final;
};

}  // namespace millrace::nodes
