// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/engine/node.hpp"

namespace millrace::engine {

/// Where one expression of a document, or one text with expressions in it, is evaluated.
struct ExpressionClass {
    std::string path;  ///< JSON Pointer in the document
    std::string source;
    bool native = true;  ///< false: it goes beyond what is evaluated natively
    std::string reason;  ///< of what does not: the construct with its column

    friend bool operator==(const ExpressionClass&, const ExpressionClass&) = default;
};

/// All of a document's expressions, in the order of the nodes, the connections and the outputs.
/// Those of nodes whose type is unknown are left out. A source that is wrong in another way counts
/// as native; compiling a plan says what is wrong.
std::vector<ExpressionClass> expression_classes(const core::Document& document,
                                                const NodeLibrary& library);

}  // namespace millrace::engine
