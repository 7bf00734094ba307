// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "compile_draft.hpp"
#include "compile_graph.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::engine {

/// Everything in a document that is evaluated. What could not be compiled is empty, and reported.
struct BoundCode {
    struct Link {
        std::optional<BoundExpression> filter;
        std::optional<BoundExpression> transform;
    };
    struct Node {
        std::optional<BoundTemplate> data;
        std::vector<BoundExpression> deferred;
        std::optional<BoundExpression> condition;  ///< of a loop: before each iteration
        std::optional<BoundExpression> leave;      ///< of a loop: after each iteration
        std::optional<BoundExpression> cache_key;
    };
    std::vector<Node> nodes;  ///< by node
    std::vector<Link> links;  ///< by connection
    std::optional<BoundTemplate> outputs;
};

/// Compiles all templates and expressions and binds what they read.
BoundCode bind_expressions(Draft& draft, const CompileGraph& graph);

}  // namespace millrace::engine
