// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/document.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/value.hpp"

namespace millrace::format {

enum class Syntax : unsigned char { yaml, json };
/// By the end of the name: `.json` is JSON, all else YAML.
Syntax syntax_of(std::string_view file_name);

/// A document's text with the name that messages give it. Reading the file is the caller's.
struct SourceText {
    std::string name;
    std::string text;
    Syntax syntax = Syntax::yaml;
};

struct DocumentLimits {
    std::size_t bytes_max = 16u << 20;
    std::size_t depth_max = 100;
    std::size_t nodes_max = 10'000;
    std::size_t connections_max = 100'000;  ///< a chain `a -> b -> c` makes two
    /// Values that YAML aliases may add to those that are written out.
    std::size_t alias_values_max = 100'000;
};

/// What a text says, before it is read as a document.
struct TreeRead {
    std::optional<core::Value> value;  ///< present only without problems
    core::Problems problems;           ///< `syntax`, `limit` or `bad_value`, with line and column
};

/// Reads YAML 1.2 (core schema) or JSON. Duplicate keys, custom tags, several documents and
/// numbers that JSON does not have are problems.
TreeRead read_tree(const SourceText& source, const DocumentLimits& limits = {});

struct DocumentRead {
    std::optional<core::Document> document;  ///< present only without problems
    core::Problems problems;                 ///< all of them, in the order of the text
    core::Problems warnings;                 ///< legal, but surely not meant
    /// With problems: what could be read in spite of them, at the same indices. It is good for
    /// finding further problems, see `independent`, and for nothing else.
    std::optional<core::Document> draft;
};

/// Reads a workflow document and checks its form. What needs node types or expressions
/// (`unknown_type`, `unknown_node`, `cycle`, …) is checked when the document is compiled.
DocumentRead read_document(const SourceText& source, const DocumentLimits& limits = {});

/// The same for a document that is data already, such as a part of an API request. Problems have
/// paths but no line and column.
DocumentRead read_document(const core::Value& value, const DocumentLimits& limits = {});

/// Of the `found` problems of a draft, those that do not follow from its `form` problems: mending
/// the form would not make them go away.
core::Problems independent(core::Problems found, const core::Problems& form);

/// Fills in line and column of problems that were found later, by their paths; where a path names
/// nothing, those of its nearest ancestor that exists. Problems that have a line are left alone.
///
/// Paths count the document's connections, of which a chain `a -> b -> c` makes two; they are
/// changed to count those of the text.
void locate(const SourceText& source, core::Problems& problems);

/// `name:line:column: code: message; did you mean "suggestion"?`, without what is not known.
std::string to_text(std::string_view source_name, const core::Problem& problem);

}  // namespace millrace::format
