// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "millrace/core/document.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/format/document.hpp"
#include "terminal/console.hpp"

namespace millrace::cli {

enum class FileErrc { unreadable, too_large, bad_argument, exists };
std::string_view code_text(FileErrc code);

/// A file's content, or that of standard input when `name` is `-`; `too_large` beyond `bytes_max`.
core::Result<std::string> read_text(const Console& console, const std::string& name,
                                    std::size_t bytes_max);

/// A workflow document's text. A longer one than documents may be is cut off just behind that
/// limit, so that checking it says so.
core::Result<format::SourceText> read_source(const Console& console, const std::string& name);

/// A document with all that reading and compiling found, in the order of the text.
struct CheckedDocument {
    std::optional<core::Document> document;  ///< present when it has the right form
    core::Problems problems;
    core::Problems warnings;
    std::shared_ptr<const engine::Plan> plan{};  ///< null when there are problems
};
CheckedDocument check_document(const format::SourceText& source,
                               const engine::NodeLibrary& library);

}  // namespace millrace::cli
