// SPDX-License-Identifier: Apache-2.0
#include "behaviours.hpp"
#include "container.hpp"

namespace millrace::nodes {
namespace {

class FlowTry final : public Container {};

}  // namespace

Behaviour flow_try() {
    return std::make_shared<FlowTry>();
}

}  // namespace millrace::nodes
