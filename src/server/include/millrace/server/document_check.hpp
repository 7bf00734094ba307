// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/document.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/format/document.hpp"

namespace millrace::server {

/// A document with all that reading and compiling found, in the order of the text.
struct CheckedDocument {
    std::optional<core::Document> document;  ///< present when it has the right form
    core::Problems problems;
    core::Problems warnings;
    std::shared_ptr<const engine::Plan> plan{};  ///< null when there are problems
};
CheckedDocument check_document(const format::SourceText& source,
                               const engine::NodeLibrary& library);
/// Of one that is data already: its problems have paths, but no line and column.
CheckedDocument check_document(const core::Value& value, const engine::NodeLibrary& library);

/// The id of the node of `tree`, a document as data, that a problem's path goes through; empty:
/// none.
std::string node_of(const core::Value& tree, std::string_view path);

/// `{code, path, message, node_id?, line?, column?, suggestion?}`.
core::Value problem_value(const core::Problem& problem, const core::Value& tree = {});
/// `{valid, errors, warnings}`; `tree` is the document as data, where it can be read.
core::Value validation_value(const CheckedDocument& checked, const core::Value& tree = {});

}  // namespace millrace::server
