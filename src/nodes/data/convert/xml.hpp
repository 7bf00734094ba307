// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"

namespace millrace::nodes {

struct XmlOptions {
    std::string root;                ///< writing: wraps the value in an element of this name
    std::string item = "item";       ///< writing: elements of an array that has no name of its own
    std::vector<std::string> lists;  ///< reading: elements that are arrays even when alone
    bool typed = false;              ///< see cell_value; else every text stays one
    bool pretty = false;
    bool declares = true;  ///< writing: begins with `<?xml …?>`
};

/// Elements and values may lie so deep in each other.
inline constexpr int xml_depth_max = 200;

/// Reads one XML document: `{ROOT: …}`. An element without attributes and children is its text;
/// another one is an object with an attribute's value at `@NAME`, children by their names, in an
/// array where a name repeats, and its own text at `#text`. Comments and processing instructions
/// are left out; a document type is refused, so nothing is expanded or fetched.
/// `is_utf8`: the text is UTF-8 whatever its declaration says.
std::expected<core::Value, core::Failure> read_xml(std::string_view text, bool is_utf8,
                                                   const XmlOptions& options);

/// The other way round.
std::expected<std::string, core::Failure> write_xml(const core::Value& value,
                                                    const XmlOptions& options);

}  // namespace millrace::nodes
