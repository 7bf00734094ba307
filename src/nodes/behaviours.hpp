// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "millrace/engine/node.hpp"

namespace millrace::nodes {

using Behaviour = std::shared_ptr<const engine::NodeBehaviour>;

// One for each folder with a node.json; standard.cpp ties the two together.
Behaviour trigger_manual();
Behaviour data_set();
Behaviour data_template();
Behaviour json_parse();
Behaviour json_stringify();
Behaviour flow_if();
Behaviour flow_merge();
Behaviour flow_switch();
Behaviour flow_loop();
Behaviour flow_try();
Behaviour flow_delay();
Behaviour flow_fail();
Behaviour debug_log();
Behaviour http_request();

}  // namespace millrace::nodes
