// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "millrace/core/problem.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/format/document.hpp"

namespace millrace::cli {

/// A mistake that was mended in a document's text.
struct AppliedFix {
    core::ProblemCode code = core::ProblemCode::unknown_key;
    std::size_t line = 0;
    std::string before;
    std::string after;

    friend bool operator==(const AppliedFix&, const AppliedFix&) = default;
};

struct FixedText {
    std::string text;  ///< with the same lines, comments and layout but for the words mended
    std::vector<AppliedFix> fixes;
};

/// Mends what can only be meant in one way: misspelt keys, node types, nodes and ports with one
/// name near, durations without a unit, ids with characters that ids do not have. A change is kept
/// only when the document has no more problems after it than before, so that fixing never makes
/// things worse, and fixing twice is fixing once. Valid documents are left alone.
FixedText fix_document(const format::SourceText& source, const engine::NodeLibrary& library);

}  // namespace millrace::cli
