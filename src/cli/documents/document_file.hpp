// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "millrace/core/result.hpp"
#include "millrace/format/document.hpp"
#include "millrace/server/document_check.hpp"
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

using server::check_document;
using server::CheckedDocument;

}  // namespace millrace::cli
