// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "millrace/core/node_type.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/node.hpp"

namespace millrace::nodes {

/// Whether the schema allows no top-level keys but its `properties`.
bool is_closed(const core::Value& schema);

/// The schema without its top-level `additionalProperties`: a key that is not there is a problem
/// of its own, with a code and a suggestion that a schema cannot give.
core::Value opened(const core::Value& schema);

/// The same behaviour, whose `check` also reports top-level keys of `data` that the closed
/// `schema` does not name. Keys that the behaviour itself has a problem with are left to it.
std::shared_ptr<const engine::NodeBehaviour> with_key_check(
    std::shared_ptr<const engine::NodeBehaviour> behaviour, const core::Value& schema);

}  // namespace millrace::nodes
