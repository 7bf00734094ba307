// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"

namespace millrace::nodes {

class Registry;

/// Makes all node types of this build known.
core::Result<> register_standard(Registry& registry);

/// A workflow document that shows a node type at work. Its key `x-example` tells how to try it:
/// `{input?, variables?, server?, outputs?, failure?}`. With `server`, a list of replies
/// `{status?, headers?, body?}` for one request each, the variable `base` is that server's URL.
struct ExampleWorkflow {
    std::string_view path;  ///< in the project, such as `src/nodes/flow/if/….workflow.yaml`
    std::string_view text;
};
std::vector<ExampleWorkflow> example_workflows();

}  // namespace millrace::nodes
